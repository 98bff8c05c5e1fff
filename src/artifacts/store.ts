import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from './digest.ts';
import { explainDiskErrors, openPart, type Part, partName } from './part.ts';
import type { Stored } from './stored.ts';

export interface StoreEntry {
  readonly digest: string;
  readonly bytes: number;
  readonly lastUse: Date;
}

/** Files by the digest of what they hold. A file that is in it is whole: it got there by a rename. */
export interface Store {
  has(digest: string): Promise<boolean>;
  /** Where a file lies once it is there. @throws RangeError when the text is no digest. */
  pathOf(digest: string): string;
  /** The file, with this moment noted as its last use; undefined when it is not there. */
  use(digest: string): Promise<Stored | undefined>;
  /** Moves a file in. @throws KubelabError `KL-SOURCE-DIGEST` when it is not the expected one; it is removed then. */
  adopt(file: string, expected?: string): Promise<Stored>;
  /** Writes a stream in. @throws KubelabError `KL-SOURCE-DIGEST`, `KL-HOST-DISK-FULL` */
  put(chunks: AsyncIterable<Uint8Array>, expected?: string): Promise<Stored>;
  /** A file to be filled piece by piece. With a key it takes over what an earlier one with that key kept. */
  begin(key?: string): Promise<Part>;
  /** Whether the file is there and still has its digest. */
  verify(digest: string): Promise<boolean>;
  /** Everything in it, the least recently used first. */
  list(): Promise<readonly StoreEntry[]>;
  remove(digest: string): Promise<void>;
  /** Notes which file came out of a set of inputs that is named by a text. */
  remember(inputs: string, digest: string): Promise<void>;
  /** What was noted for the inputs, while that file is there. */
  recall(inputs: string): Promise<Stored | undefined>;
}

/** Opens the store under the cache folder; folders are made when something is first written. */
export function openStore(cache: string): Store {
  const root = join(cache, 'store');
  const pathOf = (digest: string): string => {
    const hex = hexOf(digest);
    return join(root, 'sha256', hex.slice(0, 2), hex);
  };
  const recordOf = (inputs: string): string => join(root, 'made', createHash('sha256').update(inputs).digest('hex'));
  const begin = (key?: string): Promise<Part> => openPart({ folder: join(root, 'partial'), key, pathOf });
  const find = (digest: string): Promise<Stored | undefined> => findFile(pathOf(digest), digest);

  const store: Store = {
    pathOf,
    begin,
    has: async (digest) => (await find(digest)) !== undefined,
    use: async (digest) => {
      const found = await find(digest);
      const now = new Date();
      if (found !== undefined) await utimes(found.file, now, now);
      return found;
    },
    put: async (chunks, expected) => fillPart(await begin(), chunks, expected),
    adopt: (file, expected) => adoptFile(store, file, expected),
    verify: async (digest) => (await find(digest)) !== undefined && (await digestOf(pathOf(digest))).digest === digest,
    list: () => listFiles(join(root, 'sha256')),
    remove: (digest) => rm(pathOf(digest), { force: true }),
    remember: async (inputs, digest) => {
      await explainDiskErrors(async () => {
        const part = join(root, 'made', partName());
        await mkdir(join(root, 'made'), { recursive: true });
        await writeFile(part, `${digest}\n${inputs}\n`);
        await rename(part, recordOf(inputs));
      });
    },
    recall: async (inputs) => {
      const text = await readFile(recordOf(inputs), 'utf8').catch(() => '');
      const digest = text.split('\n', 1)[0] ?? '';
      return isDigest(digest) ? find(digest) : undefined;
    },
  };
  return store;
}

/** Whether a text is a digest of the one kind that kubelab uses. */
export function isDigest(text: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(text);
}

/** The digest of some bytes. */
export function digestOfBytes(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function hexOf(digest: string): string {
  if (!isDigest(digest)) throw new RangeError(`not a sha256 digest: ${JSON.stringify(digest)}`);
  return digest.slice('sha256:'.length);
}

async function findFile(file: string, digest: string): Promise<Stored | undefined> {
  const found = await stat(file).catch(() => undefined);
  return found?.isFile() === true ? { digest, bytes: found.size, file } : undefined;
}

async function fillPart(part: Part, chunks: AsyncIterable<Uint8Array>, expected: string | undefined): Promise<Stored> {
  try {
    for await (const chunk of chunks) await part.append(chunk);
  } catch (error) {
    await part.discard();
    throw error;
  }
  return part.finish(expected);
}

async function adoptFile(store: Store, file: string, expected: string | undefined): Promise<Stored> {
  // Copied rather than renamed: the file may lie on another file system, and only what is hashed while it is written is known.
  const stored = await store.put(readChunks(file), expected).catch(async (error: unknown) => {
    if (expected !== undefined) await rm(file, { force: true });
    throw error;
  });
  await rm(file, { force: true });
  return stored;
}

/** Opens the file only when the first piece is asked for, so that nobody misses the error of one that is not there. */
async function* readChunks(file: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(file) as AsyncIterable<Uint8Array>;
}

async function listFiles(folder: string): Promise<readonly StoreEntry[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => [] as string[]);
  const entries = await Promise.all(
    names.map(async (name) => {
      const found = await stat(join(folder, name)).catch(() => undefined);
      const digest = `sha256:${name.slice(-64)}`;
      return found?.isFile() === true && isDigest(digest) ? [{ digest, bytes: found.size, lastUse: found.mtime }] : [];
    }),
  );
  return entries.flat().toSorted((a, b) => a.lastUse.getTime() - b.lastUse.getTime() || a.digest.localeCompare(b.digest));
}
