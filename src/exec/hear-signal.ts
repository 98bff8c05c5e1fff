import { setImmediate } from 'node:timers/promises';
import { Interrupted } from '../errors/errors.ts';

/**
 * Lets signals in that came while something worked that can not wait. Between two such works, for without it Ctrl-C is heard
 * only after the last one.
 * @throws Interrupted when the signal was aborted.
 */
export async function hearSignal(signal: AbortSignal): Promise<void> {
  // Node.js looks for signals between two rounds of immediates; the first round may come before it has looked.
  await setImmediate();
  await setImmediate();
  if (signal.aborted) throw new Interrupted();
}
