import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { KubelabError } from '../errors/errors.ts';
import { errorCode, explainWriteError } from '../errors/system-error.ts';

/** A file of kubelab's own that holds something else than it should. */
export class FileDamaged extends KubelabError {
  readonly path: string;

  constructor(path: string, cause: unknown) {
    super('KL-STATE-DAMAGED', `${path} is damaged: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'FileDamaged';
    this.path = path;
  }
}

/**
 * Writes a file so that a crash or power cut at any moment leaves either the old content or the new, never a mixture.
 * With `mode` the file gets exactly that mode; without, the usual one of a new file.
 * @throws KubelabError `KL-HOST-DISK-FULL`
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  options: { readonly mode?: number } = {},
): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const file = await open(temporary, 'wx', options.mode ?? 0o666);
    try {
      await fill(file, data, options.mode);
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (error) {
    await rm(temporary, { force: true });
    throw explainWriteError(error, path);
  }
}

/**
 * The JSON in a file, as `parse` understands it; undefined where there is no such file.
 * @throws FileDamaged when it is not JSON, or `parse` throws.
 */
export async function readJson<T>(path: string, parse: (value: unknown) => T): Promise<T | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return parse(JSON.parse(text));
  } catch (error) {
    throw new FileDamaged(path, error);
  }
}

/** The text of a file, or undefined where there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function fill(file: FileHandle, data: string | Uint8Array, mode: number | undefined): Promise<void> {
  // The mode given to open is cut by the umask.
  if (mode !== undefined) await file.chmod(mode);
  await file.writeFile(data);
  await file.sync();
}

async function syncFolder(folder: string): Promise<void> {
  // Some systems can not open or sync a folder; there the rename alone has to do.
  const impossible = ['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP'];
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!impossible.includes(errorCode(error) ?? '')) throw error;
  }
}
