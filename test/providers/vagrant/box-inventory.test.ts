import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createFixture } from 'fs-fixture';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { boxFolder, volumeName } from '../../../src/providers/vagrant/box.ts';
import { installBox } from '../../../src/providers/vagrant/install-box.ts';
import {
  type InstalledBox,
  type InventoryContext,
  listInstalledBoxes,
  removeInstalledBox,
} from '../../../src/providers/vagrant/box-inventory.ts';
import { libvirtHome } from '../../../src/providers/vagrant/box-shelf.ts';
import { createFakeTools, type FakeTool, type FakeTools } from '../../rig/fake-tool.ts';
import { addPool } from './pool.ts';
import { runnerWith } from './rig.ts';

let tools: FakeTools;
let folder: Awaited<ReturnType<typeof createFixture>>;
let context: InventoryContext;
let virtualbox: FakeTool;
/** What volumes were cloned from. */
let cloned: Record<string, string>;
const image = { name: 'kubelab/1.36.4-ab12', version: '1.0.0' };
const plain = { name: 'kubelab/debian-13', version: '1.0.0' };

beforeEach(async () => {
  tools = await createFakeTools();
  folder = await createFixture({
    'pool/.keep': '',
    'cache/image.qcow2': 'x'.repeat(1000),
    'cache/plain.qcow2': 'y'.repeat(2000),
  });
  cloned = {};
  await addPool(tools, folder.getPath('pool'), cloned);
  virtualbox = await tools.add('VBoxManage');
  const qemu = await tools.add('qemu-img');
  qemu.answer(['info'], { stdout: JSON.stringify({ 'virtual-size': 2 ** 30, format: 'qcow2' }) });
  const runner = runnerWith(tools);
  context = { runner, root: runner, signal: new AbortController().signal, vagrantHome: folder.getPath('vagrant'), libvirt: true };
  const home = libvirtHome(context.vagrantHome);
  await installBox(image, { disk: folder.getPath('cache/image.qcow2'), guest: 'debian' }, home, context);
  write(join(boxFolder(context.vagrantHome, plain, 'virtualbox'), 'metadata.json'), '{}');
  write(join(boxFolder(context.vagrantHome, plain, 'virtualbox'), 'box-disk001.vmdk'), 'z'.repeat(3000));
  // Somebody else's, and one that newer Vagrants added with its architecture.
  write(join(context.vagrantHome, 'boxes/bento-VAGRANTSLASH-debian-12/0/libvirt/metadata.json'), '{}');
  write(join(context.vagrantHome, 'boxes/kubelab-VAGRANTSLASH-mine-0a/0/arm64/virtualbox/metadata.json'), '{}');
  writeFileSync(folder.getPath('pool', 'generic-VAGRANTSLASH-x_vagrant_box_image_1_box.img'), 'theirs');
});

afterEach(async () => {
  await tools.remove();
  await folder.rm();
});

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** As Vagrant notes the machines that it made. */
function noteMachine(box: string, provider: string, cluster: string): void {
  mkdirSync(cluster, { recursive: true });
  const machine = { provider, vagrantfile_path: cluster, extra_data: { box: { name: box, provider, version: '1.0.0' } } };
  const index = { version: 1, machines: { '0a': machine, '0b': { ...machine, extra_data: undefined } } };
  write(join(context.vagrantHome, 'data/machine-index/index'), JSON.stringify(index));
}

async function refresh(): Promise<void> {
  const command = ['virsh', '--connect', 'qemu:///system', 'pool-refresh', 'default'] as const;
  await context.root.run(command, { timeout: 5_000, signal: context.signal });
}

const nameOf = (item: InstalledBox): string => (item.kind === 'box' ? `${item.box.name} ${item.provider}` : item.volume);

