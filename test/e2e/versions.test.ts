import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, createCluster } from './rig/cluster.ts';
import { proveReady } from './rig/proof.ts';

const minute = 60_000;

/** The oldest that there is, the last with the older kubeadm configuration, and the two newest minors. */
describe.each(['1.24.17', '1.30.14', '1.36.4', '1.37.1'])('Kubernetes %s', (version) => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await createCluster({
      name: 'versions',
      spec: { kubernetes: version, source: 'go', workers: { count: 1 }, addons: [] },
      nodes: ['control1', 'worker1'],
    });
  });

  afterAll(() => cluster?.remove());

  it('comes up Ready, and is that version', { timeout: 100 * minute }, async () => {
    const up = await cluster.up();
    expect(up.kubernetes).toBe(version);
    await proveReady(cluster, up);
    const server = JSON.parse(await cluster.kubectl(['get', '--raw', '/version'])) as { gitVersion: string };
    expect(server.gitVersion).toBe(`v${version}`);
  });

  it('goes with its cluster', { timeout: 5 * minute }, async () => {
    expect(await cluster.destroy()).toEqual([]);
  });
});
