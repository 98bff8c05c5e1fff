import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { createFixture } from 'fs-fixture';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PlainBox } from '../../../src/artifacts/plain-box.ts';
import { boxFolder, type BoxProvider, volumeName } from '../../../src/providers/vagrant/box.ts';
import type { ShelfContext } from '../../../src/providers/vagrant/box-shelf.ts';
import { cloudSeedImage, vagrantPublicKey } from '../../../src/providers/vagrant/cloud-seed.ts';
import { type PlainBoxHome, plainBoxHome } from '../../../src/providers/vagrant/plain-box-home.ts';
import { createFakeTools, type FakeTool, type FakeTools } from '../../rig/fake-tool.ts';
import { addPool } from './pool.ts';
import { askVagrant, runnerWith, withoutVagrant } from './rig.ts';

const withoutQemu = spawnSync('qemu-img', ['--version']).status === 0 ? false : 'qemu-img is not installed here';

let tools: FakeTools;
let vagrant: FakeTool;
let folder: Awaited<ReturnType<typeof createFixture>>;
let server: Server;
let base: string;
let fetched: string[];
let context: ShelfContext;
let names: string[];

beforeEach(async () => {
  tools = await createFakeTools();
  folder = await createFixture({ 'pool/.keep': '', 'served/.keep': '' });
  vagrant = await tools.add('vagrant');
  await addPool(tools, folder.getPath('pool'));
  fetched = [];
  names = [];
  server = createServer((request, response) => {
    fetched.push(request.url ?? '');
    response.end(readFileSync(folder.getPath('served', request.url?.slice(1) ?? '')));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const runner = runnerWith(tools);
  context = { runner, root: runner, signal: new AbortController().signal };
});

afterEach(async () => {
  await tools.remove();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await folder.rm();
});

const digestOf = (file: string): string => createHash('sha512').update(readFileSync(file)).digest('hex');

/** A small qcow2, as a publisher has it. */
function publish(): Extract<PlainBox, { kind: 'cloud' }> {
  const raw = folder.getPath('raw');
  writeFileSync(raw, Buffer.alloc(3 * 1024 ** 2, 'a system '));
  const file = folder.getPath('served', 'image.qcow2');
  execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, file]);
  return {
    kind: 'cloud',
    name: 'ubuntu-24.04',
    architecture: 'amd64',
    url: `${base}/image.qcow2`,
    digest: `sha512:${digestOf(file)}`,
  };
}

function open(box: PlainBox, provider: BoxProvider): Promise<PlainBoxHome> {
  const vagrantHome = folder.getPath('vagrant');
  const installed = async (name: string): Promise<void> => void names.push(name);
  const fetch = { signal: context.signal, firstPause: 1 };
  return plainBoxHome({ box, provider, vagrantHome, cache: folder.getPath('cache'), fetch, installed }, context);
}

function inspect(file: string): { format: string; 'virtual-size': number } {
  return JSON.parse(execFileSync('qemu-img', ['info', '--output=json', file], { encoding: 'utf8' })) as never;
}

