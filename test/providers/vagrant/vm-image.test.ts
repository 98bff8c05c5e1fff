import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createFixture } from 'fs-fixture';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveBaseBox } from '../../../src/artifacts/base-box.ts';
import { imageNote } from '../../../src/artifacts/node-image.ts';
import type { Artifact, Lock, Source } from '../../../src/artifacts/source.ts';
import {
  diskFolder,
  type TreeStore,
  vmBaseHome,
  type VmImageContext,
  vmImageHome,
  type VmImageSettings,
} from '../../../src/providers/vagrant/vm-image.ts';
import { createFakeTools, type FakeTool, type FakeTools, type ToolCall } from '../../rig/fake-tool.ts';
import { packageFolder } from '../../rig/program.ts';
import { runnerWith } from './rig.ts';

const lock: Lock = {
  apiVersion: 'kubelab/v1',
  source: 'go',
  kubernetes: '1.36.4',
  containerd: '2.2.9',
  architecture: 'amd64',
  components: {},
  images: { pause: 'p:1' },
  artifacts: [{ path: 'bin/kubeadm', version: 'v1.36.4', from: 'go:x', digest: `sha256:${'1'.repeat(64)}` }],
};

let tools: FakeTools;
let mmdebstrap: FakeTool;
let shell: FakeTool;
let folder: Awaited<ReturnType<typeof createFixture>>;
let settings: VmImageSettings;
let context: VmImageContext;

beforeEach(async () => {
  tools = await createFakeTools();
  folder = await createFixture({ 'files/bin/kubeadm': 'kubeadm' });
  mmdebstrap = await tools.add('mmdebstrap');
  mmdebstrap.answer([], {});
  // What the scripts do needs root and minutes; here it is only that they are called.
  shell = await tools.add('sh');
  shell.answer(/fill-tree\.sh/, {});
  shell.answer(/make-disk\.sh/, {});
  const provision = path.join(packageFolder, 'provision');
  settings = {
    base: await resolveBaseBox('debian-12', provision, folder.path, 'vm'),
    install: 'binaries',
    provision,
    cache: folder.getPath('cache'),
    source: { file: (artifact: Artifact) => folder.getPath('files', artifact.path) } as unknown as Source,
    shape: { mebibytes: 20_480, kernelOptions: ['mitigations=off'] },
  };
  context = { root: runnerWith(tools), signal: new AbortController().signal, store: folders(folder.getPath('trees')) };
});

afterEach(async () => {
  await tools.remove();
  await folder.rm();
});

/** A store whose trees are folders. */
function folders(root: string): TreeStore {
  return {
    bases: path.join(root, 'bases'),
    images: path.join(root, 'images'),
    list: (place) => readdir(place).catch(() => []),
    create: async (target) => void (await mkdir(target, { recursive: true })),
    snapshot: (from, target) => cp(from, target, { recursive: true }),
    remove: (target) => rm(target, { recursive: true, force: true }),
    rename: (from, target) => rename(from, target),
  };
}

const name = (file: string): string => path.basename(file);
const scripts = (calls: readonly ToolCall[]): string[] =>
  calls.map(
    ({ args }) => `${name(args[0] ?? '')} ${args[0]?.endsWith('fill-tree.sh') === true ? args.at(-1) : args.slice(3).join(' ')}`,
  );

/** All that `up` does for it, each part only where it is not done yet. */
async function obtain(of: Lock): Promise<string> {
  const home = vmImageHome(settings, context);
  if (await home.hasImage(of)) return home.disk(of);
  if (!(await home.hasBase())) await home.makeBase(() => {});
  await home.makeImage(of, () => {});
  return home.disk(of);
}

/** The real script leaves the disk under its name; the fake can't. */
async function make(): Promise<string> {
  const disk = await obtain(lock);
  await writeFile(disk, 'the disk');
  return disk;
}

