import type { CachedFile } from '../artifacts/cache-contents.ts';

/** Something in the cache that can be removed as one. */
export interface CacheItem {
  readonly kind: CachedFile['kind'] | 'base' | 'image-tree' | 'vm-box' | 'box-volume';
  readonly name: string;
  readonly path: string;
  /** What it is in a node image, where a node image that is there was made from it. */
  readonly part?: string;
  /** That go when it goes, before compression. */
  readonly bytes: number;
  readonly lastUse: Date;
  /** The clusters of this host whose machines were made from it. */
  readonly usedBy: readonly string[];
  /** Those machines are no copies of their own: they can not do without it. */
  readonly needed?: boolean;
}

export interface PruneChoice {
  /** Keep what was used in this many days; default: by use alone. */
  readonly days?: number;
  /** Also what clusters use. */
  readonly all: boolean;
  readonly now: Date;
}

/** Another run may be about to use what is this new, in milliseconds. */
const justNow = 10 * 60_000;

/** What of the cache may go: what no cluster of this host was made from, and nobody is using right now. */
export function choosePrunable(items: readonly CacheItem[], { days, all, now }: PruneChoice): readonly CacheItem[] {
  const age = (item: CacheItem): number => now.getTime() - item.lastUse.getTime();
  const isOld = (item: CacheItem): boolean => age(item) >= Math.max(justNow, (days ?? 0) * 24 * 60 * 60_000);
  return items.filter((item) => item.needed !== true && (all || (item.usedBy.length === 0 && isOld(item))));
}

/** Whether a kind is one of boxes: what machines or node images are made from. */
export function isBox(kind: CacheItem['kind']): boolean {
  return kind === 'base' || kind === 'vm-box' || kind === 'box-volume';
}

/** The words for a kind. */
export const kindNames: Readonly<Record<CacheItem['kind'], string>> = {
  base: 'base box',
  'image-tree': 'node image',
  'vm-box': 'box of Vagrant',
  'box-volume': 'volume of libvirt',
  archive: 'file by digest',
  program: 'Go programs',
  image: 'image archive',
  layer: 'image layer',
  disk: 'node image disk',
  leftover: 'leftover',
};
