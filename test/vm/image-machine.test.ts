import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, createCluster, explainFailure } from '../e2e/rig/cluster.ts';
import { userCache } from '../e2e/rig/identity.ts';
import { emulatedSpec } from './emulated-spec.ts';
import { type LibvirtWorld, startLibvirtWorld } from './libvirt-world.ts';

const minute = 60_000;

/** From a box with a plain system: one machine of it becomes the node image, which the cluster's machines are cloned from. */
describe('a node image that is made in a machine', () => {
  let world: LibvirtWorld;
  let cluster: Cluster;
  let box: string;

  beforeAll(async () => {
    world = await startLibvirtWorld();
    cluster = await createCluster({
      name: 'cloned',
      spec: { ...emulatedSpec(1), box: './plain.box' },
      nodes: ['control1', 'worker1'],
      prefix: world.prefix,
      env: world.env,
    });
  });

  afterAll(async () => {
    await cluster?.remove();
    await world?.end();
  });

  it('begins with a plain box', { timeout: 60 * minute }, async () => {
    await succeed('box', 'build', 'debian-12', '--provider', 'libvirt', '--to', 'plain.box');
  });

  it('is laid where Vagrant finds it, and its machine is gone', { timeout: 120 * minute }, async () => {
    const built = await succeed('box', 'build', '--node');
    expect(built).toMatchObject({ provider: 'libvirt', kubernetes: '1.36.4', made: true, version: '1.0.0' });
    box = (built as { name: string }).name;
    expect(await world.domains()).toEqual([]);
    expect((await world.virsh('net-list', '--all', '--name')).trim().split('\n')).toEqual(['default']);
    const volumes = (await world.virsh('vol-list', 'default')).split('\n').filter((line) => line.includes('kubelab'));
    expect(volumes.every((line) => line.includes('_vagrant_box_image_'))).toBe(true);
    expect(await readdir(userCache())).not.toContain('image-machine');
    expect(await succeed('box', 'build', '--node')).toMatchObject({ name: box, made: false });
  });

  it('is what plan and render ask for', { timeout: 10 * minute }, async () => {
    expect(await succeed('plan')).toMatchObject({ plan: { nodeBox: box }, image: { present: true } });
    expect(await succeed('render', '--to', 'rendered')).toMatchObject({ alone: true, box });
  });

  it('gives up machines on which nothing is installed', { timeout: 120 * minute }, async () => {
    const ended = await cluster.run('up');
    if (ended.exitCode !== 0) throw explainFailure(ended);
    const { phases } = ended.data as { phases: readonly { phase: string }[] };
    expect(phases.map(({ phase }) => phase)).not.toContain('install');
    expect(await readFile(join(cluster.folder, '.kubelab', 'cloned', 'Vagrantfile'), 'utf8')).toContain(
      `config.vm.box = "${box}"`,
    );
  });

  it('left nothing in them of the machine that it was made in', { timeout: 15 * minute }, async () => {
    const [one, other] = await Promise.all(['control1', 'worker1'].map(readTraits));
    expect(one?.keys).toHaveLength(2);
    expect(other?.keys).toHaveLength(2);
    expect(one?.keys.filter((key) => other?.keys.includes(key))).toEqual([]);
    expect(one?.machineId).toMatch(/^[0-9a-f]{32}$/);
    expect(other?.machineId).not.toBe(one?.machineId);
    for (const traits of [one, other]) {
      expect(traits?.rootKeys).toBe('1');
      expect(traits?.image).toBe('1.36.4');
    }
  });

  it('leaves nothing but boxes when the cluster is destroyed', { timeout: 20 * minute }, async () => {
    await cluster.destroy();
    expect(await world.domains()).toEqual([]);
  });

  async function succeed(...words: readonly string[]): Promise<unknown> {
    const ended = await cluster.run(...words);
    if (ended.exitCode !== 0) throw explainFailure(ended);
    return ended.data;
  }

  async function readTraits(node: string) {
    const script =
      'cat /etc/machine-id; wc -l </root/.ssh/authorized_keys; cat /var/lib/kubelab/image; cut -d" " -f2 /etc/ssh/ssh_host_*_key.pub';
    const { stdout } = await cluster.ssh(node, ['sh', '-c', script], { timeout: 5 * minute });
    const [machineId, rootKeys, image, ...keys] = stdout.trim().split('\n');
    return { machineId, rootKeys, image, keys };
  }
});
