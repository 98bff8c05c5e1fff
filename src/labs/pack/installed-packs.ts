import { readdir, realpath, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import semver from 'semver';
import { nearest } from '../../cluster/near-miss.ts';
import { showText } from '../../cluster/yaml-document.ts';
import { KubelabError } from '../../errors/errors.ts';
import { type Attempt, attemptsFolder, listAttempts } from '../attempt/attempt.ts';
import { labId } from '../lab-fields.ts';
import { packsFolder, removeEmpty, withStaging } from './staging.ts';

/** A version of a pack that is installed. */
export interface InstalledVersion {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
}

/**
 * The versions that `NAME` or `NAME@VERSION` means, the newest first.
 * @throws KubelabError `KL-PACK-UNKNOWN`
 */
export async function findInstalled(state: string, asked: string): Promise<InstalledVersion[]> {
  const [name = '', version] = asked.split('@', 2);
  const known = await listInstalled(state);
  const found = known.filter((pack) => pack.name === name && (version === undefined || pack.version === version));
  if (found.length > 0 && labId().safeParse(name).success) return found;
  const near = nearest(name, [...new Set(known.map((pack) => pack.name))]);
  const others = known.filter((pack) => pack.name === name).map((pack) => pack.version);
  throw new KubelabError('KL-PACK-UNKNOWN', `No pack ${showText(asked)} is installed.`, {
    details: [
      ...(others.length === 0 ? [] : [`installed: ${others.join(', ')}`]),
      ...(near === undefined || near === name ? [] : [`Did you mean ${near}?`]),
    ],
  });
}

async function listInstalled(state: string): Promise<InstalledVersion[]> {
  const root = packsFolder(state);
  const found: InstalledVersion[] = [];
  for (const name of await listNames(root)) {
    const versions = (await listNames(path.join(root, name))).filter((version) => semver.valid(version) !== null);
    found.push(...semver.rsort(versions).map((version) => ({ name, version, folder: path.join(root, name, version) })));
  }
  return found;
}

async function listNames(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => !name.startsWith('.')).toSorted();
}

/** Attempts of labs of these packs that have not been finished, on every cluster that this user has. */
export async function findAttempts(state: string, packs: readonly InstalledVersion[]): Promise<Attempt[]> {
  const clusters = await listNames(attemptsFolder(state, ''));
  const attempts = await Promise.all(clusters.map((cluster) => listAttempts(attemptsFolder(state, cluster))));
  // As attempts have them: without links.
  const folders = await Promise.all(packs.map((pack) => realpath(pack.folder)));
  const isOfPack = (attempt: Attempt): boolean => folders.some((folder) => attempt.folder.startsWith(folder + path.sep));
  return attempts.flat().filter((attempt) => attempt.finishedAt === undefined && isOfPack(attempt));
}

/** Removes a version of a pack: at once for whoever looks for labs, however long deleting takes. */
export async function removeInstalled(state: string, pack: InstalledVersion): Promise<void> {
  const packs = packsFolder(state);
  await withStaging(packs, async (staging) => {
    await rename(pack.folder, path.join(staging, 'removed'));
    await rm(path.join(staging, 'removed'), { recursive: true, force: true });
  });
  await removeEmpty(path.dirname(pack.folder), packs);
}
