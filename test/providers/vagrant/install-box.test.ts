import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createFixture } from 'fs-fixture';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Box, boxFolder, volumeName } from '../../../src/providers/vagrant/box.ts';
import {
  hasBox,
  type InstallContext,
  installBox,
  type LibvirtHome,
  removeBox,
} from '../../../src/providers/vagrant/install-box.ts';
import { createFakeTools, type FakeTool, type FakeTools, type ToolAnswer } from '../../rig/fake-tool.ts';
import { askVagrant, runnerWith, withoutVagrant } from './rig.ts';

const box: Box = { name: 'kubelab/study', version: '1.0.0' };

let tools: FakeTools;
let virsh: FakeTool;
let qemuImg: FakeTool;
let folder: Awaited<ReturnType<typeof createFixture>>;
let home: LibvirtHome;
let context: InstallContext;
/** What libvirt knows: no pool, or whether it runs and what it saw at its last refresh. */
let pool: { running: boolean; seen: string[] } | undefined;

beforeEach(async () => {
  tools = await createFakeTools();
  folder = await createFixture({ 'disk.qcow2': 'the disk' }, { tempDir: tmpdir() });
  home = {
    vagrantHome: folder.getPath('vagrant'),
    pool: 'default',
    connection: 'test:///kubelab',
    poolFolder: folder.getPath('pool'),
  };
  const runner = runnerWith(tools);
  context = { runner, root: runner, signal: new AbortController().signal };
  qemuImg = await tools.add('qemu-img');
  qemuImg.answer(['info'], { stdout: JSON.stringify({ 'virtual-size': 20 * 2 ** 30, format: 'qcow2' }) });
  pool = { running: true, seen: [] };
  await mkdir(home.poolFolder);
  virsh = await tools.add('virsh');
  virsh.answer(['--connect', 'test:///kubelab'], ({ args }) => libvirt(args.slice(2)));
});

afterEach(async () => {
  await tools.remove();
  await folder.rm();
});

/** As much of virsh as there is to it here, with its words and exit codes. */
function libvirt([verb = '', ...words]: readonly string[]): ToolAnswer {
  const refused = (stderr: string): ToolAnswer => ({ stderr: `error: ${stderr}\n`, exitCode: 1 });
  const last = words.at(-1) ?? '';
  if (verb === 'pool-define-as') pool = { running: false, seen: [] };
  if (pool === undefined) return refused("Storage pool not found: no storage pool with matching name 'default'");
  if (verb === 'pool-dumpxml')
    return { stdout: `<pool type='dir'>\n<target>\n<path>${home.poolFolder}</path>\n</target></pool>` };
  if (verb === 'pool-info') return { stdout: `Name:   default\nState:          ${pool.running ? 'running' : 'inactive'}\n` };
  if (verb === 'pool-start') pool = { ...pool, running: true };
  if (verb === 'pool-refresh' && !pool.running) return refused('pool is not active');
  if (verb === 'pool-refresh') pool = { running: true, seen: [volumeName(box)].filter(isInPool) };
  if (verb === 'vol-path' && !pool.seen.includes(last)) return refused('no storage vol with matching name');
  if (verb === 'vol-delete') pool.seen = [];
  return {};
}

function isInPool(name: string): boolean {
  return existsSync(path.join(home.poolFolder, name));
}

const asked = (): string[] => virsh.calls.map(({ args }) => args.slice(2, 4).join(' '));

