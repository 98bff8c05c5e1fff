import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileExists } from '../../exec/file-exists.ts';
import { errorCode, explainWriteError } from '../../errors/system-error.ts';

/** Where the packs of a user are. */
export function packsFolder(state: string): string {
  return path.join(state, 'packs');
}

const prefix = '.staging-';
/** What nobody touched for this long belongs to a run that was cut off. */
const staleMilliseconds = 24 * 60 * 60 * 1000;

/**
 * Gives work a folder of its own in another one, and removes it in the end, with all that is in it and every folder above
 * it that was made for it and is empty.
 */
export async function withStaging<T>(parent: string, work: (staging: string) => Promise<T>): Promise<T> {
  const staging = path.join(parent, `${prefix}${randomUUID()}`);
  const made = await mkdir(staging, { recursive: true, mode: 0o755 }).catch((error: unknown) => {
    throw explainWriteError(error, staging);
  });
  try {
    return await work(staging);
  } finally {
    await rm(staging, { recursive: true, force: true });
    await removeEmpty(parent, made ?? staging);
  }
}

/** Moves a folder to where a pack is installed. @returns false when something is there already. */
export async function moveInPlace(folder: string, target: string): Promise<boolean> {
  const made = await mkdir(path.dirname(target), { recursive: true, mode: 0o755 });
  try {
    // A folder is never moved over one that has something in it.
    await rename(folder, target);
    return true;
  } catch (error) {
    if (made !== undefined) await removeEmpty(path.dirname(target), made);
    if (['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(errorCode(error) ?? '') && (await fileExists(target))) return false;
    throw error;
  }
}

/** Removes empty folders, from one up to another that holds it. */
export async function removeEmpty(folder: string, last: string): Promise<void> {
  for (let one = folder; one === last || one.startsWith(last + path.sep); one = path.dirname(one))
    try {
      await rmdir(one);
    } catch {
      return;
    }
}

/** Removes what runs that were killed left beside the installed packs. */
export async function removeStale(packs: string): Promise<void> {
  const limit = Date.now() - staleMilliseconds;
  for (const name of await readdir(packs)) {
    if (!name.startsWith(prefix)) continue;
    const folder = path.join(packs, name);
    const found = await stat(folder).catch(() => undefined);
    if (found !== undefined && found.mtimeMs < limit) await rm(folder, { recursive: true, force: true });
  }
}
