import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Milliseconds } from '../../exec/runner.ts';

/** Goes on while something writes a folder. */
export interface SizeWatch {
  /** Aborted when whoever asked for it was, and when the folder is too large. */
  readonly signal: AbortSignal;
  /** Looks once more, and ends. @returns whether the folder was ever too large. */
  end(): Promise<boolean>;
}

/** Short enough that a fast connection does not bring much more meanwhile. */
const every: Milliseconds = 200;

/**
 * Watches how large a folder becomes. What writes it, such as git while it fetches, has no limit of its own for what comes
 * in, and where it knows one, not on every system.
 * @param limit in bytes, of all files together.
 */
export function watchSize(folder: string, limit: number, signal: AbortSignal): SizeWatch {
  const over = new AbortController();
  const look = async (): Promise<void> => {
    if ((await sizeOf(folder, limit)) > limit) over.abort();
  };
  let looking = Promise.resolve();
  let isBusy = false;
  const timer = setInterval(() => {
    if (isBusy) return;
    isBusy = true;
    looking = look().finally(() => (isBusy = false));
  }, every);
  return {
    signal: AbortSignal.any([signal, over.signal]),
    end: async () => {
      clearInterval(timer);
      await looking;
      await look();
      return over.signal.aborted;
    },
  };
}

/** Of all files together, or of as many as are more than the limit. What goes meanwhile has no size. */
async function sizeOf(folder: string, limit: number): Promise<number> {
  let size = 0;
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    if (size > limit) break;
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) size += await sizeOf(place, limit - size);
    else if (entry.isFile()) size += (await stat(place).catch(() => undefined))?.size ?? 0;
  }
  return size;
}
