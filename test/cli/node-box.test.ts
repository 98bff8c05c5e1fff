import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { resolveBaseBox } from '../../src/artifacts/base-box.ts';
import { readBundleInfo } from '../../src/artifacts/bundle/open.ts';
import type { Source } from '../../src/artifacts/source.ts';
import { nodeDiskShape } from '../../src/providers/vagrant/disk-image.ts';
import { type VmImageContext, vmImageHome } from '../../src/providers/vagrant/vm-image.ts';
import { createBundleRig } from '../artifacts/bundle-rig.ts';
import { addPool } from '../providers/vagrant/pool.ts';
import type { FakeTools } from '../rig/fake-tool.ts';
import { createProgramRig, packageFolder, type ProgramRig } from '../rig/program.ts';

afterEach(() => void vi.unstubAllEnvs());

/** What disks and node images are made with; here they are only looked for, as the disk is there. */
const makers = ['mkfs.ext4', 'extlinux', 'mount', 'unshare', 'mmdebstrap', 'systemd-nspawn', 'btrfs', 'mkfs.btrfs', 'iptables'];

interface NodeBoxRig extends ProgramRig {
  /** Writes a spec that is served by a bundle whose programs have this in them. */
  serve(content: string, spec?: string): Promise<void>;
  /** The folder of libvirt's pool. */
  readonly pool: string;
}

/** A Linux host with fake tools on which the disks of node images are there. */
async function createHost(): Promise<NodeBoxRig> {
  const rig = await createProgramRig({ platform: 'linux', architecture: 'x64' });
  vi.stubEnv('PATH', `${rig.toolFolder}:${process.env['PATH']}`);
  const tools = { add: rig.fakeTool } as FakeTools;
  for (const name of makers) await tools.add(name);
  const qemuImg = await tools.add('qemu-img');
  qemuImg.answer(['info'], { stdout: JSON.stringify({ 'virtual-size': 20 * 2 ** 30, format: 'qcow2' }) });
  qemuImg.answer(['convert'], ({ args }) => {
    writeFileSync(args.at(-1) ?? '', 'a converted disk');
    return {};
  });
  const pool = join(rig.home, 'pool');
  await mkdir(pool);
  await addPool(tools, pool);
  (await tools.add('ip')).answer(/./, { stdout: '[]' });
  const serve = async (content: string, spec = ''): Promise<void> => {
    const { bundle } = await createBundleRig({ 'bin/kubeadm': Buffer.from(content) });
    await copyFile(bundle, rig.path('class.kubelab'));
    await writeFile(rig.path('kubelab.yaml'), `name: study\nsource: {bundle: ./class.kubelab}\n${spec}`);
    await leaveDisk(rig, content, spec.includes('tcg'));
  };
  return { ...rig, serve, pool };
}

/** The disk that making the node image would leave; that it is made is for the tests of the room that makes it. */
async function leaveDisk(rig: ProgramRig, content: string, emulated: boolean): Promise<void> {
  const provision = join(packageFolder, 'provision');
  const settings = {
    base: await resolveBaseBox('debian-12', provision, rig.folder, 'vm'),
    provision,
    cache: join(rig.home, '.cache', 'kubelab'),
    shape: nodeDiskShape(emulated),
    install: 'binaries' as const,
    source: {} as Source,
  };
  const disk = await vmImageHome(settings, {} as VmImageContext).disk((await readBundleInfo(rig.path('class.kubelab'))).lock);
  await mkdir(dirname(disk), { recursive: true });
  await writeFile(disk, `the disk of ${content}`);
}

async function succeed(rig: ProgramRig, ...words: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await rig.run(...words);
  if (exitCode !== 0) throw new Error(stderr + stdout);
  return stdout;
}

async function dataOf(rig: ProgramRig, ...words: string[]): Promise<Record<string, unknown>> {
  const last = (await succeed(rig, ...words, '--json')).trim().split('\n').at(-1) ?? '';
  return (JSON.parse(last) as { data: Record<string, unknown> }).data;
}

/** The box that the rendered Vagrantfile asks for. */
async function askedFor(rig: ProgramRig): Promise<string> {
  const text = await readFile(rig.path('.kubelab', 'study', 'Vagrantfile'), 'utf8');
  return /^ {2}config\.vm\.box = "(.+)"$/m.exec(text)?.[1] ?? 'none';
}

const boxes = (rig: ProgramRig, name: string, ...rest: string[]): string =>
  join(rig.home, '.vagrant.d', 'boxes', name.replace('/', '-VAGRANTSLASH-'), ...rest);

describe('a folder rendered from Go modules', () => {
  it('works alone: it asks for a box with all inside, and the text names the one command that makes it', async () => {
    const rig = await createHost();
    await rig.serve('kubeadm');
    const said = await succeed(rig, 'render');
    expect(said).toContain('kubelab box build --node --provider libvirt');
    expect(said).not.toContain('on no registry');
    expect(await askedFor(rig)).toMatch(/^kubelab\/node-1\.36\.4-/);
    expect(await dataOf(rig, 'render')).toMatchObject({ alone: true, box: await askedFor(rig) });
  });

  it('names the provider of the spec, in whose range its nodes then are', async () => {
    const rig = await createHost();
    await rig.serve('kubeadm', 'provider: virtualbox\n');
    expect(await succeed(rig, 'render')).toContain('kubelab box build --node --provider virtualbox');
    const text = await readFile(rig.path('.kubelab', 'study', 'Vagrantfile'), 'utf8');
    expect(text).toContain('ENV["VAGRANT_DEFAULT_PROVIDER"] ||= "virtualbox"');
    expect(text).toMatch(/address: "192\.168\.(5[6-9]|6[0-3])\.11"/);
  });

  it('asks for a box with all inside also where that is made in a machine, and names the command', async () => {
    const rig = await createHost();
    await rig.serve('kubeadm', 'box: debian-13\n');
    const said = await succeed(rig, 'render');
    expect(said).toContain('kubelab box build --node --provider libvirt');
    expect(said).not.toContain('on no registry');
    expect(await askedFor(rig)).toMatch(/^kubelab\/node-1\.36\.4-/);
    expect(await dataOf(rig, 'render')).toMatchObject({ alone: true, box: await askedFor(rig) });
  });
});

