import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fetchByDigest, type FetchSettings } from '../../artifacts/cloud-image.ts';
import { fileExists } from '../../exec/file-exists.ts';
import type { PlainBox } from '../../artifacts/plain-box.ts';
import { openStore } from '../../artifacts/store.ts';
import type { NodeImageHome } from '../../cluster/up-context.ts';
import type { Box, BoxDisks, BoxGuest, BoxProvider } from './box.ts';
import { boxShelf, type ShelfContext } from './box-shelf.ts';
import { cloudSeedImage, vagrantPublicKey } from './cloud-seed.ts';
import { diskMebibytes, readVirtualSize } from './disk-image.ts';
import { diskFolder } from './vm-image.ts';

const minute = 60_000;

export interface PlainBoxSettings {
  readonly box: PlainBox;
  readonly provider: BoxProvider;
  readonly vagrantHome: string;
  /** The user cache folder. */
  readonly cache: string;
  readonly fetch: FetchSettings;
  /** Told the name of the box each time that it was made sure of. */
  readonly installed: (name: string) => Promise<void>;
}

/** A box with a plain system, whose machines install all on their own. */
export interface PlainBoxHome extends NodeImageHome {
  /** What Vagrant knows it by. Another file or digest has another name. */
  readonly name: string;
  /** The disks of a box that is made from a cloud image, made where they are not there. The seed is gone after the work. */
  withDisks<T>(progress: (text: string) => void, work: (disks: BoxDisks) => Promise<T>): Promise<T>;
}

type CloudImage = Extract<PlainBox, { kind: 'cloud' }>;

export async function plainBoxHome(settings: PlainBoxSettings, context: ShelfContext): Promise<PlainBoxHome> {
  const { box, provider, vagrantHome } = settings;
  const name = await nameBox(box);
  const shelf = boxShelf(provider, vagrantHome, context);
  const own: Box = { name, version: '1.0.0' };
  const withDisks: PlainBoxHome['withDisks'] = (progress, work) => {
    if (box.kind !== 'cloud') throw new Error(`${name} has its disks inside`);
    return withCloudDisks(box, settings, context, progress, work);
  };
  const has = (): Promise<boolean> => (box.kind === 'cloud' ? shelf.has(own) : hasAddedBox(name, provider, vagrantHome));
  return {
    name,
    withDisks,
    onNodes: true,
    hasBase: has,
    makeBase: async (progress) => {
      if (box.kind === 'cloud')
        await withDisks(progress, (disks) => {
          progress('laying the box where Vagrant finds it');
          return shelf.install(own, disks);
        });
      else await addBox(name, await obtainBox(box, settings, progress), settings, context);
      await settings.installed(name);
    },
    // There is no other image than the box itself.
    hasImage: has,
    makeImage: () => Promise.resolve(),
  };
}

/** A name that another content does not have. */
async function nameBox(box: PlainBox): Promise<string> {
  const short = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);
  if (box.kind === 'cloud') return `kubelab/${box.name}-${short(`${box.digest} ${diskMebibytes}`)}`;
  const place = box.kind === 'url' ? new URL(box.url).pathname : box.path;
  const stem = path
    .basename(place)
    .replace(/\.box$/, '')
    .replaceAll(/[^A-Za-z0-9._]+/g, '-');
  if (box.kind === 'url') return `kubelab/${stem}-${short(box.digest)}`;
  // Reading gigabytes each time would tell no more than this does.
  const found = await stat(box.path).catch(() => undefined);
  return `kubelab/${stem}-${short(`${box.path} ${found?.size} ${found?.mtimeMs}`)}`;
}

/** A plain box as far as it is known before anything was looked up: which build of a cloud image it is, is open. */
export type PlainBoxAhead = Exclude<PlainBox, CloudImage> | Pick<CloudImage, 'kind' | 'name' | 'architecture'>;

/** What a plain box is called where its build is open. */
export async function plainBoxStem(box: PlainBoxAhead): Promise<string> {
  return box.kind === 'cloud' ? `${box.name}-${box.architecture}` : path.basename(await nameBox(box));
}

/** A name that another content does not have, without a place before it. */
export async function plainBoxKey(box: PlainBox): Promise<string> {
  return path.basename(await nameBox(box));
}

/**
 * Makes the small disk that tells cloud-init the user and the key; it is gone after the work.
 * @param stem what its path begins with.
 */
