import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createFixture } from 'fs-fixture';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { PlanReport } from '../../src/commands/plan-report.ts';
import { createBundleRig } from '../artifacts/bundle-rig.ts';
import type { FakeTool } from '../rig/fake-tool.ts';
import { createProgramRig, type ProgramOptions, type ProgramRig } from '../rig/program.ts';

afterEach(() => void vi.unstubAllEnvs());

interface HostRig extends ProgramRig {
  readonly tools: Readonly<Record<string, FakeTool>>;
}

interface HostOptions extends ProgramOptions {
  /** Lines of the spec. */
  readonly spec?: string;
  /** Where the images of the bundle came from. */
  readonly source?: 'go' | 'upstream';
  readonly programs?: readonly string[];
}

/** A host of some kind with nothing but fake tools, which answer as the real ones do, and a spec that a bundle serves. */
async function createHost({
  spec = '',
  source = 'go',
  programs = ['vagrant', 'VBoxManage'],
  ...options
}: HostOptions): Promise<HostRig> {
  const { bundle } = await createBundleRig({}, source);
  const env = { KUBELAB_UPSTREAM_ENDPOINTS: JSON.stringify({ 'cloud.debian.org': await startPublisher() }), ...options.env };
  const rig = await createProgramRig({ architecture: 'x64', ...options, env, fakesOnly: true });
  vi.stubEnv('PATH', `${rig.toolFolder}:${process.env['PATH']}`);
  const tools: Record<string, FakeTool> = {};
  for (const name of [...programs, ...(options.platform === 'win32' ? programs.map((tool) => `${tool}.exe`) : [])]) {
    const fake = (tools[name] = await rig.fakeTool(name));
    fake.answer(['list'], {});
    fake.answer(['list', 'hostinfo'], {
      stdout: 'Host Information:\n\nProcessor count: 8\nProcessor supports HW virtualization: yes\n',
    });
    fake.answer(['--version'], { stdout: name.startsWith('vagrant') ? 'Vagrant 2.4.9\n' : '7.1.6r167084\n' });
  }
  await copyFile(bundle, rig.path('class.kubelab'));
  await writeFile(rig.path('kubelab.yaml'), `name: study\nsource: {bundle: ./class.kubelab}\n${spec}`);
  return { ...rig, tools };
}

const digest = createHash('sha512').update('a cloud image').digest('hex');

