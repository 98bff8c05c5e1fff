import { runInNewContext } from 'node:vm';
import type { Milliseconds } from './runner.ts';

/**
 * What a function that can not wait gives back; undefined when it takes longer and was broken off. For what works on text
 * from labs and clusters, and takes very long over a text that was made for that. It must leave nothing half done.
 */
export function withinTime<Result>(work: () => Result, limit: Milliseconds): Result | undefined {
  try {
    // The limit is on everything that runs meanwhile, also in the function that is called.
    return runInNewContext('work()', { work }, { timeout: limit }) as Result;
  } catch (error) {
    if ((error as NodeJS.ErrnoException | undefined)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined;
    throw error;
  }
}
