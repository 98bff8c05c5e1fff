import { Interrupted } from '../errors/errors.ts';

/**
 * Does the work for every item, at most `limit` at a time, and returns the results in the order of the items.
 * The first failure aborts the signal that the others were given, waits until they ended, and is thrown.
 */
export async function mapParallel<Item, Result>(
  items: readonly Item[],
  limit: number,
  signal: AbortSignal,
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
): Promise<Result[]> {
  const controller = new AbortController();
  const combined = AbortSignal.any([signal, controller.signal]);
  const results = new Map<number, Result>();
  const failures: unknown[] = [];
  const queue = [...items.entries()];
  const takeWork = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (combined.aborted) return;
      try {
        results.set(next[0], await work(next[1], combined));
      } catch (error) {
        failures.push(error);
        controller.abort();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, takeWork));
  // Those that were aborted say only that; the reason is the other one.
  if (failures.length > 0) throw failures.find((failure) => !(failure instanceof Interrupted)) ?? failures[0];
  if (signal.aborted) throw new Interrupted();
  return items.map((_, index) => results.get(index) as Result);
}
