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

/** What machines are. The base box of a virtual machine has a kernel and what else only those need. */
export type MachineKind = 'container' | 'vm';

/** The base box that a name in the spec leads to. */
export async function resolveBaseBox(
  box: string,
  provision: string,
  specFolder: string,
  machine: MachineKind = 'container',
): Promise<BaseBox> {
  if (box === 'debian-12') {
    const lists = ['base-packages.txt', ...(machine === 'vm' ? ['vm-packages.txt'] : [])];
    const texts = await Promise.all(lists.map((list) => readFile(path.join(provision, list), 'utf8')));
    const packages = texts.flatMap((text) => text.split('\n')).filter((line) => line !== '');
    return { kind: 'built', name: box, suite: 'bookworm', packages };
  }
  const file = path.resolve(specFolder, box);
  return { kind: /\.tar(\.\w+)?$|\.tgz$/.test(file) ? 'tar' : 'tree', name: path.basename(file), path: file };
}

/**
 * The key of a base box in the cache.
 * @param setup what is done to it after it was unpacked, as `vmSetup` gives it; empty for nothing.
 */
export function baseBoxKey(box: BaseBox, setup = ''): string {
  const own = box.kind === 'built' ? [box.suite, ...box.packages] : box.kind === 'bundled' ? [box.key] : [box.kind, box.path];
  if (box.kind === 'bundled' && setup === '') return box.key;
  const parts = setup === '' ? own : [...own, setup];
  return `${box.name}-${createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12)}`;
}

/** The text of all that makes a plain system a virtual machine's: `run.sh vm` with what it reads. */
export async function vmSetup(provision: string): Promise<string> {
  const names = ['05-vm.sh', 'lib.sh', 'vm-packages.txt'];
  return (await Promise.all(names.map((name) => readFile(path.join(provision, name), 'utf8')))).join('');
}
