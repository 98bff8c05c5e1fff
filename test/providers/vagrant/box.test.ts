import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createFixture } from 'fs-fixture';
import { describe, expect, it } from 'vitest';
import { localRunner } from '../../../src/exec/local.ts';
import { type Box, boxFolder, libvirtBoxFiles, packBox, volumeName } from '../../../src/providers/vagrant/box.ts';
import { virtualboxBoxFiles } from '../../../src/providers/vagrant/virtualbox-box.ts';
import { askVagrant, withoutVagrant } from './rig.ts';

const gibibyte = 2 ** 30;
const box: Box = { name: 'kubelab/1.36.4-abc', version: '1.0.0' };
const context = { runner: localRunner(), signal: new AbortController().signal };
const find = (files: readonly { readonly name: string; readonly text: string }[], name: string): string =>
  files.find((file) => file.name === name)?.text ?? `no ${name}`;

describe('a box for libvirt', () => {
  it.each([
    [20 * gibibyte, 20],
    [20 * gibibyte + 1, 21],
    [1, 1],
  ])('of a disk of %i bytes says %i GiB, never less than the disk has', (bytes, expected) => {
    expect(JSON.parse(find(libvirtBoxFiles(bytes, 'debian'), 'metadata.json'))).toEqual({
      provider: 'libvirt',
      format: 'qcow2',
      virtual_size: expected,
    });
  });

  it('has names without slashes on disk', () => {
    expect(boxFolder('/home/me/.vagrant.d', box, 'libvirt')).toBe(
      '/home/me/.vagrant.d/boxes/kubelab-VAGRANTSLASH-1.36.4-abc/1.0.0/libvirt',
    );
    expect(volumeName(box)).toBe('kubelab-VAGRANTSLASH-1.36.4-abc_vagrant_box_image_1.0.0_box.img');
  });

  it.skipIf(withoutVagrant)('has the name of its volume from vagrant-libvirt', () => {
    const code = 'puts Image.get_volume_name(Struct.new(:name, :version).new(*ARGV), "box", "", nil)';
    expect(askVagrant(code, box.name, box.version)).toBe(volumeName(box));
  });
});

describe('a box in one file', () => {
  it('has its files and its disk, and leaves nothing else', async () => {
    await using folder = await createFixture({ 'disk.qcow2': 'the disk' });
    const file = folder.getPath('study.box');
    await packBox(file, libvirtBoxFiles(gibibyte, 'debian'), { 'box.img': folder.getPath('disk.qcow2') }, context);
    const unpacked = folder.getPath('unpacked');
    await mkdir(unpacked);
    await context.runner.run(['tar', '-xf', file, '-C', unpacked], { timeout: 10_000, signal: context.signal });
    expect((await readdir(unpacked)).toSorted()).toEqual(['Vagrantfile', 'box.img', 'metadata.json']);
    expect(await readFile(path.join(unpacked, 'box.img'), 'utf8')).toBe('the disk');
    expect((await readdir(folder.path)).toSorted()).toEqual(['disk.qcow2', 'study.box', 'unpacked']);
  });

  it('is not there when it could not be packed', async () => {
    await using folder = await createFixture({});
    const file = folder.getPath('study.box');
    await expect(packBox(file, [], { 'box.img': folder.getPath('no-such-disk') }, context)).rejects.toMatchObject({
      commandExitCode: 2,
    });
    expect(await readdir(folder.path)).toEqual([]);
  });

  it.skipIf(withoutVagrant)('is one that Vagrant takes', { timeout: 60_000 }, async () => {
    await using folder = await createFixture({ 'disk.qcow2': 'the disk', 'disk.vmdk': 'another' });
    const vagrantHome = folder.getPath('home');
    await mkdir(path.join(vagrantHome, 'boxes'), { recursive: true });
    const boxes = [
      { provider: 'libvirt', files: libvirtBoxFiles(gibibyte, 'debian'), parts: { 'box.img': folder.getPath('disk.qcow2') } },
      {
        provider: 'virtualbox',
        files: virtualboxBoxFiles({ disk: gibibyte }, 'debian'),
        parts: { 'box-disk001.vmdk': folder.getPath('disk.vmdk') },
      },
    ] as const;
    for (const { provider, files, parts } of boxes) {
      const file = folder.getPath(`${provider}.box`);
      await packBox(file, files, parts, context);
      const code =
        'puts Vagrant::BoxCollection.new(Pathname.new(ARGV[0])).add(Pathname.new(ARGV[1]), ARGV[2], ARGV[3]).directory';
      const directory = askVagrant(code, path.join(vagrantHome, 'boxes'), file, box.name, box.version);
      expect(directory).toBe(boxFolder(vagrantHome, box, provider));
    }
  });
});

describe('a box for VirtualBox', () => {
  const files = virtualboxBoxFiles({ disk: 20 * gibibyte }, 'debian');

  it('is for VirtualBox', () => {
    expect(JSON.parse(find(files, 'metadata.json'))).toEqual({ provider: 'virtualbox' });
  });

  it('describes a machine with its disk on the controller that the kernel has a driver for', async () => {
    await using folder = await createFixture({});
    const file = folder.getPath('box.ovf');
    await writeFile(file, find(files, 'box.ovf'));
    // Python's parser is strict about what is well-formed.
    const code = `import sys, xml.etree.ElementTree as tree
ns = {'o': 'http://schemas.dmtf.org/ovf/envelope/1', 'r': 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData'}
root = tree.parse(sys.argv[1])
disk = root.find('.//o:Disk', ns)
print(disk.get('{%s}capacity' % ns['o']), root.find('.//o:File', ns).get('{%s}href' % ns['o']))
for item in root.findall('.//o:Item', ns): print(*[field.text for field in item])`;
    const { stdout } = await context.runner.run(['python3', '-c', code, file], { timeout: 10_000, signal: context.signal });
    const [first, ...items] = stdout.trim().split('\n');
    expect(first).toBe('21474836480 box-disk001.vmdk');
    expect(items).toContain('0 ideController0 ideController0 3 PIIX4 5');
    expect(items).toContain('0 disk1 disk1 /disk/vmdisk1 4 3 17');
  });
});
