import { z } from 'zod';
import { KubelabError } from '../errors/errors.ts';
import { readJson, writeFileAtomic } from './files.ts';
import type { Plan } from './plan.ts';

const nodeSchema = z.object({
  name: z.string(),
  role: z.enum(['control-plane', 'worker', 'storage', 'etcd', 'load-balancer']),
  address: z.string(),
  cpus: z.number(),
  memoryMiB: z.number(),
});

const stateSchema = z.object({
  apiVersion: z.literal('kubelab/v1'),
  name: z.string(),
  createdAt: z.iso.datetime(),
  kubernetes: z.string(),
  provider: z.enum(['libvirt', 'virtualbox', 'nspawn']),
  /** Whether the processors of its machines are emulated. */
  emulated: z.boolean().default(false),
  runtime: z.object({ name: z.string(), version: z.string() }),
  network: z.object({ nodes: z.string(), pods: z.string(), services: z.string(), plugin: z.string() }),
  endpoint: z.enum(['direct', 'haproxy']),
  etcd: z.enum(['stacked', 'external']),
  /** Where the images came from in the first place: a bundle of them is the same to the nodes. */
  source: z.string(),
  install: z.string(),
  box: z.string(),
  /** The box of a node image that was made in a machine of that box, where the machines come from it. */
  nodeBox: z.string().optional(),
  addons: z.array(z.string()),
  /** The `kubeadm` part of the spec, as JSON. */
  kubeadm: z.string(),
  nodes: z.array(nodeSchema),
});

/** What the cluster was made as: `state.json`. */
export type State = z.infer<typeof stateSchema>;

/** What a running cluster can follow. Names of nodes. */
export interface NodeChanges {
  /** Workers that the plan has and the cluster has not. */
  readonly added: readonly string[];
  /** Workers that the cluster has and the plan has not. */
  readonly removed: readonly string[];
  /** Nodes whose processors or memory differ; they take effect at its next boot. */
  readonly resized: readonly string[];
}

/** The state of a cluster that is made from a plan. */
export function describeState(plan: Plan, createdAt: Date): State {
  const { nodes, pods, services, plugin } = plan.network;
  return {
    apiVersion: 'kubelab/v1',
    name: plan.name,
    createdAt: createdAt.toISOString(),
    kubernetes: plan.kubernetes,
    provider: plan.provider.name,
    emulated: plan.provider.emulated ?? false,
    runtime: { name: plan.runtime.name, version: plan.runtime.version },
    network: { nodes, pods, services, plugin },
    endpoint: plan.endpoint.kind,
    etcd: plan.etcd,
    source: plan.lock.origin ?? plan.lock.source,
    install: plan.install,
    box: plan.box,
    ...(plan.nodeBox === undefined ? {} : { nodeBox: plan.nodeBox }),
    addons: plan.addons.toSorted(),
    kubeadm: JSON.stringify(plan.kubeadm),
    nodes: plan.nodes.map(({ name, role, address, cpus, memoryMiB }) => ({ name, role, address, cpus, memoryMiB })),
  };
}

/**
 * The state in a file; undefined where there is none.
 * @throws FileDamaged when it holds anything else.
 */
export function readState(file: string): Promise<State | undefined> {
  return readJson(file, (value) => {
    const result = stateSchema.safeParse(value);
    if (!result.success) throw new Error(z.prettifyError(result.error).replaceAll('\n', ' '));
    return result.data;
  });
}

/** @throws KubelabError `KL-HOST-DISK-FULL` */
export async function writeState(file: string, state: State): Promise<void> {
  await writeFileAtomic(file, `${JSON.stringify(stateSchema.parse(state), undefined, 2)}\n`);
}

/**
 * What has to change for a running cluster to follow the plan.
 * @throws KubelabError `KL-SPEC-FIXED` when it can not follow, with a line per field.
 */
export function compareWithState(plan: Plan, state: State): NodeChanges {
  const asked = describeState(plan, new Date(0));
  const details = [...compareFields(state, asked), ...compareAddresses(state, asked)];
  if (details.length > 0)
    throw new KubelabError('KL-SPEC-FIXED', `the cluster ${state.name} is running and can not follow the spec`, { details });
  const running = new Map(state.nodes.map((node) => [node.name, node]));
  return {
    added: listNames(asked, 'worker').filter((name) => !running.has(name)),
    removed: listNames(state, 'worker').filter((name) => !asked.nodes.some((node) => node.name === name)),
    resized: asked.nodes
      .filter((node) => {
        const old = running.get(node.name);
        return old !== undefined && (old.cpus !== node.cpus || old.memoryMiB !== node.memoryMiB);
      })
      .map((node) => node.name),
  };
}

function compareFields(running: State, asked: State): string[] {
  const before = listFixedFields(running);
  const after = listFixedFields(asked);
  return Object.entries(before).flatMap(([field, value]) =>
    value === after[field] ? [] : [`${field}: ${value} is running, the spec asks for ${after[field]}`],
  );
}

/** What is built into a cluster when it is made, under the names that the spec has for it. */
function listFixedFields(state: State): Readonly<Record<string, string>> {
  return {
    kubernetes: state.kubernetes,
    provider: state.provider,
    runtime: `${state.runtime.name} ${state.runtime.version}`,
    'network.nodes': state.network.nodes,
    'network.pods': state.network.pods,
    'network.services': state.network.services,
    'network.plugin': state.network.plugin,
    'controlPlane.count': String(listNames(state, 'control-plane').length),
    'controlPlane.endpoint': state.endpoint,
    etcd: state.etcd === 'stacked' ? 'stacked' : `external: ${listNames(state, 'etcd').length}`,
    source: state.source,
    install: state.install,
    box: state.box,
    // Their images are in the node image, which the nodes that run were copied from.
    addons: state.addons.join(', ') || 'none',
    kubeadm: state.kubeadm,
    'storage.count': String(listNames(state, 'storage').length),
  };
}

/** A node keeps its address for life: it is in certificates, and others reach it there. */
function compareAddresses(running: State, asked: State): string[] {
  // Another range moves every node; the line on the range says it all.
  if (running.network.nodes !== asked.network.nodes) return [];
  const before = new Map(running.nodes.map((node) => [node.name, node.address]));
  return asked.nodes.flatMap(({ name, address }) => {
    const old = before.get(name);
    return old === undefined || old === address ? [] : [`address of ${name}: ${old} is running, the spec asks for ${address}`];
  });
}

function listNames(state: State, role: State['nodes'][number]['role']): string[] {
  return state.nodes.filter((node) => node.role === role).map((node) => node.name);
}
