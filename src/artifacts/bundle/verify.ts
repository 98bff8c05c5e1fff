import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { mapParallel } from '../parallel.ts';
import { type BundleInfo, type Content, listContents, totalBytes } from './info.ts';
import { contentPath } from './layout.ts';
import { inspectBundle, type Inspection, withBundleFile } from './open.ts';
import { type BundleProgress, countProgress } from './progress.ts';
import { refuseBundle } from './refuse.ts';
import type { Entry } from './scan.ts';
import { ContentDamaged, unpackEntry } from './unpack.ts';

export interface VerifiedBundle {
  readonly info: BundleInfo;
  /** The size of the bundle, and of all that it holds once unpacked. */
  readonly bytes: number;
  readonly unpackedBytes: number;
  /** How many files it holds. */
  readonly files: number;
}

export interface VerifyOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: BundleProgress) => void;
}

/** Unpacking and hashing share a core; more at once than this gains nothing. */
const contentsAtOnce = 4;

/**
 * Reads all of a bundle and makes sure of every byte: that each entry is there with its digest and size, and nothing else.
 * @throws KubelabError `KL-BUNDLE-INVALID` with all that is wrong.
 * @throws Interrupted when the signal was aborted.
 */
export async function verifyBundle(file: string, options: VerifyOptions): Promise<VerifiedBundle> {
  return withBundleFile(file, async (handle) => {
    const inspection = await inspectBundle(handle);
    const damage = await checkContents(handle, inspection, options);
    const findings = [...inspection.findings, ...damage];
    const { info } = inspection;
    if (findings.length > 0 || info === undefined) throw refuseBundle(file, findings);
    const contents = listContents(info);
    return { info, bytes: (await handle.stat()).size, unpackedBytes: totalBytes(contents), files: contents.length };
  });
}

async function checkContents(handle: FileHandle, { info, entries, sums }: Inspection, options: VerifyOptions): Promise<string[]> {
  const contents = info === undefined ? [] : listContents(info);
  const count = countProgress(totalBytes(contents), options.onProgress);
  const findings = await mapParallel(contents, contentsAtOnce, options.signal, async (content, signal) => {
    const entry = entries.get(contentPath(content.digest));
    // What is missing was already found.
    if (entry === undefined) return [];
    const damage = await checkContent(handle, { content, entry, sum: sums.get(entry.path) }, signal, count);
    return damage === undefined ? [] : [`${entry.path} (${content.name}): ${damage}`];
  });
  return findings.flat();
}

async function checkContent(
  handle: FileHandle,
  { content, entry, sum }: { readonly content: Content; readonly entry: Entry; readonly sum: string | undefined },
  signal: AbortSignal,
  count: (bytes: number) => void,
): Promise<string | undefined> {
  const packed = createHash('sha256');
  const plain = createHash('sha256');
  const onPacked = (chunk: Uint8Array): void => void packed.update(chunk);
  let bytes = 0;
  try {
    for await (const chunk of unpackEntry(handle, entry, { bytes: content.bytes, signal, onPacked })) {
      plain.update(chunk);
      bytes += chunk.byteLength;
      count(chunk.byteLength);
    }
  } catch (error) {
    if (error instanceof ContentDamaged) return error.message;
    throw error;
  }
  if (bytes !== content.bytes) return `it unpacks to ${bytes} bytes, but should to ${content.bytes}`;
  const digest = `sha256:${plain.digest('hex')}`;
  if (digest !== content.digest) return `it has the digest ${digest}, but should have ${content.digest}`;
  return sum === undefined || `sha256:${packed.digest('hex')}` === sum
    ? undefined
    : 'it was packed in another way than its sum says';
}
