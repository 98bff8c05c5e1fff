import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Plan } from '../../src/cluster/plan.ts';
import { type RenderedFile, renderFolder } from '../../src/cluster/render-folder.ts';
import { localRunner } from '../../src/exec/local.ts';
import type { RunResult } from '../../src/exec/runner.ts';
import { makePlan } from './vagrant-plans.ts';

/** Each has its rendered Vagrantfile in vagrant/<name>/; UPDATE_GOLDEN=1 writes them. */
const cases: Readonly<Record<string, Plan>> = {
  '1-control-plane-0-workers': makePlan({ controlPlanes: 1, workers: 0 }),
  '1-control-plane-1-worker': makePlan(
    { controlPlanes: 1, workers: 1 },
    { provider: { name: 'nspawn', why: '', differences: [] } },
  ),
  '1-control-plane-2-workers': makePlan({ controlPlanes: 1, workers: 2 }),
  '1-control-plane-10-workers': makePlan({ controlPlanes: 1, workers: 10 }),
  '3-control-planes-2-workers': makePlan({ controlPlanes: 3, workers: 2, loadBalancers: 1 }),
  '5-control-planes-2-workers': makePlan(
    { controlPlanes: 5, workers: 2, loadBalancers: 1 },
    { provider: { name: 'virtualbox', why: '', differences: [] } },
  ),
  'node-image': makePlan({ controlPlanes: 1, workers: 1 }, { source: { kind: 'go', why: 'the spec asks for it' } }),
  'external-etcd': makePlan({ controlPlanes: 3, workers: 2, etcd: 3, loadBalancers: 1 }),
  'storage-node': makePlan(
    { controlPlanes: 1, workers: 2, storage: 1, workerDisksMiB: [10_240, 20_480] },
    { box: 'https://boxes.example/debian-12-amd64.box' },
  ),
  'virtualbox-on-apple-silicon': makePlan(
    { controlPlanes: 1, workers: 1 },
    {
      provider: { name: 'virtualbox', why: '', differences: [] },
      box: 'https://boxes.example/debian-13-arm64.box',
      boxDigest: `sha256:${'0a'.repeat(32)}`,
      lock: { ...makePlan({ controlPlanes: 1, workers: 0 }).lock, architecture: 'arm64' },
    },
  ),
  'virtualbox-on-windows': makePlan(
    { controlPlanes: 1, workers: 1 },
    { provider: { name: 'virtualbox', why: '', differences: [] }, box: 'D:\\boxes\\my lab.box' },
  ),
};

/** The boxes of those whose machines come from a node image. */
const imageBoxes = new Map([[cases['node-image'], 'kubelab/node-1.36.4-0123456789abcdef-01234567']]);

const golden = join(import.meta.dirname, 'vagrant');
const template = await readFile(join(import.meta.dirname, '../../Vagrantfile.tmpl'), 'utf8');

function render(plan: Plan): Map<string, RenderedFile> {
  const nodeFiles = new Map(plan.nodes.map((node) => [`${node.name}/env`, `KUBELAB_ROLE='${node.role}'\n`]));
  const imageBox = imageBoxes.get(plan);
  return renderFolder(plan, {
    id: `${plan.name}-1a2b3c`,
    ...(imageBox === undefined ? {} : { imageBox }),
    template,
    nodeFiles,
    provision: new Map([['run.sh', '#!/bin/sh\n']]),
  });
}

describe('the rendered Vagrantfile', () => {
  test.each(Object.entries(cases))('%s is as recorded', async (name, plan) => {
    const text = render(plan).get('Vagrantfile')?.text ?? '';
    const file = join(golden, name, 'Vagrantfile');
    if (process.env['UPDATE_GOLDEN'] === '1') {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
    expect(text).toBe(await readFile(file, 'utf8'));
  });

  test('has no recorded case that is not rendered', async () => {
    expect((await readdir(golden)).sort()).toEqual(Object.keys(cases).sort());
  });
});

const runner = localRunner();
const signal = new AbortController().signal;
// Vagrant's own files go here and not into the home of whoever runs the tests.
const scratch = await mkdtemp(join(tmpdir(), 'kubelab-golden-'));
const missing = await findMissing();
afterAll(() => rm(scratch, { recursive: true, force: true }));

async function vagrant(args: readonly string[], folder: string, env: Readonly<Record<string, string>> = {}): Promise<RunResult> {
  const home = { VAGRANT_HOME: join(scratch, 'home'), VAGRANT_CHECKPOINT_DISABLE: '1' };
  return runner.run(['vagrant', ...args], { timeout: 120_000, signal, accept: 'any', cwd: folder, env: { ...home, ...env } });
}

/** What this host lacks to validate; also the one call that fills Vagrant's home before others run at once. */
async function findMissing(): Promise<string | undefined> {
  try {
    const { stdout } = await vagrant(['plugin', 'list'], scratch);
    return stdout.includes('vagrant-libvirt') ? undefined : 'the plugin vagrant-libvirt is not installed';
  } catch (error) {
    return `vagrant: ${(error as Error).message}`;
  }
}

async function writeFolder(name: string, files: ReadonlyMap<string, RenderedFile>): Promise<string> {
  const folder = join(scratch, name);
  for (const [path, { text, mode }] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text, { mode });
  }
  return folder;
}

const title = missing === undefined ? 'vagrant validate' : `vagrant validate (skipped: ${missing})`;
describe.skipIf(missing !== undefined).concurrent(title, { timeout: 120_000 }, () => {
  test.for(Object.entries(cases))('takes %s for libvirt', async ([name, plan], { expect }) => {
    const folder = await writeFolder(name, render(plan));
    const result = await vagrant(['validate'], folder, { VAGRANT_DEFAULT_PROVIDER: 'libvirt' });
    expect(result).toMatchObject({ exitCode: 0, stdout: 'Vagrantfile validated successfully.\n' });
  });

  test.for(['5-control-planes-2-workers', 'storage-node', 'virtualbox-on-apple-silicon', 'virtualbox-on-windows'])('takes %s for VirtualBox', async (name, { expect }) => {
    const folder = await writeFolder(`${name}-virtualbox`, render(cases[name]!));
    const env = { VAGRANT_DEFAULT_PROVIDER: 'virtualbox', VAGRANT_EXPERIMENTAL: 'disks' };
    // Without VBoxManage the provider itself can not be asked.
    const result = await vagrant(['validate', '--ignore-provider'], folder, env);
    expect(result.stdout + result.stderr).toContain('Vagrantfile validated successfully.');
    expect(result.exitCode).toBe(0);
  });

  test('refuses a setting that the provider does not have', async ({ expect }) => {
    const files = render(makePlan({ controlPlanes: 1, workers: 0 }));
    const text = files.get('Vagrantfile')!.text.replace('libvirt.graphics_type', 'libvirt.graphics_tape');
    const folder = await writeFolder('misspelt', files.set('Vagrantfile', { text, mode: 0o644 }));
    const result = await vagrant(['validate'], folder, { VAGRANT_DEFAULT_PROVIDER: 'libvirt' });
    expect(result.exitCode).not.toBe(0);
    expect(result.stdout + result.stderr).toContain('graphics_tape');
  });
});
