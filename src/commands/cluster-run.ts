import { acquireLock, type LockOwner } from '../cluster/cluster-lock.ts';
import { eventLog } from '../cluster/event-log.ts';
import { type ShareWork, shareWork } from '../cluster/shared-work.ts';
import type { Context } from './context.ts';
import type { Workspace } from './workspace.ts';

/**
 * Runs work on a cluster while holding its lock.
 * @param file the lock of a part of the cluster that the work keeps to.
 * @throws KubelabError `KL-CLUSTER-BUSY` when another run holds it.
 */
export async function whileHolding<T>(
  workspace: Workspace,
  command: string,
  work: () => Promise<T>,
  file: string = workspace.folder.lock,
): Promise<T> {
  const lock = await acquireLock(file, lockOwner(workspace.context, command));
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

/** For what is made in the cache of this user, by one run at a time. */
export function shareCache(context: Context, command: string): ShareWork {
  return shareWork({ cache: context.folders.cache, owner: lockOwner(context, command), signal: context.signal });
}

/** This process, as locks tell of it. */
export function lockOwner({ machine }: Pick<Context, 'machine'>, command: string): LockOwner {
  return { pid: machine.pid, host: machine.hostname, command: `kubelab ${command}`, kill: machine.kill };
}

/** Events to the screen and to the cluster's own log. */
export function loggedEvents(workspace: Workspace): Context['events'] {
  const { context, folder, secrets } = workspace;
  const keep = eventLog(folder.events, secrets);
  return (event) => {
    context.events(event);
    if (event.type !== 'progress') keep(event);
  };
}