/** The publisher of Debian's cloud images, as far as their digests go. */
async function startPublisher(): Promise<string> {
  const names = ['debian-12-generic-amd64.qcow2', 'debian-13-generic-amd64.qcow2'];
  const server = createServer((_, response) => response.end(names.map((name) => `${digest}  ${name}\n`).join('')));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function planOf(rig: ProgramRig): Promise<PlanReport> {
  const { exitCode, stdout, stderr } = await rig.run('plan', '--json');
  if (exitCode !== 0) throw new Error(stderr + stdout);
  return (JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { data: PlanReport }).data;
}

async function errorOf(rig: ProgramRig, ...words: string[]): Promise<string> {
  const { exitCode, stderr } = await rig.run(...words);
  expect(exitCode).toBeGreaterThan(0);
  return stderr;
}

describe.each([
  ['darwin', 'macOS'],
  ['win32', 'Windows'],
])('a plan on %s (%s)', (platform) => {
  it('is for virtual machines of VirtualBox, from a cloud image, in its range', async () => {
    const rig = await createHost({ platform });
    const { plan, steps, box, rootCommands } = await planOf(rig);
    expect(plan.provider).toMatchObject({ name: 'virtualbox', why: expect.stringContaining('hardware virtualisation works') });
    expect(plan.network.nodes).toMatch(/^192\.168\.(5[6-9]|6[0-3])\.0\/24$/);
    expect(plan.plainBox).toEqual({
      kind: 'cloud',
      name: 'debian-12',
      architecture: 'amd64',
      url: 'https://cloud.debian.org/images/cloud/bookworm/latest/debian-12-generic-amd64.qcow2',
      digest: `sha512:${digest}`,
    });
    expect(box).toMatchObject({ present: false, key: expect.stringMatching(/^kubelab\/debian-12-[0-9a-f]{12}$/) });
    expect(steps.map(({ id }) => id)).toEqual(expect.arrayContaining(['install:control1', 'install:worker2']));
    expect(steps.find(({ id }) => id === 'init:control1')?.needs).toEqual(['install:control1']);
    expect(rootCommands).toEqual([]);
  });

  it('says what is missing', async () => {
    const rig = await createHost({ platform, programs: [] });
    const said = await errorOf(rig, 'plan');
    expect(said).toContain('KL-HOST-NO-PROVIDER');
    expect(said).toContain('virtualbox: VirtualBox is not installed');
    expect(said).toContain('nspawn: system containers need Linux');
    expect(said).toContain('https://www.virtualbox.org');
    expect(await errorOf(rig, 'up')).toContain('virtualbox: vagrant is not installed');
  });

  it('has no system containers', async () => {
    const rig = await createHost({ platform, spec: 'provider: nspawn\n' });
    expect(await errorOf(rig, 'up')).toContain('system containers need Linux');
  });

  it('makes no disk of a root file system', async () => {
    const rig = await createHost({ platform, spec: 'box: ./tree.tar\n' });
    expect(await errorOf(rig, 'plan')).toContain('KL-SPEC-UNSUPPORTED');
  });

  it('needs qemu-img to make a box, and says so before anything is fetched', async () => {
    const rig = await createHost({ platform });
    const said = await errorOf(rig, 'box', 'build', 'debian-13', '--provider', 'virtualbox');
    expect(said).toContain('qemu-img is not installed');
    expect(said).not.toContain('extlinux');
  });
});

describe('a plan on Windows', () => {
  it('finds VirtualBox where it says in the environment that it lies', async () => {
    const rig = await createHost({ platform: 'win32', programs: ['vagrant'] });
    const elsewhere = await createHost({ platform: 'win32', programs: ['VBoxManage'], env: {} });
    expect(await errorOf(rig, 'plan')).toContain('VirtualBox is not installed');
    const env = { VBOX_MSI_INSTALL_PATH: `${elsewhere.toolFolder}/` };
    const found = await createHost({ platform: 'win32', programs: ['vagrant'], env });
    expect((await planOf(found)).plan.provider.name).toBe('virtualbox');
    expect(elsewhere.tools['VBoxManage.exe']?.calls.map(({ args }) => args.join(' '))).toContain('list vms');
  });
});

describe('a folder rendered on Windows', () => {
  it('has line ends and paths that Linux guests and OpenSSH for Windows take', async () => {
    const rig = await createHost({ platform: 'win32', spec: 'box: debian-13\n', source: 'upstream' });
    expect(await rig.run('render')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('box build debian-13') });
    const root = rig.path('.kubelab', 'study');
    const names = await readdir(root, { recursive: true, withFileTypes: true });
    for (const entry of names.filter((found) => found.isFile()))
      expect(await readFile(`${entry.parentPath}/${entry.name}`, 'utf8'), entry.name).not.toContain('\r');
    const ssh = await readFile(`${root}/ssh_config`, 'utf8');
    expect(ssh).not.toMatch(/\\|ControlMaster|ControlPath/);
    expect(await readFile(`${root}/Vagrantfile`, 'utf8')).toContain('config.vm.box = "kubelab/debian-13"');
  });
});

describe('a folder rendered with a box of the user', () => {
  it('has the path as it is from everywhere, or the URL with its digest', async () => {
    const rig = await createHost({ platform: 'linux', spec: 'box: ./boxes/mine.box\n', source: 'upstream' });
    const file = rig.path('.kubelab', 'study', 'Vagrantfile');
    await rig.run('render');
    expect(await readFile(file, 'utf8')).toContain(`config.vm.box_url = "${rig.path('boxes/mine.box')}"`);
    const url = 'https://boxes.example/mine.box';
    await writeFile(
      rig.path('kubelab.yaml'),
      `name: study\nsource: {bundle: ./class.kubelab}\nbox: {url: "${url}", digest: "sha256:${'0a'.repeat(32)}"}\n`,
    );
    await rig.run('render');
    expect(await readFile(file, 'utf8')).toContain(`config.vm.box_url = "${url}"\n  config.vm.box_download_checksum = "0a0a`);
  });
});

