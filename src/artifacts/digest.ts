import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { fileExists } from '../exec/file-exists.ts';

/** The SHA-256 of a file as `sha256:...`, and its size in bytes. */
export async function digestOf(file: string): Promise<{ readonly digest: string; readonly bytes: number }> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return { digest: `sha256:${hash.digest('hex')}`, bytes: (await stat(file)).size };
}

const knownSchema = z.record(z.string(), z.object({ digest: z.string(), bytes: z.number(), modified: z.number() }));

/**
 * The digests of files that kubelab itself wrote, kept in `index` so that hundreds of megabytes are not read again at
 * each run. A file whose size or time of change differs from what is kept is read anew.
 */
export async function knownDigests(
  index: string,
  files: readonly string[],
): Promise<readonly { readonly digest: string; readonly bytes: number }[]> {
  const known = await readKnown(index);
  const next: typeof known = {};
  for (const [file, entry] of Object.entries(known)) if (await fileExists(file)) next[file] = entry;
  const digests = await Promise.all(
    files.map(async (file) => {
      const { size, mtimeMs } = await stat(file);
      const before = known[file];
      if (before !== undefined && before.bytes === size && before.modified === mtimeMs) return before;
      return { ...(await digestOf(file)), modified: mtimeMs };
    }),
  );
  for (const [position, file] of files.entries()) if (digests[position] !== undefined) next[file] = digests[position];
  const text = JSON.stringify(next);
  if (text !== JSON.stringify(known)) {
    // A name of its own, for two runs may write at the same time; whole or not at all.
    const partial = `${index}.${randomUUID()}`;
    await writeFile(partial, text);
    await rename(partial, index);
  }
  return digests.map(({ digest, bytes }) => ({ digest, bytes }));
}

/** What is damaged or not there counts for nothing: the files are read again. */
async function readKnown(index: string): Promise<z.infer<typeof knownSchema>> {
  try {
    return knownSchema.parse(JSON.parse(await readFile(index, 'utf8')));
  } catch {
    return {};
  }
}
