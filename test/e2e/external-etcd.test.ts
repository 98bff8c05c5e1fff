import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, createCluster, type UpData } from './rig/cluster.ts';
import { eventually } from './rig/eventually.ts';
import { list } from './rig/pods.ts';
import { cutPower } from './rig/power.ts';
import { proveReady } from './rig/proof.ts';

const minute = 60_000;
const members = ['etcd1', 'etcd2', 'etcd3'];

describe('an etcd of three nodes outside of the cluster', () => {
  let cluster: Cluster;
  let up: UpData;

  beforeAll(async () => {
    cluster = await createCluster({
      name: 'etcd',
      spec: { kubernetes: '1.36.4', source: 'go', etcd: { external: 3 }, workers: { count: 1 }, addons: [] },
      nodes: ['control1', 'worker1', ...members],
    });
  });

  afterAll(() => cluster?.remove());

  it('carries a cluster that is Ready', { timeout: 100 * minute }, async () => {
    up = await cluster.up();
    expect(up.nodes.filter(({ role }) => role === 'etcd').map(({ name }) => name)).toEqual(members);
    await proveReady(cluster, up);
  });

  it('is all the etcd that there is, and each member is healthy', { timeout: 5 * minute }, async () => {
    expect(await list(cluster, ['pods', '-n', 'kube-system', '--selector=component=etcd'])).toEqual([]);
    const [server] = await list(cluster, ['pods', '-n', 'kube-system', '--selector=component=kube-apiserver']);
    const flag = JSON.stringify(server?.spec).match(/--etcd-servers=([^"]+)/)?.[1] ?? '';
    const addresses = up.nodes.filter(({ role }) => role === 'etcd').map(({ address }) => `https://${address}:2379`);
    expect(flag.split(',').toSorted()).toEqual(addresses.toSorted());
    for (const address of addresses) expect(await readHealth(cluster, address)).toContain('"health":"true"');
  });

  it('goes on without one member, and takes it back', { timeout: 20 * minute }, async () => {
    await cutPower(cluster.identity, 'etcd1');
    await eventually('a change to be taken', 2 * minute, () =>
      cluster.kubectl(['create', 'configmap', 'kept', '--from-literal=said=meanwhile'], { timeout: 30_000 }),
    );
    await proveReady(cluster, await cluster.up());
    const address = up.nodes.find(({ name }) => name === 'etcd1')?.address ?? '';
    await eventually('etcd1 to be healthy again', 2 * minute, async () =>
      (await readHealth(cluster, `https://${address}:2379`)).includes('"health":"true"') ? true : undefined,
    );
    expect(await cluster.kubectl(['get', 'configmap', 'kept', '-o', 'jsonpath={.data.said}'])).toBe('meanwhile');
  });

  it('is destroyed without a trace', { timeout: 5 * minute }, async () => {
    expect(await cluster.destroy()).toEqual([]);
  });
});

async function readHealth(cluster: Cluster, endpoint: string): Promise<string> {
  const pki = '/etc/kubernetes/pki';
  const keys = [
    '--cacert',
    `${pki}/etcd/ca.crt`,
    '--cert',
    `${pki}/apiserver-etcd-client.crt`,
    '--key',
    `${pki}/apiserver-etcd-client.key`,
  ];
  return (await cluster.ssh('control1', ['curl', '-s', '--max-time', '5', ...keys, `${endpoint}/health`])).stdout;
}