describe('a plan on Apple Silicon', () => {
  const apple = { platform: 'darwin', architecture: 'arm64' } as const;

  it('does not pretend to make a box of VirtualBox', async () => {
    const said = await errorOf(await createHost(apple), 'plan');
    expect(said).toContain('KL-SPEC-UNSUPPORTED');
    expect(said).toContain('can not make debian-12 a box for VirtualBox on arm64');
    expect(said).toContain('Name a .box file');
  });

  it('takes a box of the user, and artifacts for arm64 alone', async () => {
    const rig = await createHost({ ...apple, spec: 'box: ./mine.box\n' });
    // The bundle here is for amd64.
    expect(await errorOf(rig, 'plan')).toMatch(/KL-BUNDLE-INVALID|KL-VERSION-UNKNOWN|arm64/);
  });

  it('refuses a VirtualBox that has no such machines', async () => {
    const rig = await createHost({ ...apple, spec: 'box: ./mine.box\n' });
    rig.tools['VBoxManage']?.answer(['--version'], { stdout: '7.0.20r163906\n' });
    expect(await errorOf(rig, 'plan')).toContain("VirtualBox 7.0.20 has no machines for Apple's processors");
  });
});

const qemuImg = ['/usr/bin/qemu-img', '/usr/local/bin/qemu-img'].find((file) => existsSync(file));

describe.skipIf(qemuImg === undefined)('a box made ahead of time', () => {
  /** A host with the real qemu-img, and a publisher with a small image. */
  async function createPublished(platform: string): Promise<{ rig: HostRig; asked: string[] }> {
    const folder = await createFixture({ raw: 'a system '.repeat(10_000) });
    onTestFinished(() => folder.rm());
    const disk = folder.getPath('disk');
    execFileSync(qemuImg ?? '', ['convert', '-f', 'raw', '-O', 'qcow2', folder.getPath('raw'), disk]);
    const bytes = await readFile(disk);
    const name = 'ubuntu-24.04-server-cloudimg-amd64.img';
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end(
        request.url?.endsWith(name) === true ? bytes : `${createHash('sha256').update(bytes).digest('hex')} *${name}\n`,
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const env = { KUBELAB_UPSTREAM_ENDPOINTS: JSON.stringify({ 'cloud-images.ubuntu.com': base }) };
    const rig = await createHost({ platform, env });
    await symlink(qemuImg ?? '', `${rig.toolFolder}/qemu-img`);
    return { rig, asked };
  }

  it('is where Vagrant looks for the one of a rendered folder, and made from what is there the next time', async () => {
    const { rig, asked } = await createPublished('darwin');
    const build = ['box', 'build', 'ubuntu-24.04', '--provider', 'virtualbox'];
    expect(await rig.run(...build)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('Vagrant has the box kubelab/ubuntu-24.04 for virtualbox.'),
    });
    const box = `${rig.home}/.vagrant.d/boxes/kubelab-VAGRANTSLASH-ubuntu-24.04/1.0.0/virtualbox`;
    expect(await readdir(box)).toContain('box-disk002.vmdk');
    expect((await rig.run('box', 'list')).stdout).toContain('kubelab/ubuntu-24.04 (virtualbox)');
    const images = (): string[] => asked.filter((url) => url.endsWith('.img'));
    expect(images()).toEqual(['/releases/24.04/release/ubuntu-24.04-server-cloudimg-amd64.img']);
    await rig.run(...build);
    expect(images()).toHaveLength(1);
  });

  it.each(['libvirt', 'virtualbox'])('is one file for %s, to be taken elsewhere', async (provider) => {
    const { rig } = await createPublished('linux');
    const { exitCode, stdout } = await rig.run('box', 'build', 'ubuntu-24.04', '--provider', provider, '--to', 'node.box');
    expect([exitCode, stdout]).toEqual([0, `<folder>/node.box holds the box for ${provider}.\n`]);
    const names = execFileSync('tar', ['--list', '--file', rig.path('node.box')], { encoding: 'utf8' })
      .trim()
      .split('\n');
    const disks = provider === 'libvirt' ? ['box.img', 'seed.img'] : ['box-disk001.vmdk', 'box-disk002.vmdk', 'box.ovf'];
    expect(names.toSorted()).toEqual(['Vagrantfile', ...disks, 'metadata.json'].toSorted());
    expect((await readdir(rig.folder)).filter((name) => name.startsWith('node.'))).toEqual(['node.box']);
  });

  it.each([
    [['--provider', 'hyperv'], '--provider takes nspawn, libvirt, virtualbox'],
    [['--to', 'node.box'], 'give --provider'],
    [['./mine.box', '--provider', 'libvirt'], 'is a box already'],
  ])('is refused with %j', async (words, says) => {
    const { rig } = await createPublished('linux');
    expect(await errorOf(rig, 'box', 'build', ...words)).toContain(says);
  });
});

