import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderFolder } from '../../src/cluster/render-folder.ts';
import { describeEnd, packageFolder, startKubelab } from '../e2e/rig/kubelab-run.ts';
import { makePlan } from '../golden/vagrant-plans.ts';
import { type LibvirtWorld, startLibvirtWorld } from './libvirt-world.ts';

const minute = 60_000;

/** The shortest proof of kubelab's box and Vagrantfile on a real machine: it needs Debian packages and nothing else. */
describe('a virtual machine of the plain box', () => {
  let world: LibvirtWorld;
  let folder: string;

  beforeAll(async () => {
    world = await startLibvirtWorld();
    folder = await realpath(await mkdtemp(join(tmpdir(), 'kubelab-boot-')));
    await writeFolder(folder);
  });

  afterAll(async () => {
    await world?.end();
    await rm(folder, { recursive: true, force: true });
  });

  it('has its box made ahead of time', { timeout: 30 * minute }, async () => {
    const { prefix, env } = world;
    const words = ['box', 'build', 'debian-12', '--provider', 'libvirt'];
    const { exitCode, lines, text } = await startKubelab(words, { cwd: folder, prefix, env, timeout: 25 * minute }).ended;
    expect(exitCode, describeEnd(lines, [text])).toBe(0);
    expect(await world.vagrant(folder, ['box', 'list'])).toContain('kubelab/debian-12 (libvirt, 1.0.0)');
  });

  it('boots, has its name and its address, and lets Vagrant in', { timeout: 30 * minute }, async () => {
    await world.vagrant(folder, ['up', '--no-provision'], { timeout: 25 * minute });
    const seen = await world.vagrant(folder, [
      'ssh',
      'etcd1',
      '-c',
      'hostname; ip -4 -o address; systemctl is-system-running --wait',
    ]);
    expect(seen).toMatch(/^etcd1$/m);
    expect(seen).toMatch(/ eth1 +inet 10\.83\.7\.121\/24 /);
    expect(seen).toMatch(/^running$/m);
  });

  it('halts, and is gone when it is destroyed', { timeout: 20 * minute }, async () => {
    await world.vagrant(folder, ['halt'], { timeout: 10 * minute });
    expect(await world.vagrantStates(folder)).toEqual({ etcd1: 'shutoff' });
    await world.vagrant(folder, ['destroy', '-f']);
    expect(await world.domains()).toEqual([]);
    expect((await world.virsh('net-list', '--all', '--name')).trim().split('\n')).toEqual(['default']);
  });
});

/** What kubelab renders for a node of the smallest size. */
async function writeFolder(folder: string): Promise<void> {
  const emulated = { name: 'libvirt', why: '', differences: [], emulated: true } as const;
  const plan = makePlan({ controlPlanes: 0, workers: 0, etcd: 1 }, { provider: emulated });
  const parts = {
    id: 'boot-1a2b3c',
    template: await readFile(join(packageFolder, 'Vagrantfile.tmpl'), 'utf8'),
    provision: new Map([['run.sh', '#!/bin/sh\n']]),
    nodeFiles: new Map([['etcd1/env', "KUBELAB_ROLE='etcd'\n"]]),
  };
  for (const [name, { text, mode }] of renderFolder(plan, parts)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text, { mode });
  }
}
