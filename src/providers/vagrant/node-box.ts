import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { baseBoxKey, vmSetup } from '../../artifacts/base-box.ts';
import { nodeImageKey, nodeRecipeKey } from '../../artifacts/node-image.ts';
import type { PlainBox } from '../../artifacts/plain-box.ts';
import type { Lock } from '../../artifacts/source.ts';
import { readIfThere } from '../../cluster/files.ts';
import { type Box, boxFolder, type BoxProvider, escapeSlashes, imageNoteFile } from './box.ts';
import { imageBoxName } from './box-home.ts';
import type { BoxShelf } from './box-shelf.ts';
import { diskKey, nodeDiskShape } from './disk-image.ts';
import { type PlainBoxAhead, plainBoxKey, plainBoxStem } from './plain-box-home.ts';
import type { VmBaseSettings } from './vm-image.ts';

/**
 * The name of the box that rendered folders ask Vagrant for: known before anything was obtained, so that a folder can be
 * rendered first, and on another host than the box is made on. It does not say which build of a program is inside; the
 * version of the box does.
 */
export async function nodeBoxName(
  { base, provision, shape }: Pick<VmBaseSettings, 'base' | 'provision' | 'shape'>,
  lock: Lock,
): Promise<string> {
  const recipe = await nodeRecipeKey(baseBoxKey(base, await vmSetup(provision)), lock, provision);
  return imageBoxName(`node-${await diskKey(recipe, shape)}`);
}

/** A node image that is made in a machine of a plain box. */
export interface MachineRecipe<Plain> {
  readonly plain: Plain;
  readonly lock: Lock;
  readonly provision: string;
  /** Its kernel is told that processors are emulated. */
  readonly emulated: boolean;
}

/** The same for a node image that is made in a machine of a plain box. */
export async function machineNodeBoxName({ plain, lock, provision, emulated }: MachineRecipe<PlainBoxAhead>): Promise<string> {
  return imageBoxName(`node-${await nodeRecipeKey(baseOf(await plainBoxStem(plain), emulated), lock, provision)}`);
}

/** The key of such an image. Its lock has every digest. */
export async function machineImageKey({ plain, lock, provision, emulated }: MachineRecipe<PlainBox>): Promise<string> {
  return nodeImageKey(baseOf(await plainBoxKey(plain), emulated), lock, provision);
}

function baseOf(plain: string, emulated: boolean): string {
  return [plain, ...nodeDiskShape(emulated).kernelOptions].join(' ');
}

export interface NodeBoxPlace {
  readonly provider: BoxProvider;
  /** Vagrant's own folder. */
  readonly vagrantHome: string;
  readonly shelf: BoxShelf;
}

/**
 * The version under which a node image goes by a name. Another image of the same name gets the next version, which Vagrant
 * then takes for new machines, and those that there are stay on theirs.
 * @param image the key of the node image.
 */
export async function chooseNodeBox(
  name: string,
  image: string,
  place: NodeBoxPlace,
): Promise<{ readonly box: Box; readonly isThere: boolean }> {
  const newest = await findNewest(name, place);
  if (newest === undefined) return { box: { name, version: versionOf(0) }, isThere: false };
  if (newest.image !== image) return { box: { name, version: versionOf(newest.number + 1) }, isThere: false };
  const box: Box = { name, version: versionOf(newest.number) };
  return { box, isThere: await place.shelf.has(box) };
}

function versionOf(number: number): string {
  return `1.0.${number}`;
}

/** Whether Vagrant has a box of node images, in the version that it takes for new machines. */
export async function hasNodeBox(name: string, place: NodeBoxPlace): Promise<boolean> {
  const newest = await findNewest(name, place);
  // Most hosts have none, and then nothing else is asked.
  return newest !== undefined && place.shelf.has({ name, version: versionOf(newest.number) });
}

async function findNewest(
  name: string,
  { provider, vagrantHome }: NodeBoxPlace,
): Promise<{ readonly number: number; readonly image: string | undefined } | undefined> {
  const entries = await readdir(path.join(vagrantHome, 'boxes', escapeSlashes(name))).catch(() => []);
  const numbers = entries.flatMap((entry) => /^1\.0\.(\d+)$/.exec(entry)?.[1] ?? []).map(Number);
  for (const number of numbers.toSorted((one, other) => other - one)) {
    const folder = boxFolder(vagrantHome, { name, version: versionOf(number) }, provider);
    if ((await readIfThere(path.join(folder, 'metadata.json'))) !== undefined)
      return { number, image: (await readIfThere(path.join(folder, imageNoteFile)))?.trim() };
  }
  return undefined;
}