async function find(name: string): Promise<InstalledBox> {
  const found = (await listInstalledBoxes(context)).find((item) => nameOf(item) === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

describe('boxes that kubelab gave to Vagrant', () => {
  it('are listed with what they take alone, and nobody else is', async () => {
    const items = await listInstalledBoxes(context);
    expect(items.map(nameOf).toSorted()).toEqual([
      'kubelab/1.36.4-ab12 libvirt',
      'kubelab/debian-13 virtualbox',
      'kubelab/mine-0a virtualbox',
    ]);
    // The disk is the cache's, too: only the small files of the box go with it.
    expect((await find('kubelab/1.36.4-ab12 libvirt')).bytes).toBeLessThan(1000);
    expect((await find('kubelab/debian-13 virtualbox')).bytes).toBeGreaterThan(3000);
    expect(items.every(({ usedBy }) => usedBy.length === 0)).toBe(true);
  });

  it('are used by the clusters whose machines Vagrant notes, while their folder is there', async () => {
    noteMachine(image.name, 'libvirt', folder.getPath('work/.kubelab/study'));
    expect((await find('kubelab/1.36.4-ab12 libvirt')).usedBy).toEqual(['study']);
    noteMachine(image.name, 'virtualbox', folder.getPath('work/.kubelab/study'));
    expect((await find('kubelab/1.36.4-ab12 libvirt')).usedBy).toEqual([]);
  });

  it('are used by machines that were cloned from them, also where Vagrant has forgotten those', async () => {
    const clone = 'kubelab-my-lab-1a2b3c-worker1.img';
    writeFileSync(folder.getPath('pool', clone), 'a clone');
    cloned[clone] = volumeName(image);
    await refresh();
    expect((await find('kubelab/1.36.4-ab12 libvirt')).usedBy).toEqual(['my-lab-1a2b3c']);
    delete cloned[clone];
    expect((await find('kubelab/1.36.4-ab12 libvirt')).usedBy).toEqual([]);
  });

  it('go from the pool with the box', async () => {
    await removeInstalledBox(await find('kubelab/1.36.4-ab12 libvirt'), context);
    expect((await readdir(folder.getPath('pool'))).toSorted()).toEqual([
      '.keep',
      'generic-VAGRANTSLASH-x_vagrant_box_image_1_box.img',
    ]);
    expect((await listInstalledBoxes(context)).map(nameOf)).not.toContain('kubelab/1.36.4-ab12 libvirt');
    expect(await readFile(folder.getPath('cache/image.qcow2'), 'utf8')).toHaveLength(1000);
  });

  it('that left a disk in the pool are found by it', async () => {
    const volume = volumeName(image);
    const kept = folder.getPath('kept');
    linkSync(folder.getPath('pool', volume), kept);
    await removeInstalledBox(await find('kubelab/1.36.4-ab12 libvirt'), context);
    linkSync(kept, folder.getPath('pool', volume));
    await refresh();
    await removeInstalledBox(await find(volume), context);
    expect(await readdir(folder.getPath('pool'))).not.toContain(volume);
    expect((await listInstalledBoxes({ ...context, libvirt: false })).map(nameOf)).toHaveLength(2);
  });

  it('of VirtualBox go with the machine that linked clones hang on, or not at all', async () => {
    const box = boxFolder(context.vagrantHome, plain, 'virtualbox');
    const id = '11111111-2222-4333-8444-555555555555';
    writeFileSync(join(box, 'master_id'), id);
    virtualbox.answer(['list', 'vms'], { stdout: `"debian-13_1795240000000_1" {${id}}\n` });
    virtualbox.answer(['unregistervm'], { stderr: 'VBoxManage: error: Cannot delete, it has 2 child media\n', exitCode: 1 });
    const item = await find('kubelab/debian-13 virtualbox');
    await expect(removeInstalledBox(item, context)).rejects.toThrow();
    expect(await readdir(box)).toContain('box-disk001.vmdk');
    virtualbox.answer(['unregistervm', id, '--delete'], {});
    await removeInstalledBox(item, context);
    expect((await listInstalledBoxes(context)).map(nameOf)).not.toContain('kubelab/debian-13 virtualbox');
    // Gone by hand, it is not looked for.
    write(join(box, 'metadata.json'), '{}');
    writeFileSync(join(box, 'master_id'), id);
    virtualbox.answer(['list', 'vms'], {});
    const calls = virtualbox.calls.length;
    await removeInstalledBox(await find('kubelab/debian-13 virtualbox'), context);
    expect(virtualbox.calls).toHaveLength(calls + 1);
  });
});
