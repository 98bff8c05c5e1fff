import { type FileHandle, mkdir, open, readdir, statfs } from 'node:fs/promises';
import path from 'node:path';
import { fileExists } from '../../exec/file-exists.ts';
import { KubelabError } from '../../errors/errors.ts';
import type { Command, Runner, RunResult } from '../../exec/runner.ts';

const minute = 60_000;
/** https://docs.kernel.org/filesystems/btrfs.html: the magic number that statfs reports. */
const btrfsMagic = 0x9123683e;

/** A place for subvolumes: base boxes, node images and machines. All changes in it are made by root. */
export interface SubvolumeStore {
  /** Where it is mounted. */
  readonly folder: string;
  readonly bases: string;
  readonly images: string;
  machines(cluster: string): string;
  /** Makes the store if it is not there and mounts it if it is not mounted; true when it had to be mounted. */
  open(): Promise<boolean>;
  /** Unmounts it when nothing in it is in use; a later `open` mounts it again. */
  close(): Promise<void>;
  list(folder: string): Promise<readonly string[]>;
  create(target: string): Promise<void>;
  snapshot(from: string, target: string): Promise<void>;
  remove(target: string): Promise<void>;
  rename(from: string, target: string): Promise<void>;
}

export interface StoreContext {
  /** The user cache folder. */
  readonly cache: string;
  /** Runs commands as root. */
  readonly root: Runner;
  readonly signal: AbortSignal;
}

/** Where the store is mounted, and the file that holds it where the cache folder is not on btrfs. */
export function locateStore(cache: string): { readonly folder: string; readonly file: string } {
  return { folder: path.join(cache, 'nspawn'), file: path.join(cache, 'nspawn.btrfs') };
}

/** A btrfs file system: the cache folder's own where that is btrfs, otherwise one in a sparse file there. */
export function openSubvolumeStore(context: StoreContext): SubvolumeStore {
  const { folder, file } = locateStore(context.cache);
  const run = (...command: Command): Promise<RunResult> =>
    context.root.run(command, { timeout: 10 * minute, signal: context.signal });
  let held: FileHandle | undefined;
  const store: SubvolumeStore = {
    folder,
    bases: path.join(folder, 'bases'),
    images: path.join(folder, 'images'),
    machines: (cluster) => path.join(folder, 'machines', cluster),
    // While the folder is held open, no other cluster's end can unmount it under this run.
    open: async () => {
      let mounted = false;
      for (;;) {
        mounted = (await mountStore(folder, file, run)) || mounted;
        await held?.close();
        held = await open(folder);
        if (await isBtrfs(folder)) return mounted;
      }
    },
    close: async () => {
      await held?.close();
      held = undefined;
      await unmountStore(folder, file, context);
    },
    list: (place) => listFolder(place),
    create: async (target) => {
      await run('mkdir', '-p', path.dirname(target));
      await run('btrfs', '--quiet', 'subvolume', 'create', target);
    },
    snapshot: async (from, target) => {
      await run('mkdir', '-p', path.dirname(target));
      // The last use of what is copied, for whoever has to choose what to remove.
      await run('touch', from);
      await run('btrfs', '--quiet', 'subvolume', 'snapshot', from, target);
    },
    // systemd makes subvolumes of its own inside, such as var/lib/machines; they go first.
    remove: async (target) => {
      await run('sh', '-c', removeScript, 'sh', target);
    },
    rename: async (from, target) => {
      await run('mv', '-T', from, target);
    },
  };
  return store;
}

const removeScript = `set -eu
[ -d "$1" ] || exit 0
btrfs subvolume list -o "$1" | sed 's/^.* path //' | sort -r | while read -r inner; do
	case $inner in *"/\${1##*/}/"*) btrfs --quiet subvolume delete "$1/\${inner#*"/\${1##*/}/"}" ;; esac
done
btrfs --quiet subvolume delete "$1" || rm -rf "$1"`;

const makeScript = `set -eu
[ ! -e "$1" ] || exit 0
truncate --size "$2" "$1.part"
mkfs.btrfs --quiet "$1.part"
mv -T "$1.part" "$1"`;

const mountScript = 'mountpoint -q "$2" || mount -o loop,noatime,compress=zstd:1 "$1" "$2"';

async function listFolder(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).toSorted();
}

async function isBtrfs(folder: string): Promise<boolean> {
  return statfs(folder).then(
    ({ type }) => type === btrfsMagic,
    () => false,
  );
}

async function mountStore(folder: string, file: string, run: (...command: Command) => Promise<RunResult>): Promise<boolean> {
  await mkdir(folder, { recursive: true });
  if (await isBtrfs(folder)) return false;
  if (!(await fileExists(file))) {
    const { bavail, bsize } = await statfs(path.dirname(file));
    const gibibytes = Math.floor((bavail * bsize) / 2 ** 30);
    if (gibibytes < 6)
      throw new KubelabError(
        'KL-HOST-DISK-FULL',
        `${path.dirname(file)} has ${gibibytes} GiB free; node images and nodes need at least 6 GiB`,
      );
    // Sparse: it takes only what is written. It may grow to what is free now, less a reserve that keeps the host alive.
    await run('flock', `${file}.lock`, 'sh', '-c', makeScript, 'sh', file, `${Math.max(gibibytes - 2, 5)}G`);
  }
  await run('flock', `${file}.lock`, 'sh', '-c', mountScript, 'sh', file, folder);
  return true;
}

async function unmountStore(folder: string, file: string, context: StoreContext): Promise<void> {
  if (!(await fileExists(file)) || !(await isBtrfs(folder))) return;
  // Busy means that a machine of another cluster runs in it: then it stays.
  await context.root.run(['umount', folder], { timeout: minute, signal: context.signal, accept: 'any' });
}
