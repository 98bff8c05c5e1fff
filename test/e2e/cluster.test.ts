import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, createCluster, explainFailure, type UpData } from './rig/cluster.ts';
import { eventually } from './rig/eventually.ts';
import { untilStep } from './rig/kubelab-run.ts';
import { findLeftovers } from './rig/leftovers.ts';
import { apply, inPod, list, waitForPods, webPod } from './rig/pods.ts';
import { cutPower } from './rig/power.ts';
import { findNspawns } from './rig/processes.ts';
import { proveNodes, proveNoPulls, proveReady } from './rig/proof.ts';

const minute = 60_000;
const version = '1.36.4';

/** The life of one small cluster, in the order in which a person would live it. Each test goes on from the one before. */
describe('a cluster of one control plane and one worker', () => {
  let cluster: Cluster;
  let up: UpData;

  beforeAll(async () => {
    cluster = await createCluster({
      name: 'e2e',
      spec: {
        kubernetes: version,
        source: 'go',
        controlPlane: { count: 1 },
        workers: { count: 1 },
        addons: ['metrics-server', 'local-path'],
      },
      nodes: ['control1', 'worker1', 'worker2'],
    });
  });

  afterAll(() => cluster?.remove());

  it('comes up, from nothing, with one command', { timeout: 90 * minute }, async () => {
    up = await cluster.up();
    expect(up).toMatchObject({ kubernetes: version, changed: true });
    expect(up.nodes.map(({ name, role }) => [name, role])).toEqual([
      ['control1', 'control-plane'],
      ['worker1', 'worker'],
    ]);
  });

  it('is Ready as kubelab means it when up says so', { timeout: 10 * minute }, async () => {
    await proveReady(cluster, up);
  });

  it('leaves traces that the leftover finder sees', async () => {
    const machines = await findNspawns(cluster.identity.trees);
    expect([...machines.keys()].toSorted()).toEqual(['control1', 'worker1']);
    for (const [node, { words }] of machines) expect(words).toContain(`--machine=${cluster.identity.machine(node)}`);
    const seen = new Set((await findLeftovers(cluster.identity, cluster.before)).map(({ trace }) => trace));
    expect([...seen]).toEqual(expect.arrayContaining(['process', 'interface', 'group', 'tree', 'rule', 'run', 'file']));
  });

  it('lets a person in, by kubectl and by ssh', { timeout: 5 * minute }, async () => {
    expect(await cluster.kubectl(['get', 'nodes', '-o', 'name'])).toBe('node/control1\nnode/worker1\n');
    expect(await cluster.kubectl(['get', 'nodes', '-o', 'name'], { on: 'control1' })).toBe('node/control1\nnode/worker1\n');
    expect(await cluster.attached(['ssh', 'worker1', '--', 'hostname'])).toMatchObject({ exitCode: 0, stdout: 'worker1\n' });
    expect(await cluster.attached(['ssh', 'control1', "printf '%s' 'a  b'; exit 3"])).toMatchObject({
      exitCode: 3,
      stdout: 'a  b',
    });
    expect((await cluster.attached(['kubectl', 'get', 'configmap', 'nobody'])).exitCode).toBe(1);
    expect((await cluster.attached(['ssh', 'worker9', 'true'])).exitCode).toBe(2);
  });

  it('has metrics of every node and pod', { timeout: 5 * minute }, async () => {
    const top = await eventually('kubectl top nodes', 4 * minute, async () => {
      const text = await cluster.kubectl(['top', 'nodes', '--no-headers']);
      return /control1\s+\d+m/.test(text) && /worker1\s+\d+m/.test(text) && !text.includes('<unknown>') ? text : undefined;
    });
    expect(top.trim().split('\n')).toHaveLength(2);
  });

  it('gives storage to whoever asks for the default class, and keeps what is written', { timeout: 6 * minute }, async () => {
    const image = (await cluster.images())['toolbox'] ?? '';
    const keeper = webPod({ name: 'keeper', node: 'worker1', image, claim: 'kept' });
    await apply(cluster, [
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'kept' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '64Mi' } } },
      },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kept' }, data: { said: 'before' } },
      keeper,
    ]);
    await waitForPods(cluster, ['keeper']);
    const [claim] = await list(cluster, ['persistentvolumeclaims']);
    expect(claim?.status?.phase).toBe('Bound');
    await inPod(cluster, 'keeper', 'echo written >/data/file && sync');
    await cluster.kubectl(['delete', 'pod', 'keeper', '--wait=true'], { timeout: 2 * minute });
    await apply(cluster, [keeper]);
    await waitForPods(cluster, ['keeper']);
    expect(await inPod(cluster, 'keeper', 'cat /data/file')).toBe('written\n');
  });

  it('changes nothing when up runs again', { timeout: 5 * minute }, async () => {
    const again = await cluster.run('up');
    expect(again.exitCode).toBe(0);
    expect(again.data).toMatchObject({ changed: false });
    const done = again.lines.filter((line) => line.type === 'step' && line.state === 'done').map((line) => line.id);
    expect(done.filter((id) => id !== 'network')).toEqual([]);
  });

  it('refuses another version, loses nothing and says what to do', { timeout: 20 * minute }, async () => {
    const before = await readCluster(cluster);
    await cluster.changeSpec({ kubernetes: '1.37.1' });
    const refused = await cluster.run('up');
    await cluster.changeSpec({});
    expect(refused.failure).toMatchObject({ code: 'KL-SPEC-FIXED', exitCode: 2 });
    expect(refused.failure?.details).toEqual([`kubernetes: ${version} is running, the spec asks for 1.37.1`]);
    expect(refused.exitCode).toBe(2);
    const after = await readCluster(cluster);
    expect(Object.keys({ ...before, ...after }).filter((file) => before[file] !== after[file])).toEqual([]);
    expect((await cluster.run('up')).data).toMatchObject({ changed: false });
    await proveNodes(cluster, up);
  });

  it('is halted', { timeout: 5 * minute }, async () => {
    const halted = await cluster.run('halt');
    expect(halted.exitCode).toBe(0);
    expect((halted.data as { halted: string[] }).halted.toSorted()).toEqual(['control1', 'worker1']);
    const status = await cluster.status();
    expect(status.nodes.map(({ name, machine }) => [name, machine])).toEqual([
      ['control1', 'stopped'],
      ['worker1', 'stopped'],
    ]);
    expect(await cluster.running()).toEqual([]);
  });

  it('comes back as it was, and lets nobody else at it meanwhile', { timeout: 15 * minute }, async () => {
    const first = cluster.start('up');
    await untilStep(first, 'boot:control1');
    const second = await cluster.run('up');
    expect(second.exitCode).toBe(6);
    expect(second.failure).toMatchObject({ code: 'KL-CLUSTER-BUSY' });
    expect(second.failure?.message).toMatch(
      new RegExp(`"kubelab up" \\(process ${first.pid} on .+\\) holds this cluster since \\d{4}-`),
    );
    const ended = await first.ended;
    if (ended.exitCode !== 0) throw explainFailure(ended);
    await proveNodes(cluster, up);
    await expectKept(cluster);
  });

  it('takes another worker when the spec does', { timeout: 15 * minute }, async () => {
    await cluster.changeSpec({ workers: { count: 2 } });
    const grown = await cluster.up();
    expect(grown.changed).toBe(true);
    expect(grown.nodes.map(({ name }) => name)).toEqual(['control1', 'worker1', 'worker2']);
    await expectHosts(cluster, grown);
    await proveReady(cluster, grown);
    await expectKept(cluster);
  });

  it('lets it go again, with its machine', { timeout: 15 * minute }, async () => {
    await cluster.changeSpec({});
    const shrunk = await cluster.up();
    expect(shrunk.changed).toBe(true);
    expect(await cluster.running()).toEqual(['control1', 'worker1']);
    expect((await cluster.status()).nodes.map(({ name }) => name)).toEqual(['control1', 'worker1']);
    await expectHosts(cluster, shrunk);
    await proveNodes(cluster, shrunk);
    const left = await findLeftovers(cluster.identity, cluster.before);
    const machine = cluster.identity.machine('worker2');
    expect(left.filter(({ what }) => what.includes(machine) || what.includes('worker2'))).toEqual([]);
  });

  it('survives the power loss of a node', { timeout: 15 * minute }, async () => {
    const cut = Date.now();
    await cutPower(cluster.identity, 'worker1');
    expect(await cluster.running()).toEqual(['control1']);
    const run = await cluster.run('up');
    if (run.exitCode !== 0) throw explainFailure(run);
    expect(run.data).toMatchObject({ changed: true });
    await expectHeard(cluster, 'worker1', cut);
    expect(await cluster.running()).toEqual(['control1', 'worker1']);
    // What was proved before the cut says nothing about a node that booted since.
    expect(run.lines.find((line) => line.id === 'ready' && line.seconds !== undefined)?.state).toBe('done');
    await proveReady(cluster, up);
    await expectKept(cluster);
    await proveNoPulls(cluster);
  });

  it('is destroyed without a trace', { timeout: 5 * minute }, async () => {
    expect(await cluster.destroy()).toEqual([]);
    const again = await cluster.run('destroy', '--yes');
    expect(again.exitCode).toBe(2);
    expect(again.failure?.code).toBe('KL-CLUSTER-NONE');
  });

  describe('that is cut off while it is made', () => {
    it('is left by kill -9 while machines boot', { timeout: 10 * minute }, async () => {
      const run = cluster.start('up');
      await untilStep(run, 'boot:control1');
      await sleep(400);
      run.send('SIGKILL');
      expect((await run.ended).exitCode).toBe(137);
    });

    it('is left by kill -9 in the middle of kubeadm init', { timeout: 10 * minute }, async () => {
      const run = cluster.start('up');
      await run.until(
        'kubeadm init to start the control plane',
        (line) =>
          line.type === 'progress' &&
          line.id === 'init:control1' &&
          /\[(?:kubelet-start|control-plane|etcd|wait-control-plane)\]/.test(line.text ?? ''),
      );
      run.send('SIGKILL');
      expect((await run.ended).exitCode).toBe(137);
    });

    it('is left by Ctrl-C, which ends kubelab in good order', { timeout: 15 * minute }, async () => {
      const run = cluster.start('up');
      await untilStep(run, 'ready');
      run.send('SIGINT');
      const ended = await run.ended;
      expect(ended.exitCode).toBe(130);
      expect(ended.failure).toMatchObject({ kind: 'interrupted', exitCode: 130 });
      expect((await cluster.run('status')).data).toMatchObject({ cluster: 'e2e' });
    });

    it('comes up all the same when up runs again', { timeout: 15 * minute }, async () => {
      up = await cluster.up();
      await proveReady(cluster, up);
    });

    it('is destroyed without a trace', { timeout: 5 * minute }, async () => {
      expect(await cluster.destroy()).toEqual([]);
    });
  });
});

