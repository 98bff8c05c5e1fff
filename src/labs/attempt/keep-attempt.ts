import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { acquireLock, type ClusterLock, type LockOwner } from '../../cluster/cluster-lock.ts';
import { KubelabError } from '../../errors/errors.ts';
import type { Milliseconds } from '../../exec/runner.ts';
import { type Attempt, progressOf, readAttempt, writeAttempt } from './attempt.ts';

/** What a command knows of an attempt, and keeps its own changes of, beside others in other terminals. */
export interface AttemptKeeper {
  /**
   * What a reset forgets is forgotten whoever learned it meanwhile; of all else, only what the command has changed is kept.
   * @param derive is done to what would be kept: for what follows from fields that others change
   * @returns what was kept; undefined when nothing was: the attempt was ended, begun anew, reset, or went to another step
   * meanwhile
   */
  keep(attempt: Attempt, derive?: Derive): Promise<Attempt | undefined>;
}

export type Derive = (attempt: Attempt) => Attempt;

/**
 * @param known the attempt as the command has read it
 * @param owner the process that keeps, beside those of other commands
 */
export function createKeeper(folder: string, known: Attempt, owner: LockOwner): AttemptKeeper {
  let mine = known;
  return {
    keep: (attempt, derive = (same) => same) =>
      // Between what is read and what is written, nobody else may write.
      exclusively(path.join(folder, `.${known.lab}.keep.lock`), owner, async () => {
        const now = await readAttempt(folder, known.lab);
        if (now === undefined || !isSamePlace(now, mine)) return undefined;
        const isNew = attempt.ground !== mine.ground;
        const merged = isNew ? attempt : mergeChanges(withSteps(mine, attempt), attempt, withSteps(now, attempt));
        const kept = derive(merged as Attempt);
        await writeAttempt(folder, kept);
        mine = derive(attempt);
        return kept;
      }),
  };
}

const pauseBetweenTries: Milliseconds = 20;
/** Longer than any file takes to write. */
const longestTurn: Milliseconds = 10_000;

async function exclusively<T>(file: string, owner: LockOwner, work: () => Promise<T>): Promise<T> {
  const lock = await takeTurn(file, owner);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

/** One who died is no holder. @throws KubelabError `KL-CLUSTER-BUSY` */
async function takeTurn(file: string, owner: LockOwner): Promise<ClusterLock> {
  for (const began = Date.now(); ;) {
    try {
      return await acquireLock(file, owner);
    } catch (error) {
      const isBusy = error instanceof KubelabError && error.code === 'KL-CLUSTER-BUSY';
      if (!isBusy || Date.now() - began > longestTurn) throw error;
      await sleep(pauseBetweenTries);
    }
  }
}

/** With the steps that another has progress of: a step that nobody looked at yet has none written down. */
function withSteps(attempt: Attempt, { steps }: Attempt): Attempt {
  const known = Object.keys(steps).map((id) => [id, progressOf(attempt, id)] as const);
  return { ...attempt, steps: { ...Object.fromEntries(known), ...attempt.steps } };
}

function isSamePlace(one: Attempt, other: Attempt): boolean {
  const fields = ['startedAt', 'made', 'step', 'ready', 'ground'] as const;
  return fields.every((field) => one[field] === other[field]);
}

/** What differs between `before` and `after`, done to `now`: fields of objects one by one, all else whole. */
export function mergeChanges(before: unknown, after: unknown, now: unknown): unknown {
  if (!isObject(before) || !isObject(after) || !isObject(now))
    return JSON.stringify(before) === JSON.stringify(after) ? now : after;
  const names = new Set([...Object.keys(now), ...Object.keys(after)]);
  const kept = [...names].filter((name) => Object.hasOwn(after, name) || !Object.hasOwn(before, name));
  return Object.fromEntries(
    kept.flatMap((name) => {
      const value = mergeChanges(before[name], after[name], now[name]);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
