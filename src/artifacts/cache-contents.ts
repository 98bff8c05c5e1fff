import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { openStore } from './store.ts';

/** Something in the cache that can be removed as one. */
export interface CachedFile {
  /**
   * `archive`: downloaded, or unpacked from a bundle. `program`: a folder of programs built from one Go module.
   * `image`, `layer`: made from those. `disk`: a node image as the disk of a virtual machine. `leftover`: of a run that
   * was cut off.
   */
  readonly kind: 'archive' | 'program' | 'image' | 'layer' | 'disk' | 'leftover';
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly lastUse: Date;
}

/** Everything in the cache folder but what a provider keeps there, sorted by kind and name. */
export async function listCachedFiles(cache: string): Promise<readonly CachedFile[]> {
  const builds = path.join(cache, 'go');
  const lists = await Promise.all([
    listArchives(cache),
    listIn(builds, 'program', (name) => /-v\d/.test(name)),
    listIn(path.join(builds, 'images'), 'image', isWhole),
    listIn(path.join(builds, 'layers'), 'layer', isWhole),
    listIn(path.join(cache, 'disks'), 'disk', (name) => name.endsWith('.qcow2')),
    listIn(path.join(cache, 'disks'), 'leftover', (name) => !name.endsWith('.qcow2')),
    listIn(cache, 'leftover', (name) => /^(artifacts|bundle)-/.test(name)),
    listIn(path.join(cache, 'store', 'partial'), 'leftover', () => true),
    listIn(path.join(builds, 'images'), 'leftover', (name) => !isWhole(name)),
    listIn(path.join(builds, 'layers'), 'leftover', (name) => !isWhole(name)),
  ]);
  return lists.flat();
}

async function listArchives(cache: string): Promise<CachedFile[]> {
  const store = openStore(cache);
  const entries = await store.list();
  return entries.map(({ digest, bytes, lastUse }) => ({
    kind: 'archive',
    name: digest,
    path: store.pathOf(digest),
    bytes,
    lastUse,
  }));
}

function isWhole(name: string): boolean {
  return name.endsWith('.tar') && !name.startsWith('.part') && !name.endsWith('.layer.tar');
}

async function listIn(folder: string, kind: CachedFile['kind'], choose: (name: string) => boolean): Promise<CachedFile[]> {
  const names = (await readdir(folder).catch(() => [])).filter(choose).toSorted();
  return Promise.all(
    names.map(async (name) => ({ kind, name, path: path.join(folder, name), ...(await measure(path.join(folder, name))) })),
  );
}

/** The size of all files in a tree, and when the newest of them was written. What goes while it is looked at counts as nothing. */
async function measure(place: string): Promise<{ readonly bytes: number; readonly lastUse: Date }> {
  const below = await readdir(place, { recursive: true }).catch(() => [] as string[]);
  const found = await Promise.all(['', ...below].map((name) => stat(path.join(place, name)).catch(() => undefined)));
  const files = found.filter((entry) => entry?.isFile() === true);
  const newest = Math.max(0, ...found.map((entry) => entry?.mtimeMs ?? 0));
  return { bytes: files.reduce((sum, entry) => sum + (entry?.size ?? 0), 0), lastUse: new Date(newest) };
}
