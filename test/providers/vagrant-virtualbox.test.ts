import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { recognise } from '../../src/cluster/known-problems.ts';
import type { NodePlan } from '../../src/cluster/plan.ts';
import { CommandFailed } from '../../src/errors/errors.ts';
import { createVagrantSite, type VagrantSite } from '../rig/vagrant-site.ts';
import { knownMachine } from '../rig/vagrant-world.ts';

function machine(site: VagrantSite, name: string): NodePlan {
  const found = site.plan.nodes.find((node) => node.name === name);
  if (found === undefined) throw new Error(`no node ${name}`);
  return found;
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

const states = async (site: VagrantSite): Promise<Record<string, string>> =>
  Object.fromEntries((await site.provider().inspect()).map(({ name, state }) => [name, state]));

describe('the life of a cluster on VirtualBox', () => {
  it('goes up, is looked at, halted, brought up, loses its power, comes back and is destroyed', async () => {
    const site = await createVagrantSite('virtualbox');
    const { world } = site;
    const nodes = site.plan.nodes.map(({ name }) => name);
    // Cloning one master twice at once, or choosing a host-only network, is what goes wrong: the fake refuses the first.
    let making = 0;
    let most = 0;
    world.onStage = async (stage) => {
      if (stage === 'box') {
        making += 1;
        most = Math.max(most, making);
        await sleep(40);
      }
      if (stage === 'defined') making -= 1;
      // None is ready before two boot, which they do only when they boot side by side.
      if (stage === 'started') while (world.mostBooting < 2) await sleep(20);
      return undefined;
    };
    const start = async (): Promise<void> => {
      const provider = site.provider();
      await provider.prepare();
      await Promise.all(nodes.map((name) => provider.start(machine(site, name))));
    };
    await start();
    expect(most).toBe(1);
    expect(world.networks.size).toBe(1);
    expect(await states(site)).toEqual({ control1: 'running', worker1: 'running', worker2: 'running' });
    const ids = [...world.machines.keys()];

    await Promise.all(nodes.map((name) => site.provider().stop(name)));
    expect(await states(site)).toEqual({ control1: 'stopped', worker1: 'stopped', worker2: 'stopped' });
    await start();
    expect([...world.machines.keys()]).toEqual(ids);

    // What VirtualBox says of a machine whose process was killed.
    knownMachine(world, 'worker1')!.state = 'aborted';
    expect(await states(site)).toEqual({ control1: 'running', worker1: 'stopped', worker2: 'running' });
    await start();
    expect(knownMachine(world, 'worker1')?.state).toBe('running');
    expect([...world.machines.keys()]).toEqual(ids);

    knownMachine(world, 'worker2')!.state = 'aborted';
    const provider = site.provider();
    await Promise.all(nodes.map((name) => provider.destroy(name)));
    expect(await provider.removeShared()).toEqual([]);
    expect([world.machines.size, world.networks.size]).toEqual([0, 0]);
    expect(existsSync(join(world.folder, '.vagrant'))).toBe(false);
    expect(readdirSync(join(world.folder, 'machines'))).toEqual([]);
  });
});

/** What Vagrant 2.3.4 and VBoxManage 7.0 say, and where they say it. */
const faults = [
  {
    what: 'no hardware virtualisation',
    stage: 'started',
    says: 'There was an error while executing `VBoxManage`, a CLI used by Vagrant\nfor controlling VirtualBox. The command and stderr is shown below.\n\nCommand: ["startvm", "1111", "--type", "headless"]\n\nStderr: VBoxManage: error: VT-x is not available (VERR_VMX_NO_VMX)',
    code: 'KL-HOST-VIRTUALISATION',
  },
  {
    what: 'VT-x that KVM has',
    stage: 'started',
    says: "Stderr: VBoxManage: error: VT-x is being used by another hypervisor (VERR_VMX_IN_VMX_ROOT_MODE).\nVBoxManage: error: VirtualBox can't operate in VMX root mode. Please disable the KVM kernel extension, recompile your kernel and reboot (VERR_VMX_IN_VMX_ROOT_MODE)",
    code: 'KL-HOST-VIRTUALISATION',
  },
  {
    what: 'AMD-V that KVM has',
    stage: 'started',
    says: 'Stderr: VBoxManage: error: AMD-V is being used by another hypervisor (VERR_SVM_IN_USE)',
    code: 'KL-HOST-VIRTUALISATION',
  },
  {
    what: 'a kernel module that is not loaded',
    stage: 'box',
    says: 'VirtualBox is complaining that the kernel module is not loaded. Please\nrun `VBoxManage --version` or open the VirtualBox GUI to see the error\nmessage which should contain instructions on how to fix this error.',
    code: 'KL-HOST-KERNEL',
  },
  {
    what: 'a range that it does not allow',
    stage: 'defined',
    says: 'The IP address configured for the host-only network is not within the\nallowed ranges. Please update the address used to be within the allowed\nranges and run the command again.\n\n  Address: 10.83.7.11\n  Ranges: 192.168.56.0/21',
    code: 'KL-NET-VIRTUALBOX',
  },
  {
    what: 'a name that another machine has',
    stage: 'defined',
    says: 'The specified VM name is in use: VirtualBox\nis reporting another VM with that name already exists. Most of the\ntime this is because of an error with VirtualBox not cleaning up\nproperly.',
    code: 'KL-MACHINE-STRAY',
  },
] as const;

describe('a fault of VirtualBox', () => {
  it.each(faults)('is named: $what', async ({ stage, says, code }) => {
    const site = await createVagrantSite('virtualbox');
    const { world } = site;
    world.onStage = (at) => (at === stage ? says : undefined);
    const failure = await failureOf(site.provider().start(machine(site, 'worker1')));
    expect(failure).toBeInstanceOf(CommandFailed);
    expect(recognise(failure)).toMatchObject({ code });
    // Once it is mended, what was half made is made anew, and there is one.
    world.onStage = () => undefined;
    await site.provider().start(machine(site, 'worker1'));
    expect(world.machines.size).toBe(1);
    expect(await states(site)).toEqual({ worker1: 'running' });
  });

  it('does not end the others, and their turn comes', async () => {
    const site = await createVagrantSite('virtualbox');
    site.world.onStage = (stage, node) => (stage === 'started' && node === 'control1' ? faults[0].says : undefined);
    const provider = site.provider();
    const outcome = await Promise.allSettled(site.plan.nodes.map((node) => provider.start(node)));
    expect(outcome.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  });

  it('that another machine is cloned at this moment is waited out', async () => {
    const site = await createVagrantSite('virtualbox');
    let left = 2;
    site.world.onStage = (stage) =>
      stage === 'defined' && (left -= 1) >= 0
        ? "VBoxManage: error: The machine 'debian-12' is already locked by a session (or being locked or unlocked)"
        : undefined;
    await site.provider().start(machine(site, 'worker1'));
    expect(site.vagrant.calls.filter(({ args }) => args[0] === 'up')).toHaveLength(3);
    expect(site.world.machines.size).toBe(1);
  });

  it('that VBoxManage can not say how a machine is leaves it to Vagrant', async () => {
    const site = await createVagrantSite('virtualbox');
    await site.provider().start(machine(site, 'worker1'));
    site.hypervisor.answer(['showvminfo'], {
      stderr: 'VBoxManage: error: The object is not ready\nVBoxManage: error: Details: code E_ACCESSDENIED (0x80070005)\n',
      exitCode: 1,
    });
    expect(await states(site)).toEqual({ worker1: 'running' });
  });
});
