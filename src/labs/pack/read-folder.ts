import path from 'node:path';
import { showText } from '../../cluster/yaml-document.ts';
import { KubelabError } from '../../errors/errors.ts';
import { type LabFolder, openLabFolder } from '../lab-folder.ts';
import { readFiles } from '../lint/subject.ts';
import { labFile, type LabReading, loadLab, readLab } from '../load-lab.ts';
import { hasSolutions } from '../solutions.ts';
import { chooseLearnerFiles, makeLearnerLab, renderYaml } from './learner-build.ts';
import { packLimits } from './pack-limits.ts';
import type { PackBuild } from './pack-lock.ts';
import { besideLabs, openPathBook } from './pack-paths.ts';
import { type Pack, packFile, readPack, type ReadPack } from './pack.ts';

/** What a pack is made of. */
export interface PackContent {
  readonly pack: Pack;
  readonly build: PackBuild;
  /** Every file but the lock, by its path. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** A folder with a pack.yaml. */
export interface PackFolder extends ReadPack {
  readonly folder: LabFolder;
  /** As messages name it. */
  readonly shown: string;
}

/** @throws KubelabError `KL-PACK-UNKNOWN`, and `KL-PACK-INVALID` with all that is wrong with its pack.yaml. */
export async function openPackFolder(root: string, shown = root): Promise<PackFolder> {
  const folder = await openLabFolder(root).catch((error: unknown) => {
    throw error instanceof KubelabError ? new KubelabError('KL-PACK-UNKNOWN', error.message) : error;
  });
  if (!(await folder.has(packFile))) throw new KubelabError('KL-PACK-UNKNOWN', `There is no ${packFile} in ${shown}.`);
  const text = await asPackError(packFile, () => folder.read(packFile));
  return { ...readPack(text, path.posix.join(shown.replaceAll(path.sep, '/'), packFile)), folder, shown };
}

/** Where a lab of the pack lies, and how messages name that. */
export function placeOfLab({ folder, shown }: PackFolder, id: string): { readonly folder: string; readonly shown: string } {
  return { folder: path.join(folder.root, 'labs', id), shown: path.posix.join(shown.replaceAll(path.sep, '/'), 'labs', id) };
}

/**
 * Reads what the pack in a folder is made of.
 * @throws KubelabError `KL-PACK-INVALID` when a lab can not be loaded or something can not be part of a pack, `KL-PACK-UNSAFE`.
 */
export async function readPackFolder(opened: PackFolder, build: PackBuild): Promise<PackContent> {
  const { folder, pack, data } = opened;
  const files = new Map<string, Uint8Array>();
  files.set(packFile, build === 'learner' ? Buffer.from(renderYaml(data)) : await folder.readBytes(packFile));
  for (const name of besideLabs) if (await folder.has(name)) files.set(name, await readPlain(folder, name));
  for (const id of pack.labs)
    for (const [file, bytes] of await readOneLab(opened, id, build)) files.set(`labs/${id}/${file}`, bytes);
  refuseUnfit(files);
  return { pack, build, files };
}

/** The build that the labs of a folder are of, as its first one says. What is wrong with that is found when they are read. */
export async function findBuild(opened: PackFolder): Promise<PackBuild> {
  const place = placeOfLab(opened, opened.pack.labs[0] ?? '');
  try {
    return hasSolutions((await loadLab(place.folder, place.shown)).lab) ? 'instructor' : 'learner';
  } catch (error) {
    if (error instanceof KubelabError) return 'instructor';
    throw error;
  }
}

function readPlain(folder: LabFolder, file: string): Promise<Uint8Array> {
  return asPackError(file, () => folder.readBytes(file));
}

async function readOneLab(opened: PackFolder, id: string, build: PackBuild): Promise<Map<string, Uint8Array>> {
  const { folder: root, shown } = opened;
  // Asked of the pack's own folder, out of which no link leads.
  if (!(await root.has(`labs/${id}/${labFile}`)))
    throw new KubelabError('KL-PACK-INVALID', `There is no labs/${id}/${labFile} in ${shown}, and ${packFile} names that lab.`);
  const place = placeOfLab(opened, id);
  return asPackError(`labs/${id}`, async () => {
    const { lab } = await loadLab(place.folder, place.shown);
    if (lab.id !== id)
      throw new KubelabError('KL-PACK-INVALID', `${place.shown}/${labFile} is that of the lab ${lab.id}; expected ${id}`);
    return readLabFiles(await readLab(place.folder, place.shown), build);
  });
}

async function readLabFiles(reading: LabReading, build: PackBuild): Promise<Map<string, Uint8Array>> {
  const { folder, document, value: lab, file } = reading;
  const { files: listed, refused } = await folder.list();
  if (refused.length > 0) {
    const details = refused.map((one) => (one.path === '' ? one.text : `${showText(one.path)} ${one.text}`));
    throw new KubelabError('KL-PACK-INVALID', `${path.posix.dirname(file)} holds what no lab can hold`, { details });
  }
  const paths = listed.map((one) => one.path);
  if (build === 'instructor') {
    if (lab !== undefined && !hasSolutions(lab))
      throw new KubelabError('KL-PACK-INVALID', `${file} is that of a learner build, and can not be in an instructor build`);
    return new Map(await Promise.all(paths.map(async (one) => [one, await folder.readBytes(one)] as const)));
  }
  const learner = makeLearnerLab(document.data);
  const chosen = chooseLearnerFiles(learner.lab, (await readFiles(folder)).files);
  const bytes = chosen.map(async (one): Promise<[string, Uint8Array]> => {
    return [one, one === labFile ? Buffer.from(learner.yaml) : await folder.readBytes(one)];
  });
  return new Map(await Promise.all(bytes));
}

/** @throws KubelabError `KL-PACK-UNSAFE` for paths and sizes with which it could not be unpacked everywhere. */
function refuseUnfit(files: ReadonlyMap<string, Uint8Array>): void {
  const book = openPathBook();
  const details = [...files.keys()].flatMap((file) => {
    const wrong = book.note(file, 'file');
    return wrong === undefined ? [] : [`${showText(file)} ${wrong}`];
  });
  const bytes = [...files.values()].reduce((sum, one) => sum + one.byteLength, 0);
  if (bytes > packLimits.bytes) details.push(`it holds more than ${packLimits.bytes / 1024 / 1024} MiB`);
  if (files.size >= packLimits.entries) details.push(`it holds more than ${packLimits.entries} files`);
  if (details.length > 0) throw new KubelabError('KL-PACK-UNSAFE', 'This can not be in a pack', { details });
}

/** What is wrong with a lab is wrong with the pack that it is in. */
export async function asPackError<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof KubelabError) || !error.code.startsWith('KL-LAB-')) throw error;
    throw new KubelabError('KL-PACK-INVALID', `${what} can not be part of a pack: ${error.message}`, { details: error.details });
  }
}
