import type { Lock } from '../artifacts/source.ts';
import { KubelabError } from '../errors/errors.ts';
import { assignAddresses, gatewayOf } from './addresses.ts';
import type { Role } from './node.ts';
import type { NodePlan, Plan } from './plan.ts';
import type { Spec } from './spec.ts';

/** What was found out before a plan can be made: everything that the spec leaves open. */
export interface PlanFacts {
  readonly provider: Plan['provider'];
  readonly source: Plan['source'];
  readonly install: Plan['install'];
  readonly lock: Lock;
  /** The nodes' network, chosen or kept. */
  readonly subnet: string;
  readonly plainBox?: Plan['plainBox'];
}

/** Machines outside the Kubernetes cluster, whose sizes the spec does not name. */
const helperSizes: Readonly<Record<'etcd' | 'load-balancer' | 'storage', { cpus: number; memoryMiB: number }>> = {
  etcd: { cpus: 2, memoryMiB: 1024 },
  'load-balancer': { cpus: 1, memoryMiB: 512 },
  storage: { cpus: 1, memoryMiB: 1024 },
};

type NodeWish = Omit<NodePlan, 'address'>;

/** The plan that a spec and the facts lead to. Pure: the same input gives the same plan, and nothing is touched. */
export function makePlan(spec: Spec, facts: PlanFacts): Plan {
  const balanced = spec.controlPlane.count > 1;
  const nodes = assignAddresses(facts.subnet, listNodes(spec, balanced));
  const endpoint = nodes.find((node) => node.role === (balanced ? 'load-balancer' : 'control-plane'));
  if (endpoint === undefined) throw new Error('a plan without a control plane');
  return {
    name: spec.name,
    kubernetes: facts.lock.kubernetes,
    provider: facts.provider,
    source: facts.source,
    install: facts.install,
    ...(typeof spec.box === 'string' ? { box: spec.box } : { box: spec.box.url, boxDigest: spec.box.digest }),
    ...(facts.plainBox === undefined ? {} : { plainBox: facts.plainBox }),
    runtime: { name: 'containerd', version: facts.lock.containerd },
    network: {
      nodes: facts.subnet,
      gateway: gatewayOf(facts.subnet),
      pods: spec.network.pods,
      services: spec.network.services,
      plugin: readPlugin(spec),
    },
    endpoint: { address: endpoint.address, port: 6443, kind: balanced ? 'haproxy' : 'direct' },
    etcd: spec.etcd === 'stacked' ? 'stacked' : 'external',
    nodes,
    addons: [...spec.addons],
    kubeadm: spec.kubeadm,
    lock: facts.lock,
  };
}

function listNodes(spec: Spec, balanced: boolean): NodeWish[] {
  const sized = (size: { cpus: number; memory: number }): { cpus: number; memoryMiB: number } => ({
    cpus: size.cpus,
    memoryMiB: size.memory,
  });
  return [
    ...numbered('control-plane', 'control', spec.controlPlane.count, sized(spec.controlPlane)),
    ...numbered('worker', 'worker', spec.workers.count, sized(spec.workers), spec.workers.disks),
    ...numbered('etcd', 'etcd', spec.etcd === 'stacked' ? 0 : spec.etcd.external, helperSizes.etcd),
    ...numbered('load-balancer', 'balancer', balanced ? 1 : 0, helperSizes['load-balancer']),
    ...numbered('storage', 'storage', spec.storage.count, helperSizes.storage),
  ];
}

function numbered(
  role: Role,
  name: string,
  count: number,
  size: { cpus: number; memoryMiB: number },
  disksMiB: readonly number[] = [],
): NodeWish[] {
  return Array.from({ length: count }, (_, index) => ({ name: `${name}${index + 1}`, role, ...size, disksMiB }));
}

function readPlugin(spec: Spec): 'flannel' | 'none' {
  const { plugin } = spec.network;
  if (plugin === 'calico') throw new KubelabError('KL-SPEC-UNSUPPORTED', 'network.plugin: calico');
  return plugin;
}