export async function withSeed<T>(
  stem: string,
  { runner, signal }: Pick<ShelfContext, 'runner' | 'signal'>,
  work: (seed: string) => Promise<T>,
): Promise<T> {
  const seed = `${stem}.seed`;
  try {
    await writeFile(`${seed}.raw`, cloudSeedImage(vagrantPublicKey));
    await runner.run(['qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', `${seed}.raw`, seed], { timeout: minute, signal });
    return await work(seed);
  } finally {
    await Promise.all([seed, `${seed}.raw`].map((file) => rm(file, { force: true })));
  }
}

async function withCloudDisks<T>(
  image: CloudImage,
  settings: PlainBoxSettings,
  context: ShelfContext,
  progress: (text: string) => void,
  work: (disks: BoxDisks) => Promise<T>,
): Promise<T> {
  const stem = path.join(diskFolder(settings.cache), path.basename(await nameBox(image)));
  const disk = `${stem}.qcow2`;
  await mkdir(path.dirname(disk), { recursive: true });
  if (!(await fileExists(disk))) await makeCloudDisk(image, disk, settings, context, progress);
  return withSeed(stem, context, (seed) => work({ disk, seed, guest: guestOf(image.name) }));
}

/** A disk as large as those of node images; the system grows its file system at the first boot. */
async function makeCloudDisk(
  image: CloudImage,
  disk: string,
  { cache, fetch }: PlainBoxSettings,
  { runner, signal }: ShelfContext,
  progress: (text: string) => void,
): Promise<void> {
  const stored = await fetchByDigest(image, openStore(cache), { ...fetch, onProgress: reportBytes(progress) });
  progress('making the disk');
  const partial = `${disk}.part`;
  try {
    await runner.run(['qemu-img', 'convert', '-f', 'qcow2', '-O', 'qcow2', stored.file, partial], {
      timeout: 30 * minute,
      signal,
    });
    const bytes = diskMebibytes * 1024 ** 2;
    if ((await readVirtualSize(partial, runner, signal)) < bytes)
      await runner.run(['qemu-img', 'resize', '-f', 'qcow2', partial, String(bytes)], { timeout: minute, signal });
    await rename(partial, disk);
  } finally {
    await rm(partial, { force: true });
  }
}

function reportBytes(progress: (text: string) => void): (bytes: number, total: number | undefined) => void {
  let last = 0;
  return (bytes, total) => {
    if (bytes - last < 4 * 1024 ** 2) return;
    last = bytes;
    const mebibytes = (count: number): string => `${Math.round(count / 1024 ** 2)} MiB`;
    progress(`fetching the image: ${mebibytes(bytes)}${total === undefined ? '' : ` of ${mebibytes(total)}`}`);
  };
}

/** What Vagrant calls a system, by its name as a box or by the words that its `/etc/os-release` has for it. */
export function guestOf(words: string): BoxGuest {
  if (/\bubuntu\b/.test(words)) return 'ubuntu';
  return /\b(?:rocky|rhel|fedora|centos)\b/.test(words) ? 'redhat' : 'debian';
}

async function obtainBox(
  box: Exclude<PlainBox, CloudImage>,
  { cache, fetch }: PlainBoxSettings,
  progress: (text: string) => void,
): Promise<string> {
  if (box.kind === 'file') return box.path;
  return (await fetchByDigest(box, openStore(cache), { ...fetch, onProgress: reportBytes(progress) })).file;
}

/** Whether Vagrant has a box that was added from a file: its version is 0, and newer ones put its architecture between. */
async function hasAddedBox(name: string, provider: BoxProvider, vagrantHome: string): Promise<boolean> {
  const version = path.join(vagrantHome, 'boxes', name.replaceAll('/', '-VAGRANTSLASH-'), '0');
  const below = await readdir(version).catch(() => []);
  const places = [provider, ...below.map((folder) => path.join(folder, provider))];
  const found = await Promise.all(places.map((place) => fileExists(path.join(version, place, 'metadata.json'))));
  return found.includes(true);
}

async function addBox(
  name: string,
  file: string,
  { provider, vagrantHome }: PlainBoxSettings,
  { runner, signal }: ShelfContext,
): Promise<void> {
  await runner.run(['vagrant', 'box', 'add', '--force', '--name', name, '--provider', provider, file], {
    timeout: 60 * minute,
    signal,
    env: { VAGRANT_HOME: vagrantHome, VAGRANT_CHECKPOINT_DISABLE: '1', VAGRANT_NO_COLOR: '1' },
  });
}
