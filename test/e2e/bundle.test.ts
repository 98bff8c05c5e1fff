import { mkdtemp, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, createCluster, explainFailure } from './rig/cluster.ts';
import { proveReady } from './rig/proof.ts';
import { runCommand, tryCommand } from './rig/run-command.ts';

const minute = 60_000;
const name = `kubelab-e2e-${process.pid}`;
const inside = ['nsenter', `--net=/run/netns/${name}`, '--'];

/**
 * A classroom without Internet: kubelab and its machines run in a network namespace that has a loopback interface and
 * nothing else, with an empty cache. What they have can only come out of the bundle.
 */
describe('a bundle', () => {
  let maker: Cluster;
  let cluster: Cluster;
  let cache: string;

  beforeAll(async () => {
    cache = await realpath(await mkdtemp(join(tmpdir(), 'kubelab-e2e-cache-')));
    await runCommand(['ip', 'netns', 'add', name]);
    await runCommand([...inside, 'ip', 'link', 'set', 'lo', 'up']);
    maker = await createCluster({
      name: 'bundled',
      spec: { kubernetes: '1.36.4', source: 'go', workers: { count: 1 }, addons: ['metrics-server'] },
      nodes: ['control1', 'worker1'],
    });
    cluster = await createCluster({
      name: 'bundled',
      spec: {
        kubernetes: '1.36.4',
        source: { bundle: join(maker.folder, 'class.kubelab') },
        workers: { count: 1 },
        addons: ['metrics-server'],
      },
      nodes: ['control1', 'worker1'],
      prefix: inside,
      env: { XDG_CACHE_HOME: cache, GOPROXY: 'off' },
      cache: join(cache, 'kubelab'),
    });
  });

  afterAll(async () => {
    await cluster?.remove();
    await maker?.remove();
    await tryCommand(['ip', 'netns', 'delete', name]);
    await rm(cache, { recursive: true, force: true });
  });

  it('is made from what the spec asks for', { timeout: 100 * minute }, async () => {
    const made = await maker.run('bundle', 'create', 'class.kubelab');
    if (made.exitCode !== 0) throw explainFailure(made);
    expect((await stat(join(maker.folder, 'class.kubelab'))).size).toBeGreaterThan(100_000_000);
    const verified = await maker.run('bundle', 'verify', 'class.kubelab');
    expect(verified.exitCode).toBe(0);
    expect(verified.data).toMatchObject({ kubernetes: '1.36.4', labs: ['database', 'nfs-provisioner'] });
  });

  it('meets a host that reaches nothing', async () => {
    const links = JSON.parse(await runCommand([...inside, 'ip', '-j', 'link'])) as { ifname: string; operstate: string }[];
    expect(links.filter(({ operstate }) => operstate !== 'DOWN').map(({ ifname }) => ifname)).toEqual(['lo']);
    expect((await runCommand([...inside, 'ip', 'route'])).trim()).toBe('');
  });

  it('is all that a cluster needs there', { timeout: 30 * minute }, async () => {
    const up = await cluster.up();
    await proveReady(cluster, up);
    const routes = (await runCommand([...inside, 'ip', 'route'])).trim().split('\n');
    expect(routes).toHaveLength(1);
    expect(routes[0]).toContain(`dev ${cluster.identity.bridge}`);
  });

  it('leaves nothing when the cluster is destroyed', { timeout: 5 * minute }, async () => {
    expect(await cluster.destroy()).toEqual([]);
    expect(await runCommand([...inside, 'ip', '-o', 'link'])).not.toMatch(/klab-|vb-/);
  });
});
