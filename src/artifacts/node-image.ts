import { createHash } from 'node:crypto';
import { copyFile, link, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { renderEnv } from '../templates/env-file.ts';
import type { Artifact, Lock, Source } from './source.ts';

/** The scripts that make a node image, and what they read; everything after them runs on each node. */
export const imageScripts =
  /^(lib\.sh|(?:base|plain)-packages(?:-rpm)?\.txt|run\.sh|crictl\.sh|machine-boot\.sh|network-.*\.sh|[1-4]\d-.*\.sh)$/;

/**
 * The key of a node image: a hash of all that goes in, so that two plans that want the same share one and a change
 * anywhere makes a new one.
 * @param lock with every digest filled in.
 */
export async function nodeImageKey(base: string, lock: Lock, provision: string): Promise<string> {
  const bare = lock.artifacts.find(({ digest }) => digest === undefined);
  if (bare !== undefined) throw new Error(`${bare.path} has no digest yet`);
  return hashImage(base, lock, provision, ({ path: place, digest, image }) => `${place} ${digest} ${image ?? ''}`);
}

/**
 * The key of what a node image is to be made from, as far as that is known before anything was obtained: versions and
 * where they come from instead of digests. It is the same before and after.
 */
export function nodeRecipeKey(base: string, lock: Lock, provision: string): Promise<string> {
  return hashImage(
    base,
    lock,
    provision,
    ({ path: place, version, from, image }) => `${place} ${version} ${from} ${image ?? ''}`,
  );
}

async function hashImage(base: string, lock: Lock, provision: string, describe: (artifact: Artifact) => string): Promise<string> {
  const hash = createHash('sha256');
  hash.update(`${base}\n`);
  for (const artifact of lock.artifacts) hash.update(`${describe(artifact)}\n`);
  hash.update(`${lock.images['pause'] ?? ''}\n`);
  for (const name of (await readdir(provision)).filter((file) => imageScripts.test(file)).toSorted())
    hash.update(`${name}\n`).update(await readFile(path.join(provision, name)));
  return `${lock.kubernetes}-${hash.digest('hex').slice(0, 16)}`;
}

/** Where it is noted which artifacts a node image was made from. @param cache the user cache folder. */
export function imageNote(cache: string, key: string): string {
  return path.join(cache, 'node-images', `${key}.json`);
}

/** The env file of the scripts that make the image. */
export function imageEnv(lock: Lock, install: 'binaries' | 'packages'): string {
  return renderEnv({
    KUBELAB_ROLE: 'image',
    KUBELAB_NAME: 'image',
    KUBELAB_KUBERNETES: lock.kubernetes,
    KUBELAB_CONTAINERD: lock.containerd,
    KUBELAB_INSTALL: install,
    KUBELAB_PAUSE_IMAGE: lock.images['pause'] ?? '',
  });
}

/** Lays out the artifacts folder that the scripts read, by hard links where the file system allows. */
export async function layOutArtifacts(lock: Lock, source: Source, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  for (const artifact of lock.artifacts) {
    const place = path.join(folder, artifact.path);
    await mkdir(path.dirname(place), { recursive: true });
    const file = source.file(artifact);
    await link(file, place).catch(() => copyFile(file, place));
    if (artifact.image !== undefined) await writeFile(`${place}.ref`, `${artifact.image}\n`);
  }
}
