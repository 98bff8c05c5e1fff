import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createBundleRig } from '../artifacts/bundle-rig.ts';
import type { FakeTools } from '../rig/fake-tool.ts';
import { createProgramRig } from '../rig/program.ts';
import { addVirtualBox } from '../rig/vagrant-hypervisors.ts';
import { addSsh, addVagrant, createVagrantWorld, knownMachine } from '../rig/vagrant-world.ts';

afterEach(() => void vi.unstubAllEnvs());

const addresses = { control1: '192.168.56.11', worker1: '192.168.56.21' };

/** A Mac with VirtualBox, whose machines answer to ssh and do as they are told, but run no Kubernetes. */
async function createMac() {
  const { bundle } = await createBundleRig();
  const rig = await createProgramRig({ platform: 'darwin', architecture: 'x64', fakesOnly: true });
  vi.stubEnv('PATH', `${rig.toolFolder}:${process.env['PATH']}`);
  await copyFile(bundle, rig.path('class.kubelab'));
  await writeFile(rig.path('mine.box'), 'a box');
  const spec = 'name: study\nsource: {bundle: ./class.kubelab}\nbox: ./mine.box\nworkers: {count: 1}\n';
  await writeFile(rig.path('kubelab.yaml'), spec);
  const world = createVagrantWorld('virtualbox', rig.path('.kubelab', 'study'));
  for (const [name, address] of Object.entries(addresses)) world.addresses.set(name, address);
  const tools = { add: rig.fakeTool } as FakeTools;
  const vagrant = await addVagrant(tools, world);
  vagrant.answer(['--version'], { stdout: 'Vagrant 2.4.9\n' });
  vagrant.answer(['box', 'add'], ({ args, env }) => {
    const name = (args[args.indexOf('--name') + 1] ?? '').replace('/', '-VAGRANTSLASH-');
    const folder = join(env['VAGRANT_HOME'] ?? '', 'boxes', name, '0', 'amd64', 'virtualbox');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'metadata.json'), '{}');
    return {};
  });
  const hypervisor = await addVirtualBox(tools, world);
  hypervisor.answer(['--version'], { stdout: '7.1.6r167084\n' });
  hypervisor.answer(['list', 'hostinfo'], { stdout: 'Processor supports HW virtualization: yes\n' });
  const ssh = await addSsh(tools, world);
  return { rig, world, vagrant, ssh };
}

describe('up on VirtualBox on macOS', { timeout: 60_000 }, () => {
  it('makes the box known to Vagrant, raises the machines, installs on them, and ends them all', async () => {
    const { rig, world, vagrant, ssh } = await createMac();
    const { exitCode, stderr } = await rig.run('up', '--yes');
    // What answers for the control plane here has no kubeconfig, and is not believed.
    expect(exitCode).toBeGreaterThan(0);
    expect(stderr).toContain('kubeconfig');
    expect(knownMachine(world, 'control1')?.state).toBe('running');
    expect(knownMachine(world, 'worker1')?.state).toBe('running');
    const added = vagrant.calls.find(({ args }) => args[0] === 'box');
    const name = added?.args[added.args.indexOf('--name') + 1] ?? '';
    expect(added?.env['VAGRANT_HOME']).toBe(join(rig.home, '.vagrant.d'));
    expect(readFileSync(rig.path('.kubelab/study/Vagrantfile'), 'utf8')).toContain(`config.vm.box = "${name}"`);
    const lines = ssh.calls.map(({ args }) => args.at(-1) ?? '');
    expect(lines.some((line) => line.includes('/opt/kubelab/installed'))).toBe(true);
    // Not before all is installed.
    expect(lines.some((line) => line.includes('tar -x') && line.includes('50-node.sh'))).toBe(false);

    expect(await rig.run('halt')).toMatchObject({ exitCode: 0 });
    expect([knownMachine(world, 'control1')?.state, knownMachine(world, 'worker1')?.state]).toEqual(['off', 'off']);
    const ids = [...world.machines.keys()];
    await rig.run('up', '--yes');
    expect([...world.machines.keys()]).toEqual(ids);
    expect(vagrant.calls.filter(({ args }) => args[0] === 'box')).toHaveLength(1);

    expect(await rig.run('destroy', '--yes')).toMatchObject({ exitCode: 0 });
    expect([world.machines.size, world.networks.size]).toEqual([0, 0]);
    expect(existsSync(rig.path('.kubelab/study'))).toBe(false);
  });

  it('names what VirtualBox lacks', async () => {
    const { rig, world } = await createMac();
    world.onStage = (stage) =>
      stage === 'started' ? 'Stderr: VBoxManage: error: VT-x is not available (VERR_VMX_NO_VMX)' : undefined;
    const { exitCode, stderr } = await rig.run('up', '--yes');
    expect(exitCode).toBeGreaterThan(0);
    expect(stderr).toContain('KL-HOST-VIRTUALISATION');
    expect(await rig.run('destroy', '--yes')).toMatchObject({ exitCode: 0 });
    expect(world.machines.size).toBe(0);
  });
});
