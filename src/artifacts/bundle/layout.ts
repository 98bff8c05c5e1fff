import { Header } from 'tar';
import { type BundleInfo, listContents } from './info.ts';

/**
 * A bundle is a plain tar of regular files, in this order:
 * - `bundle.json` what it holds;
 * - `contents/HEX.gz` each file once, by the SHA-256 of what it unpacks to;
 * - `SHA256SUMS` the digest of each entry before it, as `sha256sum --check` reads it.
 *
 * The tar itself is not compressed, so that one entry is found and read without the others.
 */
export const infoPath = 'bundle.json';
export const sumsPath = 'SHA256SUMS';

/** The unit that a tar is written in, in bytes. */
export const blockBytes = 512;

/** The entry that holds a file. */
export function contentPath(digest: string): string {
  return `contents/${digest.replace('sha256:', '')}.gz`;
}

/** Every entry that a bundle has, in order. */
export function listEntryPaths(info: BundleInfo): string[] {
  return [infoPath, ...listContents(info).map(({ digest }) => contentPath(digest)), sumsPath];
}

/** The one header that an entry of this path and size has. @throws RangeError when there is none. */
export function encodeHeader(path: string, bytes: number): Buffer {
  const header = new Header({ path, mode: 0o644, uid: 0, gid: 0, size: bytes, mtime: new Date(0), type: 'File' });
  const block = Buffer.alloc(blockBytes);
  if (header.encode(block)) throw new RangeError(`${JSON.stringify(path)} does not fit a tar header`);
  return block;
}

/** How many zero bytes follow a content of this size. */
export function paddingAfter(bytes: number): number {
  return (blockBytes - (bytes % blockBytes)) % blockBytes;
}