describe.skipIf(withoutQemu)('a box of a cloud image', () => {
  const twentyGibibytes = 20 * 1024 ** 3;

  it('is made for VirtualBox: the system, as large as a node needs, and the seed beside it', async () => {
    const home = await open(publish(), 'virtualbox');
    expect(await home.hasBase()).toBe(false);
    await home.makeBase(() => {});
    expect([await home.hasBase(), home.onNodes, names]).toEqual([true, true, [home.name]]);
    expect(home.name).toMatch(/^kubelab\/ubuntu-24\.04-[0-9a-f]{12}$/);
    const box = boxFolder(folder.getPath('vagrant'), { name: home.name, version: '1.0.0' }, 'virtualbox');
    expect((await readdir(box)).toSorted()).toEqual([
      'Vagrantfile',
      'box-disk001.vmdk',
      'box-disk002.vmdk',
      'box.ovf',
      'metadata.json',
    ]);
    expect(inspect(path.join(box, 'box-disk001.vmdk'))).toMatchObject({ format: 'vmdk', 'virtual-size': twentyGibibytes });
    const seed = folder.getPath('seed');
    execFileSync('qemu-img', ['convert', '-O', 'raw', path.join(box, 'box-disk002.vmdk'), seed]);
    expect((await readFile(seed)).subarray(0, cloudSeedImage(vagrantPublicKey).length)).toEqual(cloudSeedImage(vagrantPublicKey));
    const ovf = await readFile(path.join(box, 'box.ovf'), 'utf8');
    expect(ovf.match(/ovf:href="[^"]*"/g)).toEqual(['ovf:href="box-disk001.vmdk"', 'ovf:href="box-disk002.vmdk"']);
    expect(ovf).toContain('/disk/vmdisk2');
    expect(await readFile(path.join(box, 'Vagrantfile'), 'utf8')).toContain('config.vm.guest = :ubuntu');
    // What was made on the way is kept once: another provider's box and the next one are made from it.
    const calls = fetched.length;
    await home.makeBase(() => {});
    expect(fetched).toHaveLength(calls);
    expect((await readdir(folder.getPath('cache', 'disks'))).filter((name) => !name.endsWith('.qcow2'))).toEqual([]);
  });

  it('is made for libvirt: both disks are in the pool, where Vagrant looks before it uploads', async () => {
    const home = await open(publish(), 'libvirt');
    await home.makeBase(() => {});
    expect(await home.hasBase()).toBe(true);
    const own = { name: home.name, version: '1.0.0' };
    const volumes = [volumeName(own), volumeName(own, 'seed.img')];
    expect((await readdir(folder.getPath('pool'))).toSorted()).toEqual(['.keep', ...volumes]);
    const box = boxFolder(folder.getPath('vagrant'), own, 'libvirt');
    expect(JSON.parse(await readFile(path.join(box, 'metadata.json'), 'utf8'))).toEqual({
      provider: 'libvirt',
      format: 'qcow2',
      virtual_size: 20,
      disks: [{ path: 'box.img' }, { path: 'seed.img' }],
    });
  });

  it.skipIf(withoutVagrant)('for libvirt has volumes by the names that the plugin gives them', { timeout: 60_000 }, async () => {
    const home = await open(publish(), 'libvirt');
    await home.makeBase(() => {});
    const code = `
box = Vagrant::BoxCollection.new(Pathname.new(ARGV[0])).find(ARGV[1], :libvirt, ">= 0")
box.metadata.fetch("disks").each do |disk|
  file = Image.send(:get_box_image_path, box, disk["path"])
  format, _ = Image.send(:get_box_disk_settings, file)
  Image.send(:verify_box_format, format, disk["path"])
  puts Image.send(:get_volume_name, box, disk["path"].sub(/#{File.extname(disk["path"])}$/, ""), file, nil)
end`;
    const found = askVagrant(code, path.join(folder.getPath('vagrant'), 'boxes'), home.name).split('\n');
    expect(found).toEqual((await readdir(folder.getPath('pool'))).filter((name) => name !== '.keep').toSorted());
  });

  it('is not made of what is no disk, and leaves nothing then', async () => {
    publish();
    const file = folder.getPath('served', 'image.qcow2');
    await writeFile(file, 'a page that says sorry');
    const image = { ...publishedAs(file), url: `${base}/image.qcow2` };
    const home = await open(image, 'virtualbox');
    await expect(home.makeBase(() => {})).rejects.toMatchObject({ stderr: expect.stringContaining('not in qcow2 format') });
    expect(await readdir(folder.getPath('cache', 'disks'))).toEqual([]);
    expect([await home.hasBase(), names]).toEqual([false, []]);
  });
});

function publishedAs(file: string): Extract<PlainBox, { kind: 'cloud' }> {
  return { kind: 'cloud', name: 'debian-13', architecture: 'amd64', url: base, digest: `sha512:${digestOf(file)}` };
}

describe.each(['libvirt', 'virtualbox'] as const)('a box that is one already, for %s', (provider) => {
  beforeEach(() => {
    vagrant.answer(['box', 'add'], ({ args, env }) => {
      const name = args[args.indexOf('--name') + 1] ?? '';
      const kind = args[args.indexOf('--provider') + 1] ?? '';
      // Vagrant before 2.4 has no folder of the architecture.
      const place = path.join(env['VAGRANT_HOME'] ?? '', 'boxes', name.replace('/', '-VAGRANTSLASH-'), '0');
      const own = path.join(place, ...(provider === 'libvirt' ? [] : ['amd64']), kind);
      mkdirSync(own, { recursive: true });
      writeFileSync(path.join(own, 'metadata.json'), '{}');
      return { stdout: `==> box: Successfully added box '${name}' (v0) for '${kind}'!\n` };
    });
  });

  it('is given to Vagrant under a name that another file does not have', async () => {
    const file = folder.getPath('my lab.box');
    await writeFile(file, 'a box');
    const home = await open({ kind: 'file', path: file }, provider);
    expect(await home.hasBase()).toBe(false);
    await home.makeBase(() => {});
    expect(vagrant.calls[0]?.args.slice(-1)).toEqual([file]);
    expect([await home.hasBase(), await home.hasImage({} as never), names]).toEqual([true, true, [home.name]]);
    expect(home.name).toMatch(/^kubelab\/my-lab-[0-9a-f]{12}$/);
    await utimes(file, new Date(0), new Date((await stat(file)).mtimeMs - 5_000));
    expect((await open({ kind: 'file', path: file }, provider)).name).not.toBe(home.name);
  });

  it('is fetched, and given to Vagrant only with its digest', async () => {
    const file = folder.getPath('served', 'lab.box');
    await writeFile(file, 'a box');
    const digest = `sha256:${createHash('sha256').update('a box').digest('hex')}`;
    const home = await open({ kind: 'url', url: `${base}/lab.box?v=1`, digest }, provider);
    server.removeAllListeners('request');
    server.on('request', (_, response) => void response.end('another box'));
    await expect(home.makeBase(() => {})).rejects.toMatchObject({ code: 'KL-SOURCE-DIGEST' });
    expect(vagrant.calls).toEqual([]);
    server.removeAllListeners('request');
    server.on('request', (_, response) => void response.end('a box'));
    await home.makeBase(() => {});
    expect(readFileSync(vagrant.calls[0]?.args.at(-1) ?? '', 'utf8')).toBe('a box');
    expect(await home.hasBase()).toBe(true);
  });

  it('that Vagrant does not take is not there', async () => {
    vagrant.answer(['box', 'add'], {
      stderr: 'The box failed to unpackage properly. Please verify that the box\nfile you are trying to add is not corrupted\n',
      exitCode: 1,
    });
    const home = await open({ kind: 'file', path: folder.getPath('none.box') }, provider);
    await expect(home.makeBase(() => {})).rejects.toMatchObject({ stderr: expect.stringContaining('not corrupted') });
    expect([await home.hasBase(), names]).toEqual([false, []]);
  });
});
