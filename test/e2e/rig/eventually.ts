import { setTimeout as sleep } from 'node:timers/promises';

const second = 1_000;

/**
 * Looks until there is something to see, and returns it.
 * @param look gives undefined, or throws, while it is not there yet.
 * @throws Error that names the wait and what the last look found.
 */
export async function eventually<T>(what: string, deadline: number, look: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + deadline;
  let last = 'nothing';
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    if (Date.now() > end) throw new Error(`waited ${deadline / second} s for ${what}; the last look found: ${last}`);
    await sleep(second);
  }
}
