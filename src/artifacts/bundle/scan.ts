import type { FileHandle } from 'node:fs/promises';
import { blockBytes, decodeHeader, encodeHeader, isZero, paddingAfter } from '../tar-block.ts';
import { bundleLimits } from './limits.ts';
import { showPath } from './refuse.ts';

/** A regular file of a tar. */
export interface Entry {
  readonly path: string;
  readonly bytes: number;
  /** Where in the tar its content begins. */
  readonly start: number;
}

export interface Scan {
  /** Those that a bundle may have, in order. */
  readonly entries: readonly Entry[];
  /** What is wrong with the tar, one line each. */
  readonly findings: readonly string[];
}

/** The first entry of a tar, or why there is none. */
export async function scanFirst(handle: FileHandle): Promise<Entry | string> {
  const { size } = await handle.stat();
  const block = await readAt(handle, 0, blockBytes);
  const entry = block === undefined ? 'it is too short' : readHeader(block, 0);
  if (typeof entry === 'string') return entry;
  return entry.start + entry.bytes > size ? `it is cut within ${showPath(entry.path)}` : entry;
}

/** Reads the headers of a tar, without what the entries hold. */
export async function scanEntries(handle: FileHandle): Promise<Scan> {
  const { size } = await handle.stat();
  const entries: Entry[] = [];
  const findings: string[] = [];
  const fail = (finding: string): Scan => ({ entries, findings: [...findings, finding] });
  for (let at = 0, count = 1; ; count += 1) {
    const block = await readAt(handle, at, blockBytes);
    if (block === undefined) return fail(`it is cut after ${size} bytes`);
    if (isZero(block)) {
      const end = await findEnd(handle, at, size);
      return end === undefined ? { entries, findings } : fail(end);
    }
    if (count > bundleLimits.entries) return fail(`it has more than ${bundleLimits.entries} entries`);
    const header = decodeHeader(block);
    if (header === undefined) return fail(noHeader(at));
    const entry = readHeader(block, at);
    if (typeof entry === 'string') findings.push(entry);
    else entries.push(entry);
    // The same for entries that were refused, so that what follows them is looked at too.
    const bytes = header.size ?? 0;
    const path = showPath(header.path ?? '');
    const padding = paddingAfter(bytes);
    const next = at + blockBytes + bytes + padding;
    if (next > size) return fail(`it is cut within ${path}: ${bytes} bytes should be there, ${size - at - blockBytes} are`);
    const rest = await readAt(handle, next - padding, padding);
    if (rest === undefined || !isZero(rest)) findings.push(`something is hidden after ${path}`);
    at = next;
  }
}

/** The entry that a header describes, or why a bundle may not have it. */
function readHeader(block: Buffer, at: number): Entry | string {
  const header = decodeHeader(block);
  if (header === undefined) return noHeader(at);
  const { path = '', size = 0, type } = header;
  if (type !== 'File' && type !== 'OldFile') return `${showPath(path)} is no regular file: ${type}`;
  if (path.startsWith('/')) return `${showPath(path)} is an absolute path`;
  if (path.split('/').includes('..')) return `${showPath(path)} leads out of the bundle`;
  return isOwnHeader(block, path, size)
    ? { path, bytes: size, start: at + blockBytes }
    : `the header of ${showPath(path)} is not one that kubelab writes`;
}

function noHeader(at: number): string {
  return `there is no valid tar header at byte ${at}`;
}

function isOwnHeader(block: Buffer, path: string, bytes: number): boolean {
  try {
    return encodeHeader(path, bytes).equals(block);
  } catch {
    return false;
  }
}

/** What is wrong with the end of a tar that begins at a place. */
async function findEnd(handle: FileHandle, at: number, size: number): Promise<string | undefined> {
  if (size > at + 2 * blockBytes) return `${size - at - 2 * blockBytes} bytes follow its end`;
  const end = await readAt(handle, at, 2 * blockBytes);
  return end === undefined || !isZero(end) ? 'its end is damaged' : undefined;
}

/** So many bytes from a place, or undefined when there are fewer. */
export async function readAt(handle: FileHandle, start: number, bytes: number): Promise<Buffer | undefined> {
  const buffer = Buffer.alloc(bytes);
  let filled = 0;
  for (let read = -1; read !== 0 && filled < bytes; filled += read)
    read = (await handle.read(buffer, filled, bytes - filled, start + filled)).bytesRead;
  return filled === bytes ? buffer : undefined;
}
