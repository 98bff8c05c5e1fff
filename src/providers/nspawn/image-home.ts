import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BaseBox, baseBoxKey } from '../../artifacts/base-box.ts';
import { imageEnv, layOutArtifacts, nodeImageKey } from '../../artifacts/node-image.ts';
import type { Lock, Source } from '../../artifacts/source.ts';
import { writeFileAtomic } from '../../cluster/files.ts';
import type { NodeImageHome } from '../../cluster/up-context.ts';
import type { Command, Runner } from '../../exec/runner.ts';
import type { SubvolumeStore } from './store.ts';

const minute = 60_000;

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

/** Where it is noted which artifacts a node image was made from. @param cache the user cache folder. */
export function imageNote(cache: string, key: string): string {
  return path.join(cache, 'node-images', `${key}.json`);
}

const fillScript = fileURLToPath(new URL('../../../../src/artifacts/fill-tree.sh', import.meta.url));

export function subvolumeBase(base: BaseBox, context: ImageHomeContext): SubvolumeBase {
  const { store } = context;
  const key = baseBoxKey(base);
  const target = path.join(store.bases, key);
  return {
    key,
    path: target,
    has: async () => (await store.list(store.bases)).includes(key),
    make: (progress) => makeWhole(target, context, (tree) => fillBase(base, tree, context, progress)),
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
      if (lock.artifacts.some((artifact) => artifact.digest === undefined)) return false;
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

async function fillBase(base: BaseBox, tree: string, context: ImageHomeContext, progress: (text: string) => void): Promise<void> {
  const command = await fillCommand(base, tree);
  await context.root.run(command, {
    timeout: 60 * minute,
    signal: context.signal,
    onLine: (line) => progress(line.replace(/^I: /, '').slice(0, 120)),
  });
}

async function fillCommand(base: BaseBox, tree: string): Promise<Command> {
  switch (base.kind) {
    case 'built':
      return [
        'mmdebstrap',
        '--variant=minbase',
        `--include=${base.packages.join(',')}`,
        '--aptopt=APT::Install-Recommends "false"',
        base.suite,
        tree,
      ];
    case 'tar':
      return unpackCommand(base.path, tree);
    case 'bundled':
      return unpackCommand(await base.unpack(), tree);
    case 'tree':
      return ['cp', '-a', `${base.path}/.`, tree];
  }
}

/** With every extended attribute: file capabilities are among them, and tar leaves them out unless told. */
function unpackCommand(file: string, tree: string): Command {
  return ['tar', '--extract', '--numeric-owner', '--xattrs', '--xattrs-include=*', '--directory', tree, '--file', file];
}

/** The command that packs a base box so that `unpackCommand` gives it back. The same tree gives the same bytes. */
export function packCommand(tree: string, file: string): Command {
  return [
    'tar',
    '--create',
    '--numeric-owner',
    '--sort=name',
    '--xattrs',
    '--xattrs-include=*',
    '--directory',
    tree,
    '--file',
    file,
    '.',
  ];
}

async function makeImage(
  lock: Lock,
  target: string,
  basePath: string,
  settings: ImageHomeSettings,
  context: ImageHomeContext,
  progress: (text: string) => void,
): Promise<void> {
  // The same place each time, so that nothing adds up where runs are cut off.
  const work = path.join(settings.cache, `artifacts-${path.basename(target)}`);
  await mkdir(work, { recursive: true });
  try {
    const artifacts = path.join(work, 'artifacts');
    const env = path.join(work, 'env');
    await layOutArtifacts(lock, settings.source, artifacts);
    await writeFile(env, imageEnv(lock, settings.install), { mode: 0o600 });
    const fill = (tree: string): Promise<void> =>
      context.root
        .run(['sh', fillScript, tree, settings.provision, env, artifacts], {
          timeout: 30 * minute,
          signal: context.signal,
          onLine: (line) => progress(line.slice(0, 120)),
        })
        .then(() => undefined);
    await makeWhole(target, context, fill, basePath);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
