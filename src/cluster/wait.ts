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
  /** Time between looks; default 500 ms. */
  readonly every?: Milliseconds;
  /** Whether it is there, or a sentence on why not yet. */
  ready(): Promise<true | string>;
}

/**
 * Looks until it is ready.
 * @throws KubelabError `KL-WAIT-DEADLINE` when the deadline passes: a wait that runs out is a failure.
 */
export async function waitFor(wait: Wait, signal: AbortSignal, progress?: (text: string) => void): Promise<void> {
  const end = Date.now() + wait.deadline;
  for (;;) {
    if (signal.aborted) throw new Interrupted();
    const answer = await wait.ready();
    if (answer === true) return;
    progress?.(`${wait.what}: ${answer}`);
    if (Date.now() >= end)
      throw new KubelabError('KL-WAIT-DEADLINE', `waited ${Math.round(wait.deadline / 1000)} s for ${wait.what}: ${answer}`, {
        cure: wait.hint,
      });
    await sleep(wait.every ?? 500, undefined, { signal }).catch(() => {
      throw new Interrupted();
    });
  }
}
