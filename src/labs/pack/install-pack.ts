import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileExists } from '../../exec/file-exists.ts';
import { readIfThere } from '../../cluster/files.ts';
import { Interrupted, KubelabError } from '../../errors/errors.ts';
import type { Send } from '../../artifacts/request.ts';
import type { Runner } from '../../exec/runner.ts';
import { checkPack, type CheckedPack } from './check-pack.ts';
import { cloneRepository } from './clone-repository.ts';
import { fetchArchive } from './fetch-archive.ts';
import { isSameContent, lockFile, type PackLock, parseLock } from './pack-lock.ts';
import { type PackSource, showUrl } from './pack-source.ts';
import { findBuild, openPackFolder, readPackFolder } from './read-folder.ts';
import { moveInPlace, packsFolder, removeStale, withStaging } from './staging.ts';
import { copyArchive, openArchive, unpackArchive, type Unpacked, writeEntry } from './unpack-archive.ts';
import { digestOfBytes } from '../../artifacts/store.ts';
import { withLock } from './write-archive.ts';

/** A pack that can be installed, once somebody agrees. */
export interface OfferedPack extends CheckedPack {
  /** The SHA-256 of its archive, where it came as one. */
  readonly sha256: string | undefined;
  /** The commit that it was read from, where it came from git. */
  readonly commit: string | undefined;
}

export interface InstallOptions {
  readonly source: PackSource;
  /** The SHA-256 that the archive has to have. */
  readonly sha256: string | undefined;
  /** The user's state folder. */
  readonly state: string;
  /** The version of kubelab. */
  readonly kubelab: string;
  readonly runner: Runner;
  readonly send: Send;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
  /** Whether it may be installed. Asked once all of it was looked at. */
  readonly agree: (pack: OfferedPack) => Promise<boolean>;
}

export interface Installed {
  readonly pack: OfferedPack;
  readonly end: 'installed' | 'already' | 'declined';
  /** Where it is. */
  readonly folder: string;
}

/**
 * Installs a pack: gets it, looks at all of it, asks, and moves it in place. Until then everything is in a folder of its
 * own, which is gone in the end, whatever happens.
 * @throws KubelabError `KL-PACK-UNKNOWN`, `KL-PACK-INVALID`, `KL-PACK-UNSAFE`, `KL-PACK-DIGEST`, `KL-PACK-EXISTS`
 * @throws Interrupted when the signal was aborted.
 */
export async function installPack(options: InstallOptions): Promise<Installed> {
  const packs = packsFolder(options.state);
  return withStaging(packs, async (staging) => {
    await removeStale(packs);
    const folder = path.join(staging, 'pack');
    await mkdir(folder);
    const { unpacked, ...origin } = await stage(options, staging, folder);
    options.say('look at its labs');
    const pack: OfferedPack = { ...(await checkPack(folder, unpacked, options.signal)), ...origin };
    const target = path.join(packs, pack.pack.name, pack.pack.version);
    if (await isInstalled(target, pack.lock)) return { pack, end: 'already', folder: target };
    if (!(await options.agree(pack))) return { pack, end: 'declined', folder: target };
    if (options.signal.aborted) throw new Interrupted();
    if (await moveInPlace(folder, target)) return { pack, end: 'installed', folder: target };
    // Another run was faster.
    await isInstalled(target, pack.lock);
    return { pack, end: 'already', folder: target };
  });
}

type Staged = Pick<OfferedPack, 'sha256' | 'commit'> & { readonly unpacked: Unpacked };

async function stage(options: InstallOptions, staging: string, folder: string): Promise<Staged> {
  const { source, signal, say, runner } = options;
  if (source.kind === 'url') {
    const file = path.join(staging, 'archive');
    say(`fetch ${showUrl(source.url)}`);
    const onProgress = (bytes: number, total: number | undefined): void =>
      say(`${bytes}${total === undefined ? '' : ` of ${total}`} bytes`);
    const sha256 = await fetchArchive({ url: source.url, file, send: options.send, signal, onProgress });
    requireDigest(options, sha256, showUrl(source.url));
    return { unpacked: await unpackFile(file, showUrl(source.url), folder, signal), sha256, commit: undefined };
  }
  if (source.kind === 'git') {
    refuseDigest(options);
    const clone = path.join(staging, 'repository');
    say(`fetch ${showUrl(source.url)}`);
    const { commit } = await cloneRepository({ source, folder: clone, runner, signal });
    return { unpacked: await copyFolder(options, clone, showUrl(source.url), folder), sha256: undefined, commit };
  }
  const isFolder = (await stat(source.path).catch(() => undefined))?.isDirectory() === true;
  if (isFolder) {
    refuseDigest(options);
    return { unpacked: await copyFolder(options, source.path, source.path, folder), sha256: undefined, commit: undefined };
  }
  return stageFile(options, source.path, staging, folder);
}

