import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { digestOfBytes } from '../../artifacts/store.ts';
import { explainWriteError } from '../../errors/system-error.ts';
import { Interrupted, KubelabError } from '../../errors/errors.ts';
import { packLimits } from './pack-limits.ts';
import { invalidPack, unsafePack } from './refuse.ts';
import { type PackEntry, readTarEntries } from './tar-entries.ts';

/** The digest of every file that was unpacked, by its path. */
export type Unpacked = ReadonlyMap<string, string>;

/** More than the tar of the largest pack has. */
const streamBytes = packLimits.bytes + 2 * packLimits.entries * 1024;

/**
 * Unpacks an archive into an empty folder. Each file is looked at before it is written, and nothing of the archive
 * decides on anything but the names below the folder and the content: owners, modes and times are those of new files.
 * @throws KubelabError `KL-PACK-INVALID`, `KL-PACK-UNSAFE`, `KL-HOST-DISK-FULL`; what was written until then stays.
 * @throws Interrupted when the signal was aborted.
 */
export async function unpackArchive(handle: FileHandle, folder: string, signal: AbortSignal): Promise<Unpacked> {
  const digests = new Map<string, string>();
  for await (const entry of readTarEntries(readPlain(handle, signal))) {
    await writeEntry(folder, entry);
    digests.set(entry.path, digestOfBytes(entry.content));
  }
  return digests;
}

/** Writes a file, and the folders that it lies in. Its path was found to be harmless before, and the folder is nobody else's. */
export async function writeEntry(folder: string, entry: PackEntry): Promise<void> {
  const target = path.join(folder, ...entry.path.split('/'));
  try {
    await mkdir(path.dirname(target), { recursive: true, mode: 0o755 });
    await writeFile(target, entry.content, { flag: 'wx', mode: 0o644 });
  } catch (error) {
    throw explainWriteError(error, target);
  }
}

/** Opens an archive. @throws KubelabError `KL-PACK-UNKNOWN`, `KL-PACK-UNSAFE` when it is too large. */
export async function openArchive(file: string, shown: string): Promise<FileHandle> {
  // Opening a pipe must not wait for its writer.
  const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch((error: unknown) => {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP', 'ENXIO', 'ENAMETOOLONG'].includes(code)) throw error;
    throw new KubelabError(
      'KL-PACK-UNKNOWN',
      `${shown} can not be opened: ${code === 'EACCES' ? 'this user may not' : 'there is no such file'}.`,
    );
  });
  try {
    const facts = await handle.stat();
    if (!facts.isFile()) throw new KubelabError('KL-PACK-UNKNOWN', `${shown} is neither a file nor a folder.`);
    if (facts.size > packLimits.archiveBytes) throw tooLarge(shown);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

export function tooLarge(shown: string): KubelabError {
  return unsafePack(`${shown} is larger than ${packLimits.archiveBytes / 1024 / 1024} MiB`);
}

/**
 * Copies an open archive, so that what is unpacked is what was hashed: whoever may write the file could change it in between.
 * @param copy a file that is not there yet.
 * @returns the SHA-256 of the copy, in hexadecimal digits.
 * @throws KubelabError `KL-PACK-UNSAFE` when it became too large meanwhile, `KL-HOST-DISK-FULL`
 * @throws Interrupted when the signal was aborted.
 */
export async function copyArchive(handle: FileHandle, shown: string, copy: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const target = await open(copy, 'wx', 0o600);
  try {
    let bytes = 0;
    for await (const chunk of readChunks(handle, signal)) {
      bytes += chunk.byteLength;
      if (bytes > packLimits.archiveBytes) throw tooLarge(shown);
      hash.update(chunk);
      await target.appendFile(chunk).catch((error: unknown) => {
        throw explainWriteError(error, copy);
      });
    }
  } finally {
    await target.close();
  }
  return hash.digest('hex');
}

/** What an archive holds: the tar in a gzip, or the tar that it is. */
async function* readPlain(handle: FileHandle, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
  if (bytesRead < 2) throw invalidPack('the archive is empty');
  if (buffer[0] === 0x1f && buffer[1] === 0x8b) yield* readGzip(handle, signal);
  else yield* readChunks(handle, signal);
}

async function* readGzip(handle: FileHandle, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  const counted = { packed: 0, plain: 0 };
  const packed = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of readChunks(handle, signal)) {
      counted.packed += chunk.byteLength;
      yield chunk;
    }
  };
  // Whatever goes wrong in front of it destroys it with that error, which the loop then meets.
  pipeline(packed(), gunzip, () => undefined);
  try {
    for await (const chunk of gunzip as AsyncIterable<Uint8Array>) {
      counted.plain += chunk.byteLength;
      if (isBomb(counted)) throw unsafePack('it unpacks to far more than it is large itself');
      yield chunk;
    }
    if (gunzip.bytesWritten < counted.packed) throw invalidPack('something follows the gzip');
  } catch (error) {
    const isGzipError = String((error as NodeJS.ErrnoException).code).startsWith('Z_');
    throw isGzipError ? invalidPack('the archive is cut or damaged: it is no whole gzip') : error;
  } finally {
    gunzip.destroy();
  }
}

function isBomb({ packed, plain }: { readonly packed: number; readonly plain: number }): boolean {
  return plain > streamBytes || (plain > packLimits.freeBytes && plain > packed * packLimits.ratio);
}

const chunkBytes = 64 * 1024;

async function* readChunks(handle: FileHandle, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for (let at = 0; ;) {
    if (signal.aborted) throw new Interrupted();
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(chunkBytes), 0, chunkBytes, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
