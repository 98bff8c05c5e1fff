import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, createCluster, type UpData } from './rig/cluster.ts';
import { eventually } from './rig/eventually.ts';
import { list } from './rig/pods.ts';
import { cutPower } from './rig/power.ts';
import { proveReady } from './rig/proof.ts';

const minute = 60_000;

describe('three control planes behind a load balancer', () => {
  let cluster: Cluster;
  let up: UpData;

  beforeAll(async () => {
    cluster = await createCluster({
      name: 'ha',
      spec: {
        kubernetes: '1.36.4',
        source: 'go',
        controlPlane: { count: 3, endpoint: 'haproxy' },
        workers: { count: 1 },
        addons: [],
      },
      nodes: ['control1', 'control2', 'control3', 'worker1', 'balancer1'],
    });
  });

  afterAll(() => cluster?.remove());

  it('come up Ready', { timeout: 100 * minute }, async () => {
    up = await cluster.up();
    expect(up.nodes.map(({ name }) => name).toSorted()).toEqual(['balancer1', 'control1', 'control2', 'control3', 'worker1']);
    await proveReady(cluster, up);
    expect(await countEtcd(cluster, 'control1')).toBe(3);
  });

  it('are reached through the balancer by everyone', { timeout: 5 * minute }, async () => {
    const balancer = up.nodes.find(({ name }) => name === 'balancer1')?.address ?? '';
    const config = await cluster.kubectl(['config', 'view', '-o', 'jsonpath={.clusters[0].cluster.server}'], { on: 'control2' });
    expect(config).toBe(`https://${balancer}:6443`);
    const kubelet = await cluster.ssh('worker1', ['cat', '/etc/kubernetes/kubelet.conf']);
    expect(kubelet.stdout).toContain(`server: https://${balancer}:6443`);
    await cluster.kubectl(['create', 'configmap', 'kept', '--from-literal=said=before']);
  });

  it('answer and take changes after the first one lost its power', { timeout: 15 * minute }, async () => {
    await cutPower(cluster.identity, 'control1');
    const on = { on: 'control2', timeout: 30_000 };
    await eventually('the API through the balancer', 3 * minute, () => cluster.kubectl(['get', '--raw', '/readyz'], on));
    await eventually('a change to be taken', 2 * minute, () =>
      cluster.kubectl(['create', 'configmap', 'later', '--from-literal=said=after'], on),
    );
    // Ten in a row: the balancer sends nobody to the one that is gone.
    for (let ask = 0; ask < 10; ask++) expect(await readConfig(cluster, 'kept', 'control2')).toBe('before');
    expect(await cluster.kubectl(['get', 'configmap', 'kept', '-o', 'jsonpath={.data.said}'])).toBe('before');
    const [dead] = await eventually('control1 to be given up', 3 * minute, async () => {
      const nodes = await list(cluster, ['nodes', '--selector=kubernetes.io/hostname=control1'], 'control2');
      return nodes[0]?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status !== 'True') === true
        ? nodes
        : undefined;
    });
    expect(dead?.metadata.name).toBe('control1');
  });

  it('are made whole by up', { timeout: 20 * minute }, async () => {
    await proveReady(cluster, await cluster.up());
    expect(await countEtcd(cluster, 'control1')).toBe(3);
    expect(await readConfig(cluster, 'later', 'control1')).toBe('after');
  });

  it('come back when the balancer lost its power', { timeout: 20 * minute }, async () => {
    await cutPower(cluster.identity, 'balancer1');
    await proveReady(cluster, await cluster.up());
    expect(await readConfig(cluster, 'kept', 'control1')).toBe('before');
  });

  it('are destroyed without a trace', { timeout: 5 * minute }, async () => {
    expect(await cluster.destroy()).toEqual([]);
  });
});

function readConfig(cluster: Cluster, name: string, on: string): Promise<string> {
  return cluster.kubectl(['get', 'configmap', name, '-o', 'jsonpath={.data.said}'], { on });
}

/** How many members etcd has that answer. */
async function countEtcd(cluster: Cluster, on: string): Promise<number> {
  const flags = [
    '--cacert=/etc/kubernetes/pki/etcd/ca.crt',
    '--cert=/etc/kubernetes/pki/etcd/server.crt',
    '--key=/etc/kubernetes/pki/etcd/server.key',
  ];
  const words = [
    'exec',
    '-n',
    'kube-system',
    `etcd-${on}`,
    '--',
    'etcdctl',
    ...flags,
    'endpoint',
    'health',
    '--cluster',
    '-w',
    'json',
  ];
  const members = JSON.parse(await cluster.kubectl(words, { on })) as { health: boolean }[];
  return members.filter(({ health }) => health).length;
}
