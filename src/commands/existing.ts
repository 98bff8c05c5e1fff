import path from 'node:path';
import { fileExists } from '../exec/file-exists.ts';
import type { Provider } from '../cluster/provider.ts';
import type { State } from '../cluster/state.ts';
import { KubelabError } from '../errors/errors.ts';
import { createKubectl, type Kubectl } from '../kubernetes/kubectl.ts';
import type { Context } from './context.ts';
import { stateProvider, strayProvider } from './machines.ts';
import { openWorkspace, withLogs, type Workspace } from './workspace.ts';

/** A cluster that was brought up from the spec here. */
export interface Existing {
  readonly workspace: Workspace;
  readonly state: State;
  readonly provider: Provider;
}

/** @throws KubelabError `KL-CLUSTER-NONE` when nothing was brought up yet. */
export async function openExisting(context: Context): Promise<Existing> {
  const opened = await openWorkspace(context);
  if (opened.state === undefined)
    throw new KubelabError('KL-CLUSTER-NONE', `no cluster was brought up from ${context.specFile}`, {
      ko: { message: `${context.specFile} 스펙으로 만든 클러스터가 없습니다.` },
    });
  const workspace = withLogs(opened);
  return { workspace, state: opened.state, provider: await stateProvider(workspace, opened.state) };
}

/**
 * Machines of this spec's cluster that no state tells of: their folder was removed by hand. Nobody has their keys any
 * more, so all that can be done is to destroy them.
 */
export async function findStrays(context: Context): Promise<Omit<Existing, 'state'> | undefined> {
  const opened = await openWorkspace(context);
  if (opened.state !== undefined) return undefined;
  // Only system containers can be told by their names alone.
  if (context.machine.platform !== 'linux') return undefined;
  const provider = await strayProvider(opened);
  return (await provider.inspect()).length === 0 ? undefined : { workspace: opened, provider };
}

/**
 * What a run that was cut off at its very begin or end left: a folder or a lock, and no state. A folder in which Vagrant
 * made machines is none: they would be lost with it.
 */
export async function findRest(context: Context): Promise<Omit<Existing, 'state'> | undefined> {
  const opened = await openWorkspace(context);
  if (opened.state !== undefined) return undefined;
  const { root, lock } = opened.folder;
  if (await fileExists(path.join(root, '.vagrant'))) return undefined;
  return (await fileExists(root)) || (await fileExists(lock))
    ? { workspace: opened, provider: await strayProvider(opened) }
    : undefined;
}

/** kubectl as administrator, on the first control plane. Connects when something is asked. */
export function adminKubectl({ workspace, state, provider }: Existing): Kubectl {
  const first = state.nodes.find(({ role }) => role === 'control-plane');
  if (first === undefined) throw new Error('a cluster has a control plane');
  const { signal } = workspace.context;
  return createKubectl({ runner: provider.connect(first), kubeconfig: '/etc/kubernetes/admin.conf', signal });
}

/** A node of the cluster by its name. @throws KubelabError `KL-NODE-UNKNOWN` */
export function findNode(state: State, name: string): State['nodes'][number] {
  const node = state.nodes.find((candidate) => candidate.name === name);
  if (node === undefined)
    throw new KubelabError('KL-NODE-UNKNOWN', `${name} is not a node of ${state.name}`, {
      details: [`nodes: ${state.nodes.map((other) => other.name).join(', ')}`],
    });
  return node;
}
