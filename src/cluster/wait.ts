import { setTimeout as sleep } from 'node:timers/promises';
import { Interrupted, KubelabError } from '../errors/errors.ts';
import type { Milliseconds } from '../exec/runner.ts';

/** Something to wait for. Every wait has a name, a hint and a deadline. */
export interface Wait {
  /** "CoreDNS to answer on worker1": completes the sentence "waited for ...". */
  readonly what: string;
  /** Where to look when it does not come. */
  readonly hint: string;
  readonly deadline: Milliseconds;
  /** Time between looks; default 500 ms. After a look that took longer, as long as it took, but no more than 5 s. */
  readonly every?: Milliseconds;
  /** Whether a look takes its time by waiting itself: then the next one comes as soon as after any other. */
  readonly watches?: boolean;
  /** Whether it is there, or a sentence on why not yet. */
  ready(): Promise<true | string>;
}

const longestPause: Milliseconds = 5000;

/**
 * Looks until it is ready.
 * @throws KubelabError `KL-WAIT-DEADLINE` when the deadline passes: a wait that runs out is a failure.
 */
export async function waitFor(wait: Wait, signal: AbortSignal, progress?: (text: string) => void): Promise<void> {
  const end = Date.now() + wait.deadline;
  for (;;) {
    if (signal.aborted) throw new Interrupted();
    const began = Date.now();
    const answer = await wait.ready();
    if (answer === true) return;
    progress?.(`${wait.what}: ${answer}`);
    if (Date.now() >= end)
      throw new KubelabError('KL-WAIT-DEADLINE', `waited ${Math.round(wait.deadline / 1000)} s for ${wait.what}: ${answer}`, {
        cure: wait.hint,
      });
    // A machine that is slow to answer has to get on with what it is asked about: half of its time at least.
    const took = wait.watches === true ? 0 : Date.now() - began;
    const pause = Math.max(wait.every ?? 500, Math.min(took, longestPause));
    await sleep(pause, undefined, { signal }).catch(() => {
      throw new Interrupted();
    });
  }
}
