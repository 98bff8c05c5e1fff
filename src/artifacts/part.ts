import { createHash, type Hash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { KubelabError } from '../errors/errors.ts';
import { explainWriteError } from '../errors/system-error.ts';
import type { Stored } from './stored.ts';

/** A file of the store that is not whole yet. Exactly one of `finish`, `keep` and `discard` ends it. */
export interface Part {
  /** Bytes that it holds. */
  readonly bytes: number;
  append(chunk: Uint8Array): Promise<void>;
  /** Back to no bytes. */
  restart(): Promise<void>;
  /**
   * Puts the file into the store, if it is the expected one.
   * @throws KubelabError `KL-SOURCE-DIGEST` when it is not; the part is removed then.
   */
  finish(expected?: string, what?: string): Promise<Stored>;
  /** Ends it for now; the next part with the same key goes on from here. Without a key it is removed. */
  keep(): Promise<void>;
  discard(): Promise<void>;
}

/** Parts that nobody touched for this long belong to runs that were cut off. */
const staleMilliseconds = 24 * 60 * 60 * 1000;

/** A name for a part that no other run uses. */
export function partName(key = ''): string {
  return `${key}${key === '' ? '' : '.'}${randomUUID()}.part`;
}

export async function openPart(options: {
  readonly folder: string;
  readonly key: string | undefined;
  readonly pathOf: (digest: string) => string;
}): Promise<Part> {
  const { folder } = options;
  const key = options.key === undefined ? undefined : createHash('sha256').update(options.key).digest('hex');
  const kept = key === undefined ? undefined : join(folder, `${key}.part`);
  const path = join(folder, partName(key));
  return explainDiskErrors(async () => {
    await mkdir(folder, { recursive: true });
    await removeStale(folder);
    // A rename gives what was kept to one run only, however many ask for it.
    if (kept !== undefined) await rename(kept, path).catch(() => undefined);
    const hash = createHash('sha256');
    const bytes = await hashInto(hash, path);
    return new PartFile(path, kept, await open(path, 'a', 0o644), hash, bytes, options.pathOf);
  });
}

/** Runs work on files and gives a full disk its own name. */
export async function explainDiskErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explainWriteError(error, (error as NodeJS.ErrnoException).path ?? 'a file of the cache');
  }
}

class PartFile implements Part {
  readonly #path: string;
  readonly #kept: string | undefined;
  readonly #handle: FileHandle;
  readonly #pathOf: (digest: string) => string;
  #hash: Hash;
  #bytes: number;

  constructor(
    path: string,
    kept: string | undefined,
    handle: FileHandle,
    hash: Hash,
    bytes: number,
    pathOf: (digest: string) => string,
  ) {
    this.#path = path;
    this.#kept = kept;
    this.#handle = handle;
    this.#hash = hash;
    this.#bytes = bytes;
    this.#pathOf = pathOf;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async append(chunk: Uint8Array): Promise<void> {
    await explainDiskErrors(() => this.#handle.appendFile(chunk));
    this.#hash.update(chunk);
    this.#bytes += chunk.byteLength;
  }

  async restart(): Promise<void> {
    await this.#handle.truncate(0);
    this.#hash = createHash('sha256');
    this.#bytes = 0;
  }

  async finish(expected?: string, what = 'the file'): Promise<Stored> {
    const digest = `sha256:${this.#hash.digest('hex')}`;
    if (expected !== undefined && digest !== expected) {
      await this.discard();
      throw new KubelabError('KL-SOURCE-DIGEST', `${what} has the digest ${digest}, but it should have ${expected}`, {
        details: [`expected ${expected}`, `found    ${digest}`],
      });
    }
    const file = this.#pathOf(digest);
    try {
      await explainDiskErrors(async () => {
        await this.#handle.sync();
        await this.#handle.close();
        await chmod(this.#path, 0o444);
        await mkdir(dirname(file), { recursive: true });
        await rename(this.#path, file);
      });
    } catch (error) {
      await this.discard();
      throw error;
    }
    return { digest, bytes: this.#bytes, file };
  }

  async keep(): Promise<void> {
    if (this.#kept === undefined || this.#bytes === 0) return this.discard();
    // A write that failed half-way may have left bytes that were not counted.
    await this.#handle.truncate(this.#bytes);
    await this.#handle.close();
    await rename(this.#path, this.#kept);
  }

  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await rm(this.#path, { force: true });
  }
}

async function hashInto(hash: Hash, path: string): Promise<number> {
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path)) {
      hash.update(chunk as Buffer);
      bytes += (chunk as Buffer).byteLength;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return bytes;
}

async function removeStale(folder: string): Promise<void> {
  const limit = Date.now() - staleMilliseconds;
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && found.mtimeMs < limit) await rm(path, { recursive: true, force: true });
  }
}
