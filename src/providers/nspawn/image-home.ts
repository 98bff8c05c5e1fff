import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BaseBox, baseBoxKey } from '../../artifacts/base-box.ts';
import { imageEnv, layOutArtifacts, nodeImageKey } from '../../artifacts/node-image.ts';
import type { Lock, Source } from '../../artifacts/source.ts';
import type { NodeImageHome } from '../../cluster/up-steps.ts';
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
  readonly basePath: string;
}

const fillScript = fileURLToPath(new URL('../../../../src/artifacts/fill-tree.sh', import.meta.url));

export function subvolumeImageHome(settings: ImageHomeSettings, context: ImageHomeContext): SubvolumeImageHome {
  const { store } = context;
  const baseKey = baseBoxKey(settings.base);
  const basePath = path.join(store.bases, baseKey);
  const image = async (lock: Lock): Promise<string> => path.join(store.images, await nodeImageKey(baseKey, lock, settings.provision));
  return {
    basePath,
    image,
    hasBase: async () => (await store.list(store.bases)).includes(baseKey),
    hasImage: async (lock) => {
      if (lock.artifacts.some((artifact) => artifact.digest === undefined)) return false;
      return (await store.list(store.images)).includes(path.basename(await image(lock)));
    },
    makeBase: (progress) => makeWhole(basePath, context, (tree) => fillBase(settings.base, tree, context, progress)),
    makeImage: async (lock, progress) => makeImage(lock, await image(lock), basePath, settings, context, progress),
  };
}

/** Makes a subvolume that appears under its name only when it is whole. */
async function makeWhole(target: string, { store }: ImageHomeContext, fill: (tree: string) => Promise<void>, from?: string): Promise<void> {
  const partial = `${target}.part`;
  await store.remove(partial);
  await (from === undefined ? store.create(partial) : store.snapshot(from, partial));
  await fill(partial);
  await store.rename(partial, target);
}

async function fillBase(base: BaseBox, tree: string, context: ImageHomeContext, progress: (text: string) => void): Promise<void> {
  const command = ((): Command => {
    switch (base.kind) {
      case 'built':
        return ['mmdebstrap', '--variant=minbase', `--include=${base.packages.join(',')}`, '--aptopt=APT::Install-Recommends "false"', base.suite, tree];
      case 'tar':
        return ['tar', '--extract', '--numeric-owner', '--xattrs', '--directory', tree, '--file', base.path];
      case 'tree':
        return ['cp', '-a', `${base.path}/.`, tree];
    }
  })();
  await context.root.run(command, { timeout: 60 * minute, signal: context.signal, onLine: (line) => progress(line.replace(/^I: /, '').slice(0, 120)) });
}

async function makeImage(
  lock: Lock,
  target: string,
  basePath: string,
  settings: ImageHomeSettings,
  context: ImageHomeContext,
  progress: (text: string) => void,
): Promise<void> {
  const work = await mkdtemp(path.join(settings.cache, 'artifacts-'));
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
