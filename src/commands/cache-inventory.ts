import { rm } from 'node:fs/promises';
import path from 'node:path';
import { type CachedFile, listCachedFiles } from '../artifacts/cache-contents.ts';
import { locateCachedFile } from '../artifacts/cached-file.ts';
import { locateParts } from '../artifacts/go/footprint.ts';
import { resolveRoles } from '../artifacts/go/resolve.ts';
import { imageNote } from '../artifacts/node-image.ts';
import type { Lock } from '../artifacts/source.ts';
import { readBareLock } from '../cluster/lock-file.ts';
import { imageRoles } from '../labs/lab.ts';
import { asRoot } from '../exec/root.ts';
import { listSubvolumes, type Subvolume } from '../providers/nspawn/store-inventory.ts';
import { locateStore, openSubvolumeStore, type SubvolumeStore } from '../providers/nspawn/store.ts';
import { listBoxItems, removeBoxItems } from './cache-boxes.ts';
import type { CacheItem } from './cache-item.ts';
import type { Context } from './context.ts';

/** Everything in the cache that can be removed, with the clusters of this host that were made from it. */
export async function takeInventory(context: Context): Promise<readonly CacheItem[]> {
  const { cache } = context.folders;
  const root = asRoot(context.runner, context.userId);
  const subvolumes = await listSubvolumes({ cache, root, signal: context.signal }, 'sizes');
  const trees = subvolumes.filter(({ kind }) => kind !== 'machine').map((tree) => describeTree(tree, subvolumes, cache));
  const files = await listCachedFiles(cache);
  const notes = await readNotes(context, trees);
  return [...trees, ...(await listBoxItems(context)), ...files.map((file) => describeFile(file, notes))];
}

/** A base box or a node image, with the clusters that have machines copied from it or from its images. */
function describeTree(tree: Subvolume, all: readonly Subvolume[], cache: string): CacheItem {
  const copies = all.filter(({ parent }) => parent === tree.uuid);
  const machines = [...copies, ...all.filter(({ parent }) => copies.some(({ uuid }) => uuid === parent))].filter(
    ({ kind }) => kind === 'machine',
  );
  const clusters = new Set(machines.map(({ name }) => name.split('/')[0] ?? name));
  const part = tree.name.endsWith('.part');
  return {
    kind: part ? 'leftover' : tree.kind === 'base' ? 'base' : 'image-tree',
    name: tree.name,
    path: path.join(locateStore(cache).folder, tree.kind === 'base' ? 'bases' : 'images', tree.name),
    // A base box shares all that it is with its node images, which count the rest.
    bytes: tree.kind === 'base' ? tree.bytes : tree.ownBytes,
    lastUse: tree.lastUse,
    usedBy: [...clusters].toSorted(),
  };
}

/** What the notes of the node images say about the files of the cache. */
interface Notes {
  /** What a file is in a node image, such as `bin/kubeadm`. */
  readonly parts: ReadonlyMap<string, string>;
  readonly users: ReadonlyMap<string, ReadonlySet<string>>;
  /** Clusters of a node image without a note, which may be made from anything. */
  readonly everywhere: ReadonlySet<string>;
}

async function readNotes(context: Context, trees: readonly CacheItem[]): Promise<Notes> {
  const notes = { parts: new Map<string, string>(), users: new Map<string, Set<string>>(), everywhere: new Set<string>() };
  for (const { name, usedBy } of trees.filter(({ kind }) => kind === 'image-tree')) {
    const lock = await readBareLock(imageNote(context.folders.cache, name)).catch(() => undefined);
    if (lock === undefined) for (const cluster of usedBy) notes.everywhere.add(cluster);
    for (const [file, part] of lock === undefined ? [] : locateAll(context, lock)) {
      notes.parts.set(file, part);
      for (const cluster of usedBy) notes.users.set(file, (notes.users.get(file) ?? new Set()).add(cluster));
    }
  }
  return notes;
}

/** Every file that a lock leads to, with what it is there: what labs on its cluster may need on another node, too. */
function locateAll(context: Context, bare: Lock): [file: string, part: string][] {
  const labs = bare.source === 'go' ? resolveRoles(bare, Object.keys(imageRoles)).artifacts : [];
  const lock = { ...bare, artifacts: [...bare.artifacts, ...labs] };
  const { runner, signal, events, folders } = context;
  const source = { runner, signal, events, cache: folders.cache };
  const files = lock.artifacts.flatMap((artifact): [string, string][] => {
    const file = locateCachedFile(source, lock, artifact);
    return file === undefined ? [] : [[file, `${artifact.path} ${artifact.version}`]];
  });
  return lock.source === 'go'
    ? [...files, ...locateParts(folders.cache, lock).map((file): [string, string] => [file, ''])]
    : files;
}

function describeFile(file: CachedFile, { parts, users, everywhere }: Notes): CacheItem {
  const usedBy = file.kind === 'leftover' ? [] : [...new Set([...(users.get(file.path) ?? []), ...everywhere])].toSorted();
  const part = parts.get(file.path) ?? '';
  return { ...file, ...(part === '' ? {} : { part }), usedBy };
}

/** Removes items; what a provider keeps goes by its own tools. */
export async function removeItems(context: Context, items: readonly CacheItem[]): Promise<void> {
  const { cache } = context.folders;
  const store = openSubvolumeStore({ cache, root: asRoot(context.runner, context.userId), signal: context.signal });
  const trees = items.filter((item) => item.path.startsWith(`${locateStore(cache).folder}${path.sep}`));
  if (trees.length > 0) await removeTrees(store, trees, cache);
  const boxes = items.filter(({ kind }) => kind === 'vm-box' || kind === 'box-volume');
  await removeBoxItems(context, boxes);
  for (const item of items.filter((candidate) => !trees.includes(candidate) && !boxes.includes(candidate))) {
    context.events({ type: 'progress', id: 'remove', text: item.name });
    await rm(item.path, { recursive: true, force: true });
  }
}

async function removeTrees(store: SubvolumeStore, trees: readonly CacheItem[], cache: string): Promise<void> {
  const mounted = await store.open();
  for (const tree of trees) {
    await store.remove(tree.path);
    await rm(imageNote(cache, tree.name), { force: true });
  }
  if (mounted) await store.close();
}
