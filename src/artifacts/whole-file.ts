import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { explainWriteError } from '../errors/system-error.ts';
import { partName } from './part.ts';

/**
 * Writes a file beside its target and moves it there once it is whole and on the disk. After a failure nothing is left.
 * @throws KubelabError `KL-HOST-DISK-FULL`
 */
export async function writeWhole<T>(target: string, fill: (handle: FileHandle) => Promise<T>): Promise<T> {
  const part = partName(target);
  try {
    const filled = await fillPart(part, fill);
    await rename(part, target);
    return filled;
  } catch (error) {
    await rm(part, { force: true });
    throw explainWriteError(error, target);
  }
}

async function fillPart<T>(part: string, fill: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(part, 'wx');
  try {
    const filled = await fill(handle);
    await handle.sync();
    return filled;
  } finally {
    await handle.close();
  }
}
