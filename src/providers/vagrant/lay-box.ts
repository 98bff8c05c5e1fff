import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { BoxFile } from './box.ts';

/**
 * Lays a box where Vagrant finds it; it is there under its name only when it is whole. What was there is replaced.
 * @param folder what `boxFolder` gives.
 * @param place puts its disks into the folder that it is given.
 */
export async function layOutBox(
  folder: string,
  files: readonly BoxFile[],
  place: (partial: string) => Promise<void>,
): Promise<void> {
  const version = path.dirname(folder);
  // Vagrant takes every folder in a version's for a provider's, and no folder whose name begins with a dot for a version's.
  const partial = path.join(path.dirname(version), `.${path.basename(version)}.part`);
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  try {
    for (const { name, text } of files) await writeFile(path.join(partial, name), text);
    await place(partial);
    await rm(folder, { recursive: true, force: true });
    await mkdir(version, { recursive: true });
    await rename(partial, folder);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}