describe('installing a box', () => {
  it('lays the disk where vagrant-libvirt looks, and takes no room for it', async () => {
    await installBox(box, { disk: folder.getPath('disk.qcow2'), guest: 'debian' }, home, context);
    const installed = boxFolder(home.vagrantHome, box, 'libvirt');
    expect((await readdir(installed)).toSorted()).toEqual(['Vagrantfile', 'box.img', 'metadata.json']);
    expect(JSON.parse(await readFile(path.join(installed, 'metadata.json'), 'utf8'))).toMatchObject({ virtual_size: 20 });
    expect(await readdir(home.poolFolder)).toEqual([volumeName(box)]);
    expect((await stat(folder.getPath('disk.qcow2'))).nlink).toBe(3);
    expect(await readdir(path.join(home.vagrantHome, 'boxes', 'kubelab-VAGRANTSLASH-study'))).toEqual(['1.0.0']);
    expect(await hasBox(box, home, context)).toBe(true);
    expect(asked()).not.toContain('pool-define-as default');
  });

  it('replaces one that is there, and what a run that was cut off left', async () => {
    await installBox(box, { disk: folder.getPath('disk.qcow2'), guest: 'debian' }, home, context);
    await writeFile(folder.getPath('new.qcow2'), 'a new disk');
    const versions = path.join(home.vagrantHome, 'boxes', 'kubelab-VAGRANTSLASH-study');
    await mkdir(path.join(versions, '.1.0.0.part'));
    await writeFile(path.join(home.poolFolder, `${volumeName(box)}.part`), 'half');
    await installBox(box, { disk: folder.getPath('new.qcow2'), guest: 'debian' }, home, context);
    expect(await readFile(path.join(home.poolFolder, volumeName(box)), 'utf8')).toBe('a new disk');
    expect(await readFile(path.join(boxFolder(home.vagrantHome, box, 'libvirt'), 'box.img'), 'utf8')).toBe('a new disk');
    expect(await readdir(versions)).toEqual(['1.0.0']);
    expect(await readdir(home.poolFolder)).toEqual([volumeName(box)]);
    // Machines that were cloned from the old one still have it open; it must not change under them.
    expect(await readFile(folder.getPath('disk.qcow2'), 'utf8')).toBe('the disk');
  });

  it('does it again where it is whole', async () => {
    await installBox(box, { disk: folder.getPath('disk.qcow2'), guest: 'debian' }, home, context);
    await installBox(box, { disk: folder.getPath('disk.qcow2'), guest: 'debian' }, home, context);
    expect(await readdir(home.poolFolder)).toEqual([volumeName(box)]);
    expect((await stat(folder.getPath('disk.qcow2'))).nlink).toBe(3);
  });

  it('makes the pool where there is none, and starts one that does not run', async () => {
    pool = undefined;
    await installBox(box, { disk: folder.getPath('disk.qcow2'), guest: 'debian' }, home, context);
    const order = asked();
    expect(order).toContain('pool-define-as default');
    expect(order.indexOf('pool-start default')).toBeLessThan(order.indexOf('pool-refresh default'));
    expect(await hasBox(box, home, context)).toBe(true);
  });

  it('leaves no box that Vagrant would upload when libvirt refuses the disk', async () => {
    virsh.answer(['--connect', 'test:///kubelab', 'pool-refresh'], { stderr: 'error: jobs are running\n', exitCode: 1 });
    await expect(installBox(box, { disk: folder.getPath('disk.qcow2'), guest: 'debian' }, home, context)).rejects.toMatchObject({
      stderr: 'error: jobs are running\n',
    });
    expect(await readdir(folder.path)).not.toContain('vagrant');
    expect(await hasBox(box, home, context)).toBe(false);
  });

  it('takes nothing but a qcow2', async () => {
    qemuImg.answer(['info'], { stdout: JSON.stringify({ 'virtual-size': 512, format: 'raw' }) });
    await expect(installBox(box, { disk: folder.getPath('disk.qcow2'), guest: 'debian' }, home, context)).rejects.toThrow(
      'is raw, not qcow2',
    );
  });

  it.skipIf(withoutVagrant)('makes one that Vagrant finds', { timeout: 60_000 }, async () => {
    await installBox(box, { disk: folder.getPath('disk.qcow2'), guest: 'debian' }, home, context);
    const code = `found = Vagrant::BoxCollection.new(Pathname.new(ARGV[0])).find(ARGV[1], [:libvirt], ">= 0")
puts found.version, Image.get_box_image_path(found, "box.img"), Image.verify_box_format(found.metadata["format"])`;
    expect(askVagrant(code, path.join(home.vagrantHome, 'boxes'), box.name).split('\n')).toEqual([
      '1.0.0',
      path.join(boxFolder(home.vagrantHome, box, 'libvirt'), 'box.img'),
      'qcow2',
    ]);
  });
});

describe('removing a box', () => {
  it('leaves nothing of it, and the disk that it was made from', async () => {
    await installBox(box, { disk: folder.getPath('disk.qcow2'), guest: 'debian' }, home, context);
    await removeBox(box, home, context);
    expect(await readdir(path.join(home.vagrantHome, 'boxes'))).toEqual([]);
    expect(asked()).toContain('vol-delete --pool');
    expect(await readFile(folder.getPath('disk.qcow2'), 'utf8')).toBe('the disk');
  });

  it('leaves other versions, and does nothing where there is none', async () => {
    await mkdir(boxFolder(home.vagrantHome, { ...box, version: '3.0.0' }, 'virtualbox'), { recursive: true });
    await removeBox(box, home, context);
    expect(await readdir(path.join(home.vagrantHome, 'boxes', 'kubelab-VAGRANTSLASH-study'))).toEqual(['3.0.0']);
    expect(asked()).not.toContain('vol-delete --pool');
  });
});