async function stageFile(options: InstallOptions, file: string, staging: string, folder: string): Promise<Staged> {
  const copy = path.join(staging, 'archive');
  const handle = await openArchive(file, file);
  const sha256 = await copyArchive(handle, file, copy, options.signal).finally(() => handle.close());
  requireDigest(options, sha256, file);
  return { unpacked: await unpackFile(copy, file, folder, options.signal), sha256, commit: undefined };
}

async function unpackFile(file: string, shown: string, folder: string, signal: AbortSignal): Promise<Unpacked> {
  const handle = await openArchive(file, shown);
  try {
    return await unpackArchive(handle, folder, signal);
  } finally {
    await handle.close();
  }
}

/** A folder is a pack with everything in it, as its author has it: the instructor build, unless its labs have no solutions. */
async function copyFolder({ kubelab, signal }: InstallOptions, from: string, shown: string, folder: string): Promise<Unpacked> {
  const opened = await openPackFolder(from, shown);
  const content = await readPackFolder(opened, await findBuild(opened));
  return layOut(withLock(content, kubelab), folder, signal);
}

/**
 * Proves that a pack that was made can be installed: lays it out beside where it goes, looks at it as an installation does,
 * and removes it again.
 * @param files with the lock.
 * @throws KubelabError `KL-PACK-INVALID`
 */
export async function proveInstallable(
  files: ReadonlyMap<string, Uint8Array>,
  beside: string,
  signal: AbortSignal,
): Promise<void> {
  await withStaging(beside, async (staging) => {
    await checkPack(staging, await layOut(files, staging, signal), signal);
  });
}

async function layOut(files: ReadonlyMap<string, Uint8Array>, folder: string, signal: AbortSignal): Promise<Unpacked> {
  for (const [file, bytes] of files) {
    if (signal.aborted) throw new Interrupted();
    await writeEntry(folder, { path: file, content: bytes });
  }
  return new Map([...files].map(([file, bytes]) => [file, digestOfBytes(bytes)]));
}

function requireDigest({ source, sha256 }: InstallOptions, found: string, shown: string): void {
  const wanted = [sha256, source.kind === 'url' ? source.sha256 : undefined].filter((one) => one !== undefined);
  if (wanted.every((one) => one === found)) return;
  throw new KubelabError('KL-PACK-DIGEST', `${shown} is not the file that the SHA-256 is of; it was not opened`, {
    details: [...wanted.map((one) => `expected ${one}`), `found    ${found}`],
  });
}

function refuseDigest({ sha256 }: InstallOptions): void {
  if (sha256 === undefined) return;
  throw new KubelabError('KL-USE', 'Only an archive has a SHA-256.', {
    cure: 'Leave --sha256 out. A repository is pinned by a commit: git+https://HOST/REPOSITORY#COMMIT.',
  });
}

/** Whether this very pack is there already. @throws KubelabError `KL-PACK-EXISTS` when another one has its name and version. */
async function isInstalled(target: string, lock: PackLock): Promise<boolean> {
  if (!(await fileExists(target))) return false;
  const known = await readLock(target);
  if (known !== undefined && isSameContent(known, lock)) return true;
  const build = known === undefined ? '' : `: its ${known.build} build`;
  throw new KubelabError('KL-PACK-EXISTS', `${lock.name} ${lock.version} is installed with another content${build}`, {
    cure: `Give the changed pack a new version, or remove the installed one first: kubelab lab remove ${lock.name}@${lock.version}.`,
  });
}

async function readLock(folder: string): Promise<PackLock | undefined> {
  try {
    return parseLock((await readIfThere(path.join(folder, lockFile))) ?? '');
  } catch (error) {
    if (error instanceof KubelabError) return undefined;
    throw error;
  }
}
