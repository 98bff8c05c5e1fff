import { join } from 'node:path';
import { KubelabError } from '../errors/errors.ts';
import { acquireLock, type ClusterLock, findLockHolder, type LockOwner } from './cluster-lock.ts';
import { waitFor } from './wait.ts';

/** What all clusters of a user share in the cache, and what can be made at the same time. */
export type SharedPart = 'artifacts' | 'base box' | 'node image' | 'image machine';

/** Does work on a shared part while no other process does; who comes second waits, and hears for whom. */
export type ShareWork = <T>(part: SharedPart, progress: (text: string) => void, work: () => Promise<T>) => Promise<T>;

export interface SharedWorkOptions {
  /** The user cache folder. */
  readonly cache: string;
  readonly owner: LockOwner;
  readonly signal: AbortSignal;
}

/** Longer than the longest build takes on a slow host: hours, in milliseconds. */
const deadline = 3 * 60 * 60_000;

export function shareWork({ cache, owner, signal }: SharedWorkOptions): ShareWork {
  return async (part, progress, work) => {
    const file = join(cache, 'locks', part.replaceAll(' ', '-'));
    let lock: ClusterLock | undefined;
    const take = async (): Promise<true | string> => {
      try {
        lock = await acquireLock(file, owner);
        return true;
      } catch (error) {
        if (!(error instanceof KubelabError) || error.code !== 'KL-CLUSTER-BUSY') throw error;
        const holder = await findLockHolder(file, owner);
        return `"${holder?.command ?? 'another run'}" (process ${holder?.pid ?? '?'}) works on it since ${holder?.since ?? 'just now'}`;
      }
    };
    const hint = `If nothing works there any more, remove ${file}.`;
    await waitFor({ what: `the ${part} in the cache`, hint, deadline, ready: take }, signal, progress);
    try {
      return await work();
    } finally {
      await lock?.release();
    }
  };
}
