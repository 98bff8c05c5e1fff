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

/** The entry that holds a file. */
export function contentPath(digest: string): string {
  return `contents/${digest.replace('sha256:', '')}.gz`;
}

/** Every entry that a bundle has, in order. */
export function listEntryPaths(info: BundleInfo): string[] {
  return [infoPath, ...listContents(info).map(({ digest }) => contentPath(digest)), sumsPath];
}