/** What was put into the cluster at the start is still in it. */
async function expectKept(cluster: Cluster): Promise<void> {
  expect(await cluster.kubectl(['get', 'configmap', 'kept', '-o', 'jsonpath={.data.said}'])).toBe('before');
  await waitForPods(cluster, ['keeper']);
  expect(await eventually('the kept file', minute, () => inPod(cluster, 'keeper', 'cat /data/file'))).toBe('written\n');
}

/** Every machine knows every other by its name, and no strangers. */
async function expectHosts(cluster: Cluster, { nodes }: UpData): Promise<void> {
  for (const { name } of nodes) {
    const { stdout } = await cluster.ssh(name, ['cat', '/etc/hosts']);
    const known = stdout.split('\n').filter((line) => /^\d/.test(line) && !line.startsWith('127.'));
    expect(known.map((line) => line.split(/\s+/).slice(0, 2)).toSorted(), `/etc/hosts of ${name}`).toEqual(
      nodes.map((node) => [node.address, node.name]).toSorted(),
    );
  }
}

/** The node's own kubelet said that it is Ready, after a moment: what Kubernetes still believes of a dead node is no proof. */
async function expectHeard(cluster: Cluster, node: string, since: number): Promise<void> {
  const renewed = await cluster.kubectl(['get', 'lease', '-n', 'kube-node-lease', node, '-o', 'jsonpath={.spec.renewTime}']);
  expect(Date.parse(renewed), `the last word of ${node} was ${renewed}`).toBeGreaterThan(since);
}

/** What a refused change must not touch: the lock, and all that was rendered for the cluster that runs. */
async function readCluster({ folder }: Cluster): Promise<Record<string, string>> {
  const files: Record<string, string> = { 'kubelab.lock': await readFile(join(folder, 'kubelab.lock'), 'utf8') };
  const root = join(folder, '.kubelab', 'e2e');
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile() && !/\/logs\/|events\.ndjson$/.test(file)) files[file] = await readFile(file, 'utf8');
  }
  return files;
}