describe('the box of a node image', () => {
  it('is where libvirt and Vagrant look for what a rendered folder asks for, and takes no room again', async () => {
    const rig = await createHost();
    await rig.serve('kubeadm');
    await succeed(rig, 'render');
    const name = await askedFor(rig);
    expect(await succeed(rig, 'box', 'build', '--node', '--provider', 'libvirt')).toContain(
      `Vagrant has the box ${name} for libvirt, with Kubernetes`,
    );
    const folder = boxes(rig, name, '1.0.0', 'libvirt');
    expect((await readdir(folder)).toSorted()).toEqual(['Vagrantfile', 'box.img', 'metadata.json', 'node-image']);
    expect(await readFile(join(folder, 'box.img'), 'utf8')).toBe('the disk of kubeadm');
    const volume = join(rig.pool, `${name.replace('/', '-VAGRANTSLASH-')}_vagrant_box_image_1.0.0_box.img`);
    expect((await stat(volume)).ino).toBe((await stat(join(folder, 'box.img'))).ino);
    expect(await succeed(rig, 'box', 'list')).toContain(`${name} (libvirt)`);
    // Whatever is rendered later is made from the same.
    expect(JSON.parse(await readFile(rig.path('kubelab.lock'), 'utf8'))).toMatchObject({ lock: { kubernetes: '1.36.4' } });
    await succeed(rig, 'render');
    expect(await askedFor(rig)).toBe(name);
  });

  it('is made once, and anew under the next version where what is inside is another', async () => {
    const rig = await createHost();
    await rig.serve('kubeadm', 'provider: virtualbox\n');
    const build = ['box', 'build', '--node'];
    const first = await dataOf(rig, ...build);
    expect(first).toMatchObject({ provider: 'virtualbox', version: '1.0.0', made: true });
    expect(await dataOf(rig, ...build)).toEqual({ ...first, made: false });
    expect(await succeed(rig, ...build)).toContain('for virtualbox already');
    await rig.serve('kubeadm, built again', 'provider: virtualbox\n');
    expect(await dataOf(rig, ...build)).toEqual({ ...first, version: '1.0.1' });
    expect((await readdir(boxes(rig, String(first['name'])))).toSorted()).toEqual(['1.0.0', '1.0.1']);
  });

  it.each(['libvirt', 'virtualbox'])('is one file for %s, to be taken elsewhere', async (provider) => {
    const rig = await createHost();
    await rig.serve('kubeadm');
    const said = await succeed(rig, 'box', 'build', '--node', '--provider', provider, '--to', 'node.box');
    await succeed(rig, 'render');
    expect(said).toContain(`node.box holds the box for ${provider}, with Kubernetes 1.36.4 inside.`);
    expect(said).toContain(`vagrant box add --name ${await askedFor(rig)} node.box`);
    const names = execFileSync('tar', ['--list', '--file', rig.path('node.box')], { encoding: 'utf8' });
    const disks = provider === 'libvirt' ? ['box.img'] : ['box-disk001.vmdk', 'box.ovf'];
    expect(names.trim().split('\n').toSorted()).toEqual(['Vagrantfile', ...disks, 'metadata.json', 'node-image']);
    await expect(stat(join(rig.home, '.vagrant.d'))).rejects.toThrow('ENOENT');
  });

  it('is another for processors that are emulated', async () => {
    const rig = await createHost();
    await rig.serve('kubeadm');
    const { name } = await dataOf(rig, 'box', 'build', '--node', '--provider', 'libvirt');
    await rig.serve('kubeadm', 'provider: {name: libvirt, accelerator: tcg}\n');
    const emulated = await dataOf(rig, 'box', 'build', '--node');
    expect(emulated['name']).not.toBe(name);
    await succeed(rig, 'render');
    expect(await askedFor(rig)).toBe(emulated['name']);
  });

  it.each([
    ['', ['debian-12', '--provider', 'libvirt'], 'name no other'],
    ['', ['--provider', 'nspawn'], 'give --provider libvirt or virtualbox'],
    ['', ['--provider', 'hyperv'], '--provider takes'],
    ['', [], 'Give --provider libvirt'],
  ])('is refused with the spec %j and the words %j', async (spec, words, says) => {
    const rig = await createHost();
    await rig.serve('kubeadm', spec);
    const { exitCode, stderr } = await rig.run('box', 'build', '--node', ...words);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(says) });
  });

  it('needs a spec', async () => {
    const rig = await createProgramRig({ platform: 'linux', architecture: 'x64' });
    expect((await rig.run('box', 'build', '--node', '--provider', 'libvirt')).stderr).toContain('KL-SPEC-MISSING');
  });
});
