import { createHash } from 'node:crypto';
import path from 'node:path';
import { type BaseBox, resolveBaseBox } from '../artifacts/base-box.ts';
import { bundledBaseBox } from '../artifacts/bundle/base-box.ts';
import type { Lock, Source, SourceContext } from '../artifacts/source.ts';
import { type ClusterFolder, clusterId as identify, locateCluster } from '../cluster/cluster-folder.ts';
import { commandLog } from '../cluster/event-log.ts';
import { readIfThere } from '../cluster/files.ts';
import { loadSpec } from '../cluster/load-spec.ts';
import { writeLockFile } from '../cluster/lock-file.ts';
import type { Plan } from '../cluster/plan.ts';
import type { Capabilities } from '../cluster/provider.ts';
import type { Spec } from '../cluster/spec.ts';
import { readState, type State } from '../cluster/state.ts';
import { KubelabError } from '../errors/errors.ts';
import { localRunner } from '../exec/local.ts';
import { asRoot } from '../exec/root.ts';
import type { Runner } from '../exec/runner.ts';
import { openSubvolumeStore, type SubvolumeStore } from '../providers/nspawn/store.ts';
import { chooseBoxWay } from './choose-box.ts';
import type { Context } from './context.ts';

/** A spec and everything real that serves it on this host, wired together. */
export interface Workspace {
  readonly context: Context;
  readonly spec: Spec;
  readonly specFolder: string;
  readonly folder: ClusterFolder;
  readonly lockPath: string;
  readonly state: State | undefined;
  /** Runs commands as this user; every one is logged in the cluster's folder once that exists. */
  readonly local: Runner;
  readonly root: Runner;
  /** Values that no log may hold; grows when secrets are read. */
  readonly secrets: string[];
  readonly store: SubvolumeStore;
  readonly provision: string;
}

/** Reads the spec and finds its cluster's folder; touches nothing. @throws KubelabError `KL-SPEC-MISSING` */
export async function openWorkspace(context: Context): Promise<Workspace> {
  const text = await readIfThere(context.specFile);
  const shown = path.relative(context.cwd, context.specFile) || context.specFile;
  if (text === undefined)
    throw new KubelabError('KL-SPEC-MISSING', `${shown} is not there`, { ko: { message: `${shown} 파일이 없습니다.` } });
  const spec = loadSpec(text, shown);
  const specFolder = path.dirname(context.specFile);
  const folder = locateCluster(specFolder, spec.name);
  const state = await readState(folder.state);
  const secrets: string[] = [];
  const local = state === undefined ? context.runner : loggedRunner(folder, secrets);
  const root = asRoot(local, context.userId);
  return {
    context,
    spec,
    specFolder,
    folder,
    lockPath: path.join(specFolder, 'kubelab.lock'),
    state,
    local,
    root,
    secrets,
    store: openSubvolumeStore({ cache: context.folders.cache, root, signal: context.signal }),
    provision: path.join(context.folders.package, 'provision'),
  };
}

/** The same workspace with every command logged from now on: once the cluster's folder is there. */
export function withLogs(workspace: Workspace): Workspace {
  const { context, folder, secrets } = workspace;
  context.showLogsAt(folder.logs);
  return withRunner(workspace, loggedRunner(folder, secrets));
}

/** The same workspace with no command logged: for what must not write into the cluster's folder. */
export function withoutLogs(workspace: Workspace): Workspace {
  return withRunner(workspace, workspace.context.runner);
}

function withRunner(workspace: Workspace, local: Runner): Workspace {
  const { context } = workspace;
  const root = asRoot(local, context.userId);
  return { ...workspace, local, root, store: openSubvolumeStore({ cache: context.folders.cache, root, signal: context.signal }) };
}

function loggedRunner(folder: ClusterFolder, secrets: string[]): Runner {
  return localRunner({ log: commandLog(folder.logs, secrets) });
}

/** A name for the cluster that no other folder's cluster on this host has. */
export function clusterId({ spec, folder }: Pick<Workspace, 'spec' | 'folder'>): string {
  return identify(folder, spec.name);
}

/** The name of the cluster's bridge; the kernel allows 15 characters. */
export function bridgeName({ folder }: Pick<Workspace, 'folder'>): string {
  return `klab-${createHash('sha256').update(folder.root).digest('hex').slice(0, 8)}`;
}

/** A plan, and where its artifacts come from. */
export interface Resolved {
  readonly plan: Plan;
  readonly source: Source;
}

/** A plan, and the parts that can make it real. */
export interface Planned extends Resolved {
  readonly capabilities: Capabilities;
}

/** What sources work with. */
export function sourceContext({ context, local }: Pick<Workspace, 'context' | 'local'>): SourceContext {
  return { runner: local, signal: context.signal, events: context.events, cache: context.folders.cache };
}

export async function keepLock(workspace: Workspace, plan: Plan, lock: Lock): Promise<void> {
  const box = plan.plainBox?.kind === 'cloud' ? { box: plan.plainBox } : {};
  await writeLockFile(workspace.lockPath, { apiVersion: 'kubelab/v1', nodes: plan.network.nodes, lock, ...box });
}

/**
 * The base box of a plan for system containers: the one in its bundle, where that holds the box that the spec names.
 * @throws KubelabError `KL-SPEC-UNSUPPORTED` for a box of virtual machines.
 */
export async function chooseBaseBox(workspace: Workspace, plan: Pick<Plan, 'box' | 'source'>): Promise<BaseBox> {
  chooseBoxWay(plan.box, 'nspawn', workspace.context.machine, workspace.specFolder);
  const box = await resolveBaseBox(plan.box, workspace.provision, workspace.specFolder);
  const { bundle } = plan.source;
  return (
    (bundle === undefined ? undefined : await bundledBaseBox(sourceContext(workspace), { file: bundle, name: box.name })) ?? box
  );
}
