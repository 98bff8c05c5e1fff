import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Interrupted } from '../../errors/errors.ts';
import type { Entry } from './scan.ts';

const packedChunk = 256 * 1024;
const plainChunk = 1024 * 1024;

/** What an entry holds is not gzip, or more than it should be. The message says which. */
export class ContentDamaged extends Error {}

/**
 * What an entry holds, unpacked.
 * @throws ContentDamaged when it is not gzip, or unpacks to more bytes than allowed; nothing beyond is given then.
 * @throws Interrupted when the signal was aborted.
 */
export async function* unpackEntry(
  handle: FileHandle,
  entry: Entry,
  options: {
    /** The most that it may unpack to. */
    readonly bytes: number;
    readonly signal: AbortSignal;
    /** Told of the packed bytes, in order. */
    readonly onPacked?: (chunk: Uint8Array) => void;
  },
): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: plainChunk });
  // Whatever goes wrong in front of it destroys it with that error, which the loop then meets.
  pipeline(readPacked(handle, entry, options.onPacked), gunzip, () => undefined);
  let bytes = 0;
  try {
    for await (const chunk of gunzip as AsyncIterable<Uint8Array>) {
      if (options.signal.aborted) throw new Interrupted();
      bytes += chunk.byteLength;
      if (bytes > options.bytes) throw new ContentDamaged(`it unpacks to more than ${options.bytes} bytes`);
      yield chunk;
    }
  } catch (error) {
    throw isGzipError(error) ? new ContentDamaged('it is damaged: what it holds is not gzip', { cause: error }) : error;
  } finally {
    gunzip.destroy();
  }
}

async function* readPacked(
  handle: FileHandle,
  { start, bytes }: Entry,
  onPacked?: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for (let done = 0; done < bytes;) {
    const chunk = Buffer.allocUnsafe(Math.min(packedChunk, bytes - done));
    const { bytesRead } = await handle.read(chunk, 0, chunk.byteLength, start + done);
    if (bytesRead === 0) throw new ContentDamaged('it was cut while it was read');
    const read = chunk.subarray(0, bytesRead);
    onPacked?.(read);
    yield read;
    done += bytesRead;
  }
}

function isGzipError(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === 'string' && code.startsWith('Z_');
}
