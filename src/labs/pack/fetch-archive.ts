import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import {
  announcedBytes,
  closeBody,
  createSend,
  readBody,
  request,
  type RequestSettings,
  Transient,
  withTries,
} from '../../artifacts/request.ts';
import { explainWriteError } from '../../errors/system-error.ts';
import { packLimits } from './pack-limits.ts';
import { showUrl } from './pack-source.ts';
import { tooLarge } from './unpack-archive.ts';

export interface FetchOptions extends RequestSettings {
  readonly url: string;
  /** A file that is not there yet. */
  readonly file: string;
  readonly onProgress: (bytes: number, total: number | undefined) => void;
}

/**
 * Fetches an archive into a file, and never more of it than an archive may have.
 * @returns its SHA-256 in hexadecimal digits.
 * @throws KubelabError `KL-SOURCE-REFUSED`, `KL-SOURCE-UNREACHABLE`, `KL-PACK-UNSAFE`, `KL-HOST-DISK-FULL`
 */
export async function fetchArchive(options: FetchOptions): Promise<string> {
  const { url, file } = options;
  const handle = await open(file, 'wx', 0o600);
  try {
    return await withTries(showUrl(url), options, async (attempt) => {
      const response = await request(url, {}, options.send ?? createSend(), attempt.signal);
      attempt.alive();
      const total = announcedBytes(response);
      if (total !== undefined && total > packLimits.archiveBytes) {
        closeBody(response);
        throw tooLarge(showUrl(url));
      }
      const { bytes, hex } = await fill(handle, readBody(response, attempt), options, total);
      if (total !== undefined && bytes !== total) throw new Transient(`the connection ended after ${bytes} of ${total} bytes`);
      return hex;
    });
  } finally {
    await handle.close();
  }
}

async function fill(
  handle: FileHandle,
  chunks: AsyncIterable<Uint8Array>,
  { url, file, onProgress }: FetchOptions,
  total: number | undefined,
): Promise<{ bytes: number; hex: string }> {
  // An earlier try may have left something.
  await handle.truncate(0);
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of chunks) {
    if (bytes + chunk.byteLength > packLimits.archiveBytes) throw tooLarge(showUrl(url));
    await handle.write(chunk, 0, chunk.byteLength, bytes).catch((error: unknown) => {
      throw explainWriteError(error, file);
    });
    hash.update(chunk);
    bytes += chunk.byteLength;
    onProgress(bytes, total);
  }
  return { bytes, hex: hash.digest('hex') };
}
