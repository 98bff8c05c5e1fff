import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { digestOf } from '../../artifacts/digest.ts';
import { readJson, writeFileAtomic } from '../../cluster/files.ts';
import { errorCode } from '../../errors/system-error.ts';

/** A pack as it lies in the state folder. */
export interface InstalledPack {
  readonly name: string;
  readonly version: string;
  /** Of its `pack.lock`, which names every file of the pack with its digest; `none` where there is no such file. */
  readonly digest: string;
}

const fileSchema = z.object({
  apiVersion: z.literal('kubelab/v1'),
  /** `NAME@VERSION` to the digest that the pack had when the user said so. */
  packs: z.record(z.string(), z.string()),
});

/**
 * The pack that a lab's folder is in; undefined for a lab that is in none.
 * @param state the user's state folder.
 * @param folder absolute, with no link in it.
 */
export async function findPackOf(state: string, folder: string): Promise<InstalledPack | undefined> {
  const root = await realpath(path.join(state, 'packs')).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error;
    return undefined;
  });
  if (root === undefined) return undefined;
  const [name = '', version = '', labs] = path.relative(root, folder).split(path.sep);
  // A path that leads out of the packs begins with `..`, or on Windows with a drive.
  if (labs !== 'labs' || name === '..' || path.isAbsolute(name)) return undefined;
  return { name, version, digest: await digestOfLock(path.join(root, name, version, 'pack.lock')) };
}

async function digestOfLock(file: string): Promise<string> {
  try {
    return (await digestOf(file)).digest;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 'none';
    throw error;
  }
}

/** Whether the user trusts this pack as it is. @throws FileDamaged */
export async function isTrusted(state: string, pack: InstalledPack): Promise<boolean> {
  const packs = await readPacks(state);
  const key = keyOf(pack);
  return Object.hasOwn(packs, key) && packs[key] === pack.digest;
}

/** Remembers that the user trusts it; once its lock changes, that is over. @throws FileDamaged */
export async function rememberTrust(state: string, pack: InstalledPack): Promise<void> {
  const packs = { ...(await readPacks(state)), [keyOf(pack)]: pack.digest };
  const text = JSON.stringify({ apiVersion: 'kubelab/v1', packs }, undefined, 2);
  await writeFileAtomic(fileIn(state), `${text}\n`, { mode: 0o600 });
}

async function readPacks(state: string): Promise<Readonly<Record<string, string>>> {
  return (await readJson(fileIn(state), (value) => fileSchema.parse(value).packs)) ?? {};
}

function fileIn(state: string): string {
  return path.join(state, 'trusted-packs.json');
}

function keyOf({ name, version }: InstalledPack): string {
  return `${name}@${version}`;
}