describe('the disk of a node image', () => {
  it('is made from the base box of virtual machines, natively, and once', async () => {
    const disk = await make();
    expect(mmdebstrap.calls[0]?.args.join(' ')).toMatch(/--include=bash-completion,.*,linux-image-cloud-amd64,/);
    expect(scripts(shell.calls)).toEqual(['fill-tree.sh vm', 'fill-tree.sh image', 'make-disk.sh 20480 mitigations=off']);
    const [setup, fill, write] = shell.calls.map(({ args }) => args);
    // The base box is set up before it has its name, and the image is a copy of it.
    expect(setup?.[1]).toMatch(/bases\/debian-12-[0-9a-f]{12}\.part$/);
    expect(fill?.[1]).toBe(write?.[1]);
    expect(write?.[2]).toBe(disk);
    expect(path.dirname(disk)).toBe(diskFolder(settings.cache));

    expect(await readdir(context.store.bases)).toEqual([name(setup?.[1] ?? '').replace('.part', '')]);
    expect(await readdir(context.store.images)).toEqual([]);
    expect((await readdir(settings.cache)).toSorted()).toEqual(['disks', 'node-images']);
    expect(JSON.parse(await readFile(imageNote(settings.cache, name(disk).replace('.qcow2', '')), 'utf8'))).toEqual(lock);

    const before = shell.calls.length;
    expect(await obtain(lock)).toBe(disk);
    expect(shell.calls.length).toBe(before);
  });

  it('takes the base box that is there', async () => {
    await make();
    await obtain({ ...lock, images: { pause: 'p:2' } });
    expect(mmdebstrap.calls.length).toBe(1);
    expect(scripts(shell.calls).filter((script) => script === 'fill-tree.sh vm')).toEqual(['fill-tree.sh vm']);
  });

  it('leaves no tree when it fails, and is tried again', async () => {
    shell.answer(/make-disk\.sh/, { stderr: 'error: no room\n', exitCode: 1 });
    await expect(make()).rejects.toMatchObject({ stderr: 'error: no room\n' });
    expect(await readdir(context.store.images)).toEqual([]);
    expect(await vmImageHome(settings, context).hasImage(lock)).toBe(false);
    shell.answer(/make-disk\.sh/, {});
    await make();
    expect(await vmImageHome(settings, context).hasImage(lock)).toBe(true);
    expect(mmdebstrap.calls.length).toBe(1);
  });

  it('leaves no base box that was not set up', async () => {
    shell.answer(/fill-tree\.sh.* vm$/, { exitCode: 1 });
    await expect(make()).rejects.toThrow();
    expect(await vmImageHome(settings, context).hasBase()).toBe(false);
    shell.answer(/fill-tree\.sh.* vm$/, {});
    await make();
    expect(mmdebstrap.calls.length).toBe(2);
  });

  it('is not there before every digest is known', async () => {
    const unknown: Lock = { ...lock, artifacts: [{ path: 'bin/kubeadm', version: 'v', from: 'f' }] };
    expect(await vmImageHome(settings, context).hasImage(unknown)).toBe(false);
  });

  it('is another one for another kernel line and another size', async () => {
    const disk = await vmImageHome(settings, context).disk(lock);
    for (const shape of [
      { ...settings.shape, kernelOptions: [] },
      { ...settings.shape, mebibytes: 10_240 },
    ])
      expect(await vmImageHome({ ...settings, shape }, context).disk(lock)).not.toBe(disk);
  });
});

describe('the disk of the plain system', () => {
  it('is made from the base box alone', async () => {
    const home = vmBaseHome(settings, context);
    await home.makeBase(() => {});
    await home.makeBaseDisk(() => {});
    expect(scripts(shell.calls)).toEqual(['fill-tree.sh vm', 'make-disk.sh 20480 mitigations=off']);
    expect(shell.calls[1]?.args[2]).toBe(await home.baseDisk());
    expect(path.basename(await home.baseDisk())).toMatch(/^debian-12-[0-9a-f]{12}-[0-9a-f]{8}\.qcow2$/);
  });
});
