import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createMac } from '../rig/mac.ts';
import { knownMachine } from '../rig/vagrant-world.ts';

afterEach(() => void vi.unstubAllEnvs());

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
