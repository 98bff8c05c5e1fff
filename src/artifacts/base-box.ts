import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** A plain operating system to start from. */
export type BaseBox =
  | { readonly kind: 'built'; readonly name: 'debian-12'; readonly suite: 'bookworm'; readonly packages: readonly string[] }
  /** A root file system that the user has: a folder, or a tar of one. */
  | { readonly kind: 'tree' | 'tar'; readonly name: string; readonly path: string }
  /** A root file system in a bundle, with a key that says which; `unpack` gives the tar of it. */
  | { readonly kind: 'bundled'; readonly name: string; readonly key: string; readonly unpack: () => Promise<string> };

/** The base box that a name in the spec leads to. */
export async function resolveBaseBox(box: string, provision: string, specFolder: string): Promise<BaseBox> {
  if (box === 'debian-12') {
    const text = await readFile(path.join(provision, 'base-packages.txt'), 'utf8');
    return { kind: 'built', name: box, suite: 'bookworm', packages: text.split('\n').filter((line) => line !== '') };
  }
  const file = path.resolve(specFolder, box);
  return { kind: /\.tar(\.\w+)?$|\.tgz$/.test(file) ? 'tar' : 'tree', name: path.basename(file), path: file };
}

/** The key of a base box in the cache. */
export function baseBoxKey(box: BaseBox): string {
  if (box.kind === 'bundled') return box.key;
  const parts = box.kind === 'built' ? [box.suite, ...box.packages] : [box.kind, box.path];
  return `${box.name}-${createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12)}`;
}
