import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { Header } from 'tar';
import { makeLock, renderLock } from '../../../src/labs/pack/pack-lock.ts';
import { packFiles } from './sample-pack.ts';

/** An entry of a tar, as an attacker may write it. */
export interface Forged {
  readonly path: string;
  readonly content?: string | Uint8Array;
  /** The letter that tar has for the kind; default: a regular file. */
  readonly type?: string;
  readonly link?: string;
  readonly mode?: number;
  /** What the header says, where that is not what the content is; as text, the field as it stands. */
  readonly size?: number | string;
}

/** A tar with any headers, right or wrong, and its end. */
export function forgeTar(entries: readonly Forged[]): Buffer {
  return Buffer.concat([...entries.flatMap(forgeEntry), Buffer.alloc(1024)]);
}

function forgeEntry({ path, content = '', type = '0', link = '', mode = 0o644, size }: Forged): Buffer[] {
  const bytes = Buffer.from(content);
  const block = Buffer.alloc(512);
  const number = typeof size === 'number' ? size : bytes.byteLength;
  new Header({ path: 'x', mode, uid: 0, gid: 0, size: number, mtime: new Date(0), type: 'File' }).encode(block);
  if (typeof size === 'string') block.fill(0, 124, 136).write(size, 124, 12, 'latin1');
  block.fill(0, 0, 100);
  block.write(path, 0, 100);
  block.write(type, 156, 1, 'latin1');
  block.write(link, 157, 100);
  block.write('        ', 148, 8);
  const sum = block.reduce((all, byte) => all + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8);
  return [block, bytes, Buffer.alloc((512 - (bytes.byteLength % 512)) % 512)];
}

export type Files = Readonly<Record<string, string | Uint8Array | undefined>>;

/** The entries of a sound pack with files changed or added, and a lock of just these. */
export function forgeEntries(changes: Files = {}, lockChanges: Readonly<Record<string, unknown>> = {}): Forged[] {
  const files = Object.entries({ ...packFiles, ...changes }).flatMap(([path, content]) =>
    content === undefined ? [] : [[path, Buffer.from(content)] as const],
  );
  const lock = makeLock({ name: 'class', version: '1.0.0' }, { build: 'instructor', kubelab: '0.0.0' }, new Map(files));
  const text = renderLock({ ...lock, ...lockChanges });
  return [...files.map(([path, content]) => ({ path, content })), { path: 'pack.lock', content: text }];
}

/** The archive of a sound pack with more entries. */
export function forgeArchive(more: readonly Forged[], changes: Files = {}): Buffer {
  return gzipSync(forgeTar([...forgeEntries(changes), ...more]));
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
