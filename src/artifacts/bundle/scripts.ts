import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageScripts } from '../node-image.ts';

/** The digest of the scripts that make a node image, in a provision/ folder. */
export async function digestScripts(folder: string): Promise<string> {
  const hash = createHash('sha256');
  const names = (await readdir(folder)).filter((name) => imageScripts.test(name)).toSorted();
  for (const name of names) {
    const content = await readFile(join(folder, name));
    hash.update(`${name} ${content.byteLength}\n`).update(content);
  }
  return `sha256:${hash.digest('hex')}`;
}
