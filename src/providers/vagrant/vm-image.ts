import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { type BaseBox, baseBoxKey, vmSetup } from '../../artifacts/base-box.ts';
import { fileExists } from '../../exec/file-exists.ts';
import { fillWithBase, fillWithImage, fillWithVmSetup } from '../../artifacts/fill-tree.ts';
import { imageNote, nodeImageKey } from '../../artifacts/node-image.ts';
import { isObtained, type Lock, type Source } from '../../artifacts/source.ts';
import { writeFileAtomic } from '../../cluster/files.ts';
import type { NodeImageHome } from '../../cluster/up-context.ts';
import type { Runner } from '../../exec/runner.ts';
import { diskKey, type DiskShape, makeDisk } from './disk-image.ts';

/** A place for root file system trees that can be copied in no time. All changes in it are made by root. */
export interface TreeStore {
  readonly bases: string;
  readonly images: string;
  /** The names of what is in one of the two. */
  list(folder: string): Promise<readonly string[]>;
  create(target: string): Promise<void>;
  snapshot(from: string, target: string): Promise<void>;
  /** Removes a tree if it is there. */
  remove(target: string): Promise<void>;
  rename(from: string, target: string): Promise<void>;
}

export interface VmBaseSettings {
  /** What `resolveBaseBox` gives for virtual machines. */
  readonly base: BaseBox;
  /** The folder of provision/. */
  readonly provision: string;
  /** The user cache folder. */
  readonly cache: string;
  readonly shape: DiskShape;
}

export interface VmImageSettings extends VmBaseSettings {
  readonly install: 'binaries' | 'packages';
  readonly source: Source;
}

export interface VmImageContext {
  readonly root: Runner;
  readonly signal: AbortSignal;
  /** Open. */
  readonly store: TreeStore;
}

/** Plain systems as disks of virtual machines, made natively: no machine runs while they are made. */
export interface VmBaseHome extends Pick<NodeImageHome, 'hasBase' | 'makeBase'> {
  /** The tree. */
  readonly base: () => Promise<string>;
  readonly baseKey: () => Promise<string>;
  /** The disk of the plain system: a box as any other, whose machines install all on their own. */
  baseDisk(): Promise<string>;
  hasBaseDisk(): Promise<boolean>;
  makeBaseDisk(progress: (text: string) => void): Promise<void>;
}

/** Node images as disks of virtual machines, made natively, too. */
export interface VmImageHome extends NodeImageHome {
  /** The disk of the node image for a lock with every digest. */
  disk(lock: Lock): Promise<string>;
}

type Progress = (text: string) => void;

/** Where the disks of virtual machines are, whose names are their keys. @param cache the user cache folder. */
export function diskFolder(cache: string): string {
  return path.join(cache, 'disks');
}

export function vmBaseHome(settings: VmBaseSettings, context: VmImageContext): VmBaseHome {
  const { provision, cache, shape } = settings;
  const { store } = context;
  const baseKey = async (): Promise<string> => baseBoxKey(settings.base, await vmSetup(provision));
  const base = async (): Promise<string> => path.join(store.bases, await baseKey());
  const baseDisk = async (): Promise<string> => diskPath(cache, await diskKey(await baseKey(), shape));
  return {
    base,
    baseKey,
    baseDisk,
    hasBase: async () => (await store.list(store.bases)).includes(await baseKey()),
    makeBase: async (progress) => makeBase(await base(), settings, context, progress),
    hasBaseDisk: async () => fileExists(await baseDisk()),
    makeBaseDisk: async (progress) => writeDisk(await base(), await baseDisk(), settings, context, progress),
  };
}

export function vmImageHome(settings: VmImageSettings, context: VmImageContext): VmImageHome {
  const { provision, cache, shape } = settings;
  const { base, baseKey, hasBase, makeBase: make } = vmBaseHome(settings, context);
  const disk = async (lock: Lock): Promise<string> =>
    diskPath(cache, await diskKey(await nodeImageKey(await baseKey(), lock, provision), shape));
  return {
    disk,
    hasBase,
    makeBase: make,
    hasImage: async (lock) => isObtained(lock) && fileExists(await disk(lock)),
    makeImage: async (lock, progress) => makeImage(lock, await base(), await disk(lock), settings, context, progress),
  };
}

function diskPath(cache: string, key: string): string {
  return path.join(diskFolder(cache), `${key}.qcow2`);
}

/** A base box appears under its name only when it is whole. */
async function makeBase(target: string, settings: VmBaseSettings, context: VmImageContext, progress: Progress): Promise<void> {
  const { provision, cache, base } = settings;
  const { store } = context;
  const partial = `${target}.part`;
  // The same place each time, so that nothing adds up where runs are cut off.
  const work = path.join(cache, `artifacts-${path.basename(target)}`);
  await store.remove(partial);
  await store.create(partial);
  await fillWithBase(base, partial, { ...context, progress });
  await fillWithVmSetup(partial, { provision, work }, { ...context, progress });
  await store.rename(partial, target);
}

async function makeImage(
  lock: Lock,
  base: string,
  disk: string,
  settings: VmImageSettings,
  context: VmImageContext,
  progress: Progress,
): Promise<void> {
  const { provision, cache, source, install } = settings;
  const { store } = context;
  const key = path.basename(disk, '.qcow2');
  // The tree has done its work once it is on the disk, so it never gets a name of its own.
  const tree = path.join(store.images, `${key}.part`);
  const work = path.join(cache, `artifacts-${key}`);
  await store.remove(tree);
  await store.snapshot(base, tree);
  try {
    await fillWithImage(tree, { lock, source, install, provision, work }, { ...context, progress });
    await writeDisk(tree, disk, settings, context, progress);
  } finally {
    await store.remove(tree);
  }
  const note = imageNote(cache, key);
  await mkdir(path.dirname(note), { recursive: true });
  await writeFileAtomic(note, `${JSON.stringify(lock)}\n`);
}

async function writeDisk(
  tree: string,
  disk: string,
  { shape }: VmBaseSettings,
  context: VmImageContext,
  progress: Progress,
): Promise<void> {
  progress('making the disk');
  await mkdir(path.dirname(disk), { recursive: true });
  await makeDisk(tree, disk, shape, context);
}
