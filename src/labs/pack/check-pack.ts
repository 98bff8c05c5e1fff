import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { showText } from '../../cluster/yaml-document.ts';
import { KubelabError } from '../../errors/errors.ts';
import { hearSignal } from '../../exec/hear-signal.ts';
import { findControlCharacters } from '../lint/judge-files.ts';
import { readFiles } from '../lint/subject.ts';
import { labFile, loadLab, type LoadedLab, readLab } from '../load-lab.ts';
import { hasSolutions } from '../solutions.ts';
import { packLimits } from './pack-limits.ts';
import { lockFile, type PackLock, parseLock } from './pack-lock.ts';
import { besideLabs } from './pack-paths.ts';
import { type Pack, packFile, readPack } from './pack.ts';
import { asPackError } from './read-folder.ts';
import { invalidPack } from './refuse.ts';
import type { Unpacked } from './unpack-archive.ts';

/** A pack that is whole and sound, and where it lies. */
export interface CheckedPack {
  readonly folder: string;
  readonly pack: Pack;
  readonly lock: PackLock;
  readonly labs: readonly LoadedLab[];
}

/**
 * Makes sure of an unpacked pack: that it holds the files of its lock and nothing else, that pack.yaml and every lab can be
 * loaded and are the ones that the lock and pack.yaml speak of, and that nothing in them would act on a terminal.
 * @param unpacked the digest of every file that is in the folder.
 * @throws KubelabError `KL-PACK-INVALID`, `KL-PACK-DIGEST`
 * @throws Interrupted when the signal was aborted.
 */
export async function checkPack(folder: string, unpacked: Unpacked, signal: AbortSignal): Promise<CheckedPack> {
  if (!unpacked.has(lockFile)) throw invalidPack(`it has no ${lockFile}; kubelab lab pack writes one`);
  const lockText = await readText(folder, lockFile, packLimits.lockBytes);
  const lock = parseLock(lockText);
  compareWithLock(unpacked, lock);
  if (!unpacked.has(packFile)) throw invalidPack(`it has no ${packFile}`);
  const packText = await readText(folder, packFile, packLimits.packBytes);
  const { pack, data } = readPack(packText, packFile);
  if (pack.name !== lock.name || pack.version !== lock.version)
    throw invalidPack(
      `${packFile} is that of ${pack.name} ${pack.version}, and ${lockFile} that of ${showText(lock.name)} ${showText(lock.version)}`,
    );
  refuseStrayLabs(unpacked, pack);
  const beside = await Promise.all(
    besideLabs.filter((name) => unpacked.has(name)).map(async (name) => [name, await readText(folder, name)] as const),
  );
  // As they stand, too: people read these files, and a comment is no data.
  const texts = new Map([...beside, [packFile, packText], [lockFile, lockText]]);
  refuseCharacters('the pack', { files: texts, document: { data: [data, lock] } });
  const labs: LoadedLab[] = [];
  for (const id of pack.labs) {
    await hearSignal(signal);
    labs.push(await asPackError(`labs/${id}`, () => checkLab(folder, id, lock)));
  }
  return { folder, pack, lock, labs };
}

function compareWithLock(unpacked: Unpacked, lock: PackLock): void {
  const found = [...unpacked.keys()].filter((file) => file !== lockFile);
  const wanted = Object.keys(lock.files);
  const details = [
    ...wanted.filter((file) => !unpacked.has(file)).map((file) => `${showText(file)} is in ${lockFile} and not in the pack`),
    ...found
      .filter((file) => !Object.hasOwn(lock.files, file))
      .map((file) => `${showText(file)} is in the pack and not in ${lockFile}`),
  ];
  if (details.length > 0) throw invalidPack(`its files are not those of its ${lockFile}`, details.slice(0, 30));
  const changed = found.filter((file) => lock.files[file] !== unpacked.get(file));
  if (changed.length === 0) return;
  throw new KubelabError('KL-PACK-DIGEST', `${changed.length} of its files are not the ones that were packed`, {
    details: changed.slice(0, 30).map((file) => `${showText(file)} has another digest than ${lockFile} says`),
  });
}

function refuseStrayLabs(unpacked: Unpacked, { labs }: Pack): void {
  const ids = [...unpacked.keys()].filter((file) => file.startsWith('labs/')).map((file) => file.split('/')[1] ?? '');
  const stray = [...new Set(ids)].filter((id) => !labs.includes(id));
  if (stray.length > 0) throw invalidPack(`it holds labs that ${packFile} does not name`, stray.map(showText));
}

async function checkLab(folder: string, id: string, { build }: PackLock): Promise<LoadedLab> {
  const place = path.join(folder, 'labs', id);
  const shown = `labs/${id}`;
  const loaded = await loadLab(place, shown);
  if (loaded.lab.id !== id) throw invalidPack(`${shown}/${labFile} is that of the lab ${loaded.lab.id}`);
  if (hasSolutions(loaded.lab) !== (build === 'instructor'))
    throw invalidPack(`${shown} is that of another build: the pack is the ${build} build`);
  const { document } = await readLab(place, shown);
  const { files, findings } = await readFiles(loaded.folder);
  if (findings.length > 0)
    throw invalidPack(
      `${shown} holds what no lab can hold`,
      findings.map(({ message }) => message),
    );
  refuseCharacters(shown, { files, document });
  return loaded;
}

/** Texts are shown on terminals, and must not do anything there but be read. */
function refuseCharacters(what: string, subject: Parameters<typeof findControlCharacters>[0]): void {
  const findings = findControlCharacters(subject);
  if (findings.length === 0) return;
  const details = findings
    .slice(0, 30)
    .map(({ message, at }) => ('file' in at ? `${at.file}:${at.line}:${at.column} ${message}` : message));
  throw invalidPack(`${what} has characters in it that no text needs`, details);
}

async function readText(folder: string, file: string, limit: number = packLimits.fileBytes): Promise<string> {
  const bytes = await readFile(path.join(folder, file));
  if (bytes.byteLength > limit) throw invalidPack(`${file} is larger than ${limit / 1024} KiB`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalidPack(`${file} is not text in UTF-8`);
  }
}