describe('a plan on Linux', () => {
  it('takes VirtualBox where libvirt is not there', async () => {
    const rig = await createHost({ platform: 'linux', spec: 'box: debian-13\n', programs: ['vagrant', 'VBoxManage', 'ip'] });
    rig.tools['ip']?.answer(/./, { stdout: '[]' });
    const { plan } = await planOf(rig);
    expect(plan.provider.name).toBe('virtualbox');
    expect(plan.plainBox).toMatchObject({ kind: 'cloud', name: 'debian-13' });
  });

  it('makes the node image natively for debian-12', async () => {
    const rig = await createHost({ platform: 'linux', programs: ['vagrant', 'VBoxManage', 'ip'] });
    rig.tools['ip']?.answer(/./, { stdout: '[]' });
    const { plan, steps } = await planOf(rig);
    expect([plan.provider.name, plan.plainBox]).toEqual(['virtualbox', undefined]);
    expect(steps.some(({ id }) => id.startsWith('install:'))).toBe(false);
  });

  it.each([
    [
      'list',
      ['hostinfo'],
      { stdout: 'Processor supports HW virtualization: no\n' },
      'VirtualBox finds no hardware virtualisation',
    ],
    [
      '--version',
      [],
      { stdout: 'WARNING: The vboxdrv kernel module is not loaded. Either there is no module\n7.0.22r165102\n' },
      "VirtualBox's kernel module vboxdrv is not loaded",
    ],
    ['--version', [], { stdout: '7.2.0r170228\n' }, 'virtualbox: '],
  ])('refuses what does not work: %s %j', async (word, rest, answer, says) => {
    const rig = await createHost({
      platform: 'linux',
      spec: 'provider: virtualbox\n',
      programs: ['vagrant', 'VBoxManage', 'ip'],
    });
    rig.tools['VBoxManage']?.answer([word, ...rest], answer);
    rig.tools['vagrant']?.answer(['--version'], { stdout: 'Vagrant 2.4.1\n' });
    const said = await errorOf(rig, 'up');
    expect(said).toContain(says.replace('virtualbox: ', 'Vagrant 2.4.1 does not know VirtualBox 7.2.0'));
    expect(said).toMatch(/KL-HOST-(NO-PROVIDER|TOOL-MISSING)/);
  });

  it('gives system containers no box of virtual machines', async () => {
    const rig = await createProgramRig();
    await writeFile(rig.path('kubelab.yaml'), 'name: study\nbox: ubuntu-24.04\n');
    const said = await errorOf(rig, 'box', 'build', 'ubuntu-24.04');
    expect(said).toContain('KL-SPEC-UNSUPPORTED');
    expect(said).toContain('libvirt or virtualbox');
  });
});
