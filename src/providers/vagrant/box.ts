import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Runner } from '../../exec/runner.ts';

const minute = 60_000;
const gibibyte = 2 ** 30;

/** A Vagrant box: what machines are cloned from. */
export interface Box {
  /** As in `config.vm.box`; may have a slash. */
  readonly name: string;
  /** Dotted numbers, such as `1.0.0`. Not `0`, which stands for a box without a version. */
  readonly version: string;
}

export type BoxProvider = 'libvirt' | 'virtualbox';

/** A file of a box. */
export interface BoxFile {
  readonly name: string;
  readonly text: string;
}

export interface BoxContext {
  readonly runner: Runner;
  readonly signal: AbortSignal;
}

/** What the machines of a box begin with: files of the host. */
export interface BoxDisks {
  /** The system: a qcow2. */
  readonly disk: string;
  /** What cloud-init reads at the first boot, as a small disk beside it: a qcow2, which vagrant-libvirt wants all disks to be. */
  readonly seed?: string;
  /** What Vagrant calls the system, so that it need not ask the machine. */
  readonly guest: BoxGuest;
  /** The key of the node image that the disk has, where it has one: the box says it. */
  readonly image?: string;
}

/** The file of a box that says which node image is on its disk. Vagrant does not look at it. */
export const imageNoteFile = 'node-image';

/** What a box has beside what its provider wants. */
export function ownBoxFiles({ image }: Pick<BoxDisks, 'image'>): readonly BoxFile[] {
  return image === undefined ? [] : [{ name: imageNoteFile, text: `${image}\n` }];
}

export type BoxGuest = 'debian' | 'ubuntu' | 'redhat';

/** The names of the disks in a box for libvirt. */
export const libvirtDisk = 'box.img';
export const libvirtSeed = 'seed.img';

/**
 * What a box for libvirt has beside its disks, in the formats that vagrant-libvirt calls version 1 and, for several
 * disks, version 2: README of vagrant-libvirt, "Box Format".
 * @param virtualSize what a machine sees of the disk, in bytes; the box says it in whole GiB, rounded up.
 */
export function libvirtBoxFiles(virtualSize: number, guest: BoxGuest, withSeed = false): readonly BoxFile[] {
  const system = { provider: 'libvirt', format: 'qcow2', virtual_size: Math.ceil(virtualSize / gibibyte) };
  const metadata = withSeed ? { ...system, disks: [{ path: libvirtDisk }, { path: libvirtSeed }] } : system;
  return [
    { name: 'metadata.json', text: `${JSON.stringify(metadata)}\n` },
    {
      name: 'Vagrantfile',
      text: `Vagrant.configure("2") do |config|
  config.vm.guest = :${guest}
  config.vm.provider "libvirt" do |libvirt|
    # The disk is found by its label, wherever it hangs; virtio is the fastest.
    libvirt.disk_bus = "virtio"
  end
end
`,
    },
  ];
}

/** Where Vagrant keeps a box: `dir_name` and `find` in Vagrant's lib/vagrant/box_collection.rb. */
export function boxFolder(vagrantHome: string, box: Box, provider: BoxProvider): string {
  return path.join(vagrantHome, 'boxes', escapeSlashes(box.name), box.version, provider);
}

/**
 * The name that vagrant-libvirt looks for before it uploads a box's disk: `get_volume_name` in its
 * lib/vagrant-libvirt/action/handle_box_image.rb, as of 0.11. A volume of that name in any pool that runs will do.
 * @param file the disk's name in the box.
 */
export function volumeName(box: Box, file = libvirtDisk): string {
  return `${escapeSlashes(box.name)}_vagrant_box_image_${box.version}_${path.parse(file).name}.img`;
}

/** The box that a folder of Vagrant's boxes, or the name of a volume before `_vagrant_box_image_`, stands for. */
export function unescapeSlashes(name: string): string {
  return name.replaceAll('-VAGRANTSLASH-', '/');
}

/** How names of boxes stand in paths and in names of volumes. */
export function escapeSlashes(name: string): string {
  return name.replaceAll('/', '-VAGRANTSLASH-');
}

/**
 * Packs a box into one file, for `vagrant box add`. It appears when it is whole. It is a plain tar: what is big in a box
 * is compressed by itself.
 * @param parts files that exist, by their names in the box.
 */
export async function packBox(
  target: string,
  files: readonly BoxFile[],
  parts: Readonly<Record<string, string>>,
  { runner, signal }: BoxContext,
): Promise<void> {
  const staging = `${target}.files`;
  const partial = `${target}.part`;
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  try {
    for (const { name, text } of files) await writeFile(path.join(staging, name), text);
    for (const [name, file] of Object.entries(parts)) await symlink(path.resolve(file), path.join(staging, name));
    const names = [...files.map(({ name }) => name), ...Object.keys(parts)];
    await runner.run(
      ['tar', '--create', '--dereference', '--owner=0', '--group=0', '--directory', staging, '--file', partial, ...names],
      { timeout: 60 * minute, signal },
    );
    await rename(partial, target);
  } finally {
    await rm(staging, { recursive: true, force: true });
    await rm(partial, { force: true });
  }
}
