import { copyFile, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OwnModule } from './programs.ts';
import { recipeKey } from './layers.ts';

/** The folder of this file as it is in src, which the compiler copies no other files from. */
const room = fileURLToPath(new URL('.', import.meta.url)).replace(/\/dist\/(src\/artifacts\/go\/)$/, '/$1');

/** A short hash of all files of a module of kubelab's own. */
export async function keyOfOwnModule(folder: string): Promise<string> {
  const names = (await readdir(path.join(room, folder))).toSorted();
  const files = await Promise.all(names.map(async (name) => [name, await readFile(path.join(room, folder, name), 'utf8')]));
  return recipeKey(files);
}

/** Copies a module of kubelab's own to where it is built. */
export async function copyOwnModule(own: OwnModule, target: string): Promise<void> {
  const from = path.join(room, own.folder);
  for (const name of await readdir(from)) await copyFile(path.join(from, name), path.join(target, name));
}
