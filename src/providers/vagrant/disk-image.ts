import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Command, Runner } from '../../exec/runner.ts';

const minute = 60_000;

/** What a disk is made as, beside the tree that is on it. */
export interface DiskShape {
  /** What a machine sees, in mebibytes; the file takes only what is written. */
  readonly mebibytes: number;
  /** What goes onto the kernel's line, each without spaces. */
  readonly kernelOptions: readonly string[];
}

export interface DiskContext {
  readonly root: Runner;
  readonly signal: AbortSignal;
}

/** What has to be on the host for disks to be made, beside coreutils, and the Debian package that has each. */
export const diskTools: readonly (readonly [program: string, package_: string])[] = [
  ['mkfs.ext4', 'e2fsprogs'],
  ['extlinux', 'extlinux'],
  ['mount', 'mount'],
  ['qemu-img', 'qemu-utils'],
  ['unshare', 'util-linux'],
];

/** 20 GiB, as much as a node needs for images and pods. */
export const diskMebibytes = 20 * 1024;

/**
 * Kernel options for emulated processors, which are no faster for being safe, and whose clock the kernel mistrusts when
 * there are several: it then takes one whose every reading leaves the emulator. With one level of page tables less, memory
 * is found in a fifth less time.
 */
export const emulationKernelOptions: readonly string[] = ['tsc=reliable', 'clocksource=tsc', 'mitigations=off', 'no5lvl'];

/** What the disks of nodes are made as. @param emulated whether their processors are. */
export function nodeDiskShape(emulated: boolean): DiskShape {
  return { mebibytes: diskMebibytes, kernelOptions: emulated ? emulationKernelOptions : [] };
}

// The scripts stay in src/ when the rest is compiled to dist/src/.
const room = fileURLToPath(new URL('.', import.meta.url)).replace(/\/dist\/(src\/providers\/vagrant\/)$/, '/$1');
const diskScript = `${room}make-disk.sh`;

/** The key of a disk: the tree's, and a hash of what it is made as and of the script that makes it. */
export async function diskKey(treeKey: string, shape: DiskShape): Promise<string> {
  const hash = createHash('sha256').update(`${shape.mebibytes}\n${shape.kernelOptions.join(' ')}\n`);
  return `${treeKey}-${hash
    .update(await readFile(diskScript))
    .digest('hex')
    .slice(0, 8)}`;
}

/** The command that makes a disk, as root. */
export function diskCommand(tree: string, disk: string, shape: DiskShape): Command {
  return ['sh', diskScript, tree, disk, String(shape.mebibytes), ...shape.kernelOptions];
}

/**
 * Makes a bootable qcow2 out of a root file system tree with a kernel; it appears when it is whole. Takes as much room
 * again as the tree while it works.
 * @throws CommandFailed when the tree has no kernel, or a tool fails. Nothing is left then, mounts and loop devices included.
 */
export async function makeDisk(tree: string, disk: string, shape: DiskShape, { root, signal }: DiskContext): Promise<void> {
  await root.run(diskCommand(tree, disk, shape), { timeout: 30 * minute, signal });
}

const imageInfo = z.object({ 'virtual-size': z.int().positive(), format: z.string() });

/**
 * What a machine sees of a disk, in bytes.
 * @throws CommandFailed when there is no such disk; Error when it is no qcow2.
 */
export async function readVirtualSize(disk: string, runner: Runner, signal: AbortSignal): Promise<number> {
  // --force-share: a machine may be running on it.
  const result = await runner.run(['qemu-img', 'info', '--force-share', '--output=json', disk], { timeout: minute, signal });
  const info = imageInfo.parse(JSON.parse(result.stdout));
  if (info.format !== 'qcow2') throw new Error(`${disk} is ${info.format}, not qcow2`);
  return info['virtual-size'];
}
