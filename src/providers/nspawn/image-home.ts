import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { type BaseBox, baseBoxKey } from '../../artifacts/base-box.ts';
import { fillWithBase, fillWithImage } from '../../artifacts/fill-tree.ts';
import { imageNote, nodeImageKey } from '../../artifacts/node-image.ts';
import { isObtained, type Lock, type Source } from '../../artifacts/source.ts';
import { writeFileAtomic } from '../../cluster/files.ts';
import type { NodeImageHome } from '../../cluster/up-context.ts';
import type { Runner } from '../../exec/runner.ts';
import type { SubvolumeStore } from './store.ts';

export interface ImageHomeSettings {
  readonly base: BaseBox;
  readonly install: 'binaries' | 'packages';
  /** The folder of provision/. */
  readonly provision: string;
  /** The user cache folder. */
  readonly cache: string;
  readonly source: Source;
}

export interface ImageHomeContext {
  readonly root: Runner;
  readonly signal: AbortSignal;
  readonly store: SubvolumeStore;
}

/** Base boxes and node images as btrfs subvolumes, made natively: no machine runs while they are made. */
export interface SubvolumeImageHome extends NodeImageHome {
  /** The subvolume of the node image for a lock with every digest. */
  image(lock: Lock): Promise<string>;
  readonly base: SubvolumeBase;
}

/** A base box as a btrfs subvolume. */
export interface SubvolumeBase {
  readonly key: string;
  readonly path: string;
  has(): Promise<boolean>;
  make(progress: (text: string) => void): Promise<void>;
}

export function subvolumeBase(base: BaseBox, context: ImageHomeContext): SubvolumeBase {
  const { store } = context;
  const key = baseBoxKey(base);
  const target = path.join(store.bases, key);
  return {
    key,
    path: target,
    has: async () => (await store.list(store.bases)).includes(key),
    make: (progress) => makeWhole(target, context, (tree) => fillWithBase(base, tree, { ...context, progress })),
  };
}

/** Makes a base box unless it is there, as it may be since somebody looked. */
export async function makeMissing(base: SubvolumeBase, progress: (text: string) => void): Promise<void> {
  if (!(await base.has())) await base.make(progress);
}

export function subvolumeImageHome(settings: ImageHomeSettings, context: ImageHomeContext): SubvolumeImageHome {
  const { store } = context;
  const base = subvolumeBase(settings.base, context);
  const image = async (lock: Lock): Promise<string> =>
    path.join(store.images, await nodeImageKey(base.key, lock, settings.provision));
  return {
    base,
    image,
    hasBase: base.has,
    hasImage: async (lock) => {
      if (!isObtained(lock)) return false;
      return (await store.list(store.images)).includes(path.basename(await image(lock)));
    },
    makeBase: base.make,
    makeImage: async (lock, progress) => {
      const target = await image(lock);
      await makeImage(lock, target, base.path, settings, context, progress);
      await noteImage(settings.cache, path.basename(target), lock);
    },
  };
}

async function noteImage(cache: string, key: string, lock: Lock): Promise<void> {
  const note = imageNote(cache, key);
  await mkdir(path.dirname(note), { recursive: true });
  await writeFileAtomic(note, `${JSON.stringify(lock)}\n`);
}

/** Makes a subvolume that appears under its name only when it is whole. */
async function makeWhole(
  target: string,
  { store }: ImageHomeContext,
  fill: (tree: string) => Promise<void>,
  from?: string,
): Promise<void> {
  const partial = `${target}.part`;
  await store.remove(partial);
  await (from === undefined ? store.create(partial) : store.snapshot(from, partial));
  await fill(partial);
  await store.rename(partial, target);
}

async function makeImage(
  lock: Lock,
  target: string,
  basePath: string,
  settings: ImageHomeSettings,
  context: ImageHomeContext,
  progress: (text: string) => void,
): Promise<void> {
  const { source, install, provision, cache } = settings;
  // The same place each time, so that nothing adds up where runs are cut off.
  const work = path.join(cache, `artifacts-${path.basename(target)}`);
  const fill = (tree: string): Promise<void> =>
    fillWithImage(tree, { lock, source, install, provision, work }, { ...context, progress });
  await makeWhole(target, context, fill, basePath);
}
