import { readdir, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { fileExists } from '../../exec/file-exists.ts';
import type { Command, Runner, RunResult } from '../../exec/runner.ts';
import {
  type Box,
  type BoxContext,
  type BoxDisks,
  type BoxFile,
  boxFolder,
  libvirtBoxFiles,
  libvirtDisk,
  libvirtSeed,
  ownBoxFiles,
  packBox,
  volumeName,
} from './box.ts';
import { readVirtualSize } from './disk-image.ts';
import { layOutBox } from './lay-box.ts';

const minute = 60_000;

export interface LibvirtHome {
  /** Vagrant's own folder: `$VAGRANT_HOME`, or `~/.vagrant.d`. */
  readonly vagrantHome: string;
  /** The storage pool that Vagrant uses: `default` unless told otherwise. */
  readonly pool: string;
  /** libvirt's address, such as `qemu:///system`. */
  readonly connection: string;
  /** Where the pool is made if there is none; vagrant-libvirt takes `/var/lib/libvirt/images`. */
  readonly poolFolder: string;
}

export interface InstallContext {
  readonly runner: Runner;
  readonly root: Runner;
  readonly signal: AbortSignal;
}

/** Whether Vagrant finds the box, and libvirt its disk. */
export async function hasBox(box: Box, home: LibvirtHome, context: InstallContext): Promise<boolean> {
  const metadata = path.join(boxFolder(home.vagrantHome, box, 'libvirt'), 'metadata.json');
  if (!(await fileExists(metadata))) return false;
  return (await virsh(home, context, ['vol-path', '--pool', home.pool, volumeName(box)], 'any')).exitCode === 0;
}

/**
 * Lays a box where `vagrant up` finds it, and its disks into the pool where vagrant-libvirt looks before it uploads. The
 * disks take no room again where they are on the same file system, so they must never be written to, only replaced.
 * Does it again where it is there already.
 */
export async function installBox(box: Box, disks: BoxDisks, home: LibvirtHome, context: InstallContext): Promise<void> {
  const size = await readVirtualSize(disks.disk, context.root, context.signal);
  const parts = partsOf(disks);
  // The pool first: Vagrant then never sees a box whose disk it would upload.
  const folder = await readyPool(home, context);
  for (const [name, file] of Object.entries(parts)) await placeFile(file, path.join(folder, volumeName(box, name)), context);
  await virsh(home, context, ['pool-refresh', home.pool]);
  for (const name of Object.keys(parts)) await virsh(home, context, ['vol-path', '--pool', home.pool, volumeName(box, name)]);
  await layOutBox(boxFolder(home.vagrantHome, box, 'libvirt'), describeBox(size, disks), async (partial) => {
    for (const [name, file] of Object.entries(parts)) await placeFile(file, path.join(partial, name), context);
  });
}

/** Makes a box for libvirt as one file. It appears when it is whole. */
export async function packLibvirtBox(disks: BoxDisks, file: string, context: BoxContext): Promise<void> {
  const size = await readVirtualSize(disks.disk, context.runner, context.signal);
  await packBox(file, describeBox(size, disks), partsOf(disks), context);
}

function describeBox(size: number, disks: BoxDisks): BoxFile[] {
  return [...libvirtBoxFiles(size, disks.guest, disks.seed !== undefined), ...ownBoxFiles(disks)];
}

function partsOf({ disk, seed }: BoxDisks): Record<string, string> {
  return { [libvirtDisk]: disk, ...(seed === undefined ? {} : { [libvirtSeed]: seed }) };
}

/** Removes what `installBox` made. No machine may be left that was cloned from it: its disk would lack what is not its own. */
export async function removeBox(box: Box, home: LibvirtHome, context: InstallContext): Promise<void> {
  const folder = boxFolder(home.vagrantHome, box, 'libvirt');
  await context.root.run(['rm', '-rf', folder], { timeout: minute, signal: context.signal });
  // Other versions, and other providers' boxes of the same name, stay.
  await removeEmpty(path.dirname(folder));
  await removeEmpty(path.dirname(path.dirname(folder)));
  for (const name of [volumeName(box), volumeName(box, libvirtSeed)]) await removeVolume(name, home, context);
}

/** Removes a volume of the pool if it is there. */
export async function removeVolume(name: string, home: LibvirtHome, context: InstallContext): Promise<void> {
  const found = await virsh(home, context, ['vol-path', '--pool', home.pool, name], 'any');
  if (found.exitCode === 0) await virsh(home, context, ['vol-delete', '--pool', home.pool, name]);
}

/** What the disks of machines in the pool were cloned from: by the name of that volume, the names of the clones. */
export async function listClones(home: LibvirtHome, context: InstallContext): Promise<Map<string, string[]>> {
  const clones = new Map<string, string[]>();
  const answer = await virsh(home, context, ['vol-list', '--pool', home.pool], 'any').catch(() => undefined);
  const names = (answer?.exitCode === 0 ? answer.stdout : '').split('\n').flatMap((line) => {
    const name = /^\s*(kubelab-\S+)\s+\//.exec(line)?.[1];
    return name === undefined || name.includes('_vagrant_box_image_') ? [] : [name];
  });
  for (const name of names) {
    const { stdout } = await virsh(home, context, ['vol-dumpxml', '--pool', home.pool, name], 'any');
    const backing = /<backingStore>\s*<path>([^<]+)<\/path>/.exec(stdout)?.[1];
    if (backing !== undefined) clones.set(path.basename(backing), [...(clones.get(path.basename(backing)) ?? []), name]);
  }
  return clones;
}

/** The disks of boxes that are in the pool, by their files; none where libvirt does not answer. */
export async function listBoxVolumes(home: LibvirtHome, context: InstallContext): Promise<{ name: string; file: string }[]> {
  const answer = await virsh(home, context, ['vol-list', '--pool', home.pool], 'any').catch(() => undefined);
  return (answer?.exitCode === 0 ? answer.stdout : '').split('\n').flatMap((line) => {
    const [, name, file] = /^\s*(\S+_vagrant_box_image_\S+)\s+(\/.*?)\s*$/.exec(line) ?? [];
    return name === undefined || file === undefined ? [] : [{ name, file }];
  });
}

async function removeEmpty(folder: string): Promise<void> {
  if ((await readdir(folder).catch(() => ['?'])).length === 0) await rmdir(folder);
}

/** The folder of the pool, which then runs. vagrant-libvirt makes its `default` in the same way. */
async function readyPool(home: LibvirtHome, context: InstallContext): Promise<string> {
  const { pool } = home;
  const known = await virsh(home, context, ['pool-dumpxml', pool], 'any');
  if (known.exitCode !== 0) {
    await virsh(home, context, ['pool-define-as', pool, 'dir', '--target', home.poolFolder]);
    await virsh(home, context, ['pool-build', pool]);
    await virsh(home, context, ['pool-autostart', pool]);
  }
  const { stdout } = await virsh(home, context, ['pool-info', pool]);
  if (!/^State:\s+running$/m.test(stdout)) await virsh(home, context, ['pool-start', pool]);
  const xml = (await virsh(home, context, ['pool-dumpxml', pool])).stdout;
  const folder = /<path>([^<]+)<\/path>/.exec(xml)?.[1];
  if (folder === undefined || !/<pool type=['"]dir['"]/.test(xml)) throw new Error(`libvirt's pool "${pool}" is not a folder`);
  return folder;
}

/** A hard link costs nothing; on another file system it is a clone where that can be, and a copy where not. */
const placeScript = `set -eu
mkdir -p "\${2%/*}"
if [ "$1" -ef "$2" ]; then exit 0; fi
rm -f "$2.part"
ln -L "$1" "$2.part" 2>/dev/null || cp --reflink=auto "$1" "$2.part"
mv -fT "$2.part" "$2"`;

async function placeFile(file: string, target: string, { root, signal }: InstallContext): Promise<void> {
  await root.run(['sh', '-c', placeScript, 'sh', file, target], { timeout: 30 * minute, signal });
}

function virsh(home: LibvirtHome, context: InstallContext, words: readonly string[], accept?: 'any'): Promise<RunResult> {
  const command: Command = ['virsh', '--connect', home.connection, ...words];
  return context.root.run(command, {
    timeout: 5 * minute,
    signal: context.signal,
    // What is read must not depend on the user's language.
    env: { LC_ALL: 'C' },
    ...(accept === undefined ? {} : { accept }),
  });
}
