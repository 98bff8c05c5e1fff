import { assignAddresses } from '../../src/cluster/addresses.ts';
import type { Role } from '../../src/cluster/node.ts';
import type { NodePlan, Plan } from '../../src/cluster/plan.ts';

export interface Counts {
  readonly controlPlanes: number;
  readonly workers: number;
  readonly etcd?: number;
  readonly loadBalancers?: number;
  readonly storage?: number;
  readonly workerDisksMiB?: readonly number[];
}

/** A plan with that many nodes of each role. The fields given replace its own. */
export function makePlan(counts: Counts, fields: Partial<Plan> = {}): Plan {
  return {
    name: 'study',
    kubernetes: '1.36.4',
    provider: { name: 'libvirt', why: 'hardware virtualisation works', differences: [] },
    source: { kind: 'upstream', why: 'it can be reached' },
    install: 'packages',
    box: 'debian-12',
    runtime: { name: 'containerd', version: '2.2.9' },
    network: { nodes: '10.83.7.0/24', gateway: '10.83.7.1', pods: '10.244.0.0/16', services: '10.96.0.0/12', plugin: 'flannel' },
    endpoint: { address: counts.loadBalancers === undefined ? '10.83.7.11' : '10.83.7.5', port: 6443, kind: counts.loadBalancers === undefined ? 'direct' : 'haproxy' },
    etcd: counts.etcd === undefined ? 'stacked' : 'external',
    nodes: assignAddresses('10.83.7.0/24', [
      ...makeNodes('control-plane', 'control', counts.controlPlanes, 2048),
      ...makeNodes('worker', 'worker', counts.workers, 2048, counts.workerDisksMiB),
      ...makeNodes('etcd', 'etcd', counts.etcd ?? 0, 1024),
      ...makeNodes('load-balancer', 'balancer', counts.loadBalancers ?? 0, 512),
      ...makeNodes('storage', 'storage', counts.storage ?? 0, 1024),
    ]),
    addons: ['metrics-server'],
    kubeadm: { certSANs: [], extraArgs: {}, extraVolumes: {}, featureGates: {}, kubelet: {}, kubeProxy: {} },
    lock: {
      apiVersion: 'kubelab/v1',
      source: 'upstream',
      kubernetes: '1.36.4',
      containerd: '2.2.9',
      architecture: 'amd64',
      components: {},
      images: {},
      artifacts: [],
    },
    ...fields,
  };
}

function makeNodes(
  role: Role,
  name: string,
  count: number,
  memoryMiB: number,
  disksMiB: readonly number[] = [],
): Omit<NodePlan, 'address'>[] {
  const cpus = role === 'control-plane' || role === 'worker' ? 2 : 1;
  return Array.from({ length: count }, (_, index) => ({ name: `${name}${index + 1}`, role, cpus, memoryMiB, disksMiB }));
}
