import { constants } from 'node:fs';
import { type FileHandle, open, readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../errors/system-error.ts';
import { showText } from '../cluster/yaml-document.ts';
import { KubelabError } from '../errors/errors.ts';

/** What a lab may hold. */
export const labLimits = { fileBytes: 1024 * 1024, files: 500, bytes: 16 * 1024 * 1024, depth: 8 } as const;

export interface LabFile {
  /** Relative to the lab, with forward slashes. */
  readonly path: string;
  readonly bytes: number;
}

/** What is in a lab's folder. */
export interface LabListing {
  /** In order of their paths. Names that begin with a dot are not part of a lab. */
  readonly files: readonly LabFile[];
  /** What may not be there, as sentences. */
  readonly refused: readonly { readonly path: string; readonly text: string }[];
}

/** A lab on disk. Nothing outside of its folder can be read through it, whatever links are in it. */
export interface LabFolder {
  /** Absolute, with no link in it. */
  readonly root: string;
  /** The text of a file. @throws KubelabError `KL-LAB-INVALID` when it is not there or can not be part of a lab. */
  read(file: string): Promise<string>;
  /** As read, without asking whether it is text. */
  readBytes(file: string): Promise<Buffer>;
  /** Also true for what this user may not read: that it is not there would be the wrong thing to hear. */
  has(file: string): Promise<boolean>;
  list(): Promise<LabListing>;
}

/** @throws KubelabError `KL-LAB-UNKNOWN` when there is no such folder. */
export async function openLabFolder(folder: string): Promise<LabFolder> {
  const root = await realpath(folder).catch((error: unknown) => {
    if (isForbidden(error))
      throw new KubelabError('KL-LAB-INVALID', `The folder ${showText(folder)} ${forbidden}.`, {
        ko: { message: `이 사용자에게는 ${showText(folder)} 폴더를 읽을 권한이 없습니다.` },
      });
    if (!isMissing(error)) throw error;
    throw new KubelabError('KL-LAB-UNKNOWN', `There is no folder ${showText(folder)}.`, {
      ko: { message: `${showText(folder)} 폴더가 없습니다.` },
    });
  });
  const readBytes = (file: string): Promise<Buffer> => readConfined(root, file);
  return {
    root,
    readBytes,
    read: async (file) => decode(await readBytes(file), file),
    has: async (file) => {
      try {
        await confine(root, file);
        return true;
      } catch (error) {
        if (error instanceof KubelabError) return isForbidden(error.cause);
        throw error;
      }
    },
    list: () => listFolder(root),
  };
}

/**
 * What a file or folder of a lab may be called. ASCII alone: no text of other letters looks like another one, or is another one
 * on some file system.
 */
export const segment = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;

function refuse(file: string, why: string, cause?: unknown): KubelabError {
  return new KubelabError('KL-LAB-INVALID', `The file ${showText(file)} ${why}.`, { cause });
}

/** The absolute path of a file, once it is sure to lie in the folder. */
async function confine(root: string, file: string): Promise<string> {
  if (!file.split('/').every((part) => segment.test(part))) throw refuse(file, 'has a path that a lab can not use');
  const real = await realpath(path.join(root, ...file.split('/'))).catch((error: unknown) => {
    if (isForbidden(error)) throw refuse(file, forbidden, error);
    throw isMissing(error) ? refuse(file, 'is not in the lab') : error;
  });
  if (!isInside(root, real)) throw refuse(file, 'is a link that leads out of the lab');
  // Behind a link lies what could be named without it: settings and keys have names that begin with a dot.
  if (
    !path
      .relative(root, real)
      .split(path.sep)
      .every((part) => segment.test(part))
  )
    throw refuse(file, 'is a link to what can not be part of a lab');
  return real;
}

function isInside(root: string, real: string): boolean {
  const relative = path.relative(root, real);
  return relative !== '' && relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

async function readConfined(root: string, file: string): Promise<Buffer> {
  const real = await confine(root, file);
  // The path has no link in it any more, unless somebody puts one there now. Opening a pipe must not wait for its writer.
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  let handle: FileHandle;
  try {
    handle = await open(real, flags);
  } catch (error) {
    if (['ELOOP', 'ENXIO', 'ENOENT', 'EISDIR'].includes(errorCode(error) ?? '')) throw refuse(file, 'is no plain file');
    throw isForbidden(error) ? refuse(file, forbidden, error) : error;
  }
  try {
    const facts = await handle.stat();
    if (!facts.isFile()) throw refuse(file, 'is no plain file');
    if (facts.size > labLimits.fileBytes) throw refuse(file, tooLarge);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

const forbidden = 'is not for this user to read';
const tooLarge = `is larger than ${labLimits.fileBytes / 1024 / 1024} MiB`;

function decode(bytes: Buffer, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refuse(file, 'is not text in UTF-8');
  }
}

interface Walk {
  readonly root: string;
  readonly files: LabFile[];
  readonly refused: { path: string; text: string }[];
  bytes: number;
  /** More is there than a lab may hold; nothing further is looked at. */
  over: boolean;
}

async function listFolder(root: string): Promise<LabListing> {
  const walk: Walk = { root, files: [], refused: [], bytes: 0, over: false };
  await walkFolder(walk, '', 0);
  return { files: walk.files, refused: walk.refused };
}

async function walkFolder(walk: Walk, folder: string, depth: number): Promise<void> {
  const entries = await readdir(path.join(walk.root, folder), { withFileTypes: true }).catch((error: unknown) => {
    if (!isForbidden(error)) throw error;
    walk.refused.push(folder === '' ? { path: '', text: `the lab ${forbidden}` } : { path: folder, text: forbidden });
    return [];
  });
  const names = entries.filter(({ name }) => !name.startsWith('.')).toSorted((one, other) => (one.name < other.name ? -1 : 1));
  for (const entry of names) {
    if (walk.over) return;
    const file = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (!segment.test(entry.name)) walk.refused.push({ path: file, text: 'has a name that a lab can not use' });
    else if (!entry.isDirectory()) await noteFile(walk, file);
    else if (depth + 1 >= labLimits.depth) walk.refused.push({ path: file, text: 'lies too deep' });
    else await walkFolder(walk, file, depth + 1);
  }
}

async function noteFile(walk: Walk, file: string): Promise<void> {
  const { files, refused } = walk;
  if (files.length + refused.length >= labLimits.files) {
    refused.push({ path: '', text: `the lab holds more than ${labLimits.files} files` });
    walk.over = true;
    return;
  }
  try {
    const bytes = (await readConfined(walk.root, file)).length;
    walk.bytes += bytes;
    files.push({ path: file, bytes });
  } catch (error) {
    if (!(error instanceof KubelabError)) throw error;
    refused.push({ path: file, text: error.message.replace(/^The file ".*" (.*)\.$/, '$1') });
  }
  if (walk.bytes <= labLimits.bytes) return;
  refused.push({ path: '', text: `the lab holds more than ${labLimits.bytes / 1024 / 1024} MiB` });
  walk.over = true;
}

/** Of a link, too, to what only others may read. */
function isForbidden(error: unknown): boolean {
  return ['EACCES', 'EPERM'].includes(errorCode(error) ?? '');
}

function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'].includes(errorCode(error) ?? '');
}
