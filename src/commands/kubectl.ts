import { access, chmod, constants } from 'node:fs/promises';
import { locateCachedFile } from '../artifacts/cached-file.ts';
import { readLockFile } from '../cluster/lock-file.ts';
import { KubelabError } from '../errors/errors.ts';
import { findProgram } from '../exec/search-path.ts';
import { defineRawCommand } from './command.ts';
import { type Existing, openExisting } from './existing.ts';
import { readKubeconfig } from './kubeconfig.ts';
import { sourceContext } from './workspace.ts';

export const kubectl = defineRawCommand({
  name: 'kubectl',
  summary: 'run kubectl on the cluster',
  description:
    "Takes the kubectl of the cluster's own version where that is at hand, else the one of this host. Your own kubeconfig is neither read nor changed.",
  usage: '[arguments of kubectl...]',
  examples: [
    { command: 'kubelab kubectl get nodes -o wide', what: 'look at the nodes' },
    { command: 'kubelab --file lab/kubelab.yaml kubectl get pods -A', what: 'of another cluster' },
  ],
  run: async (args, context) => {
    // Errors of these have nothing to do with the logs of the cluster.
    const existing = await openExisting({ ...context, showLogsAt: () => undefined });
    await requireControlPlane(existing);
    const { file } = await readKubeconfig(existing);
    const program = (await findOwnKubectl(existing)) ?? (await findProgram('kubectl', context.env['PATH']));
    if (program === undefined) throw new KubelabError('KL-HOST-TOOL-MISSING', 'there is no kubectl on this host', { cure });
    const { runAttached } = await import('../exec/local.ts');
    return runAttached([program, '--kubeconfig', file, ...args], { signal: context.signal, env: context.env, cwd: context.cwd });
  },
});

const cure = 'Install kubectl, or use the one of a node: kubelab ssh control1 -- kubectl get nodes.';

async function requireControlPlane({ state, provider }: Existing): Promise<void> {
  const machines = await provider.inspect();
  const controlPlanes = state.nodes.filter((node) => node.role === 'control-plane');
  const isRunning = (name: string): boolean => machines.some((machine) => machine.name === name && machine.state === 'running');
  if (controlPlanes.some(({ name }) => isRunning(name))) return;
  throw new KubelabError('KL-CLUSTER-HALTED', `no control plane of ${state.name} is running`);
}

/** The kubectl that went into the nodes, where this host can run it. */
async function findOwnKubectl({ workspace, state }: Existing): Promise<string | undefined> {
  const { platform, architecture } = workspace.context.machine;
  const lock = (await readLockFile(workspace.lockPath))?.lock;
  const artifact = lock?.artifacts.find(({ path }) => path === 'bin/kubectl');
  if (lock === undefined || artifact === undefined || platform !== 'linux' || lock.kubernetes !== state.kubernetes)
    return undefined;
  if (lock.architecture !== (architecture === 'x64' ? 'amd64' : architecture)) return undefined;
  const file = locateCachedFile(sourceContext(workspace), lock, artifact);
  return file === undefined ? undefined : makeExecutable(file);
}

/** What was downloaded lies in the cache as plain data. Undefined for what is not there or can not be made to run. */
async function makeExecutable(file: string): Promise<string | undefined> {
  try {
    await access(file, constants.X_OK).catch(() => chmod(file, 0o755));
    return file;
  } catch {
    return undefined;
  }
}
