import { setImmediate } from 'node:timers/promises';
import { KubelabError } from '../../errors/errors.ts';
import type { Milliseconds } from '../../exec/runner.ts';
import { withinTime } from '../../exec/time-limit.ts';

/** Real comparisons take milliseconds. */
const longest: Milliseconds = 3000;

/**
 * Compares what a lab expects with what a cluster has, all of it within one time: each pattern has a limit of its own, but
 * lists of patterns are tried on lists of values. Nothing else goes on meanwhile, so whoever waits has a turn before it.
 * @throws KubelabError `KL-LAB-INVALID` when it takes too long.
 */
export async function matchInTime<Result extends object>(work: () => Result): Promise<Result> {
  await setImmediate();
  const result = withinTime(work, longest);
  if (result !== undefined) return result;
  throw new KubelabError('KL-LAB-INVALID', `to compare objects with what the lab expects takes more than ${longest / 1000} s`);
}
