import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { readIfThere, writeFileAtomic } from '../../cluster/files.ts';
import type { Node } from '../../cluster/node.ts';
import { emulatedMachine, type MachinePlan, type MachineState, type Provider } from '../../cluster/provider.ts';
import { waitFor } from '../../cluster/wait.ts';
import { CommandFailed, failureOf, KubelabError } from '../../errors/errors.ts';
import type { Runner } from '../../exec/runner.ts';
import { openSshHosts } from '../../exec/shared-ssh.ts';
import { admit, forgetAccess } from './admit.ts';
import { dataFolder, forgetMachine, type Guest } from './guests.ts';
import type { Hypervisor } from './hypervisor.ts';
import { listGuests, openHypervisor } from './open-hypervisor.ts';
import type { VagrantContext, VagrantSettings } from './settings.ts';
import { createTurns, type Turns } from './turns.ts';
import { type Vagrant, vagrantCommand } from './vagrant-command.ts';

const second = 1_000;
const minute = 60 * second;

/** What the parts of one provider share. */
interface Site {
  readonly settings: VagrantSettings;
  readonly context: VagrantContext;
  readonly vagrant: Vagrant;
  readonly hypervisor: Hypervisor;
  readonly turns: Turns;
}

/**
 * Machines as VirtualBox or libvirt runs them, through Vagrant in the cluster's folder. Nothing is remembered here:
 * what is there is asked of the hypervisor and of Vagrant's own files, so that Vagrant can be used by hand in between.
 */
export function vagrantProvider(settings: VagrantSettings, context: VagrantContext): Provider {
  const hypervisor = openHypervisor(settings, context);
  const vagrant = vagrantCommand(settings, context);
  const site: Site = { settings, context, vagrant, hypervisor, turns: createTurns(hypervisor.alone) };
  const hosts = openSshHosts(context.local, { configFile: settings.sshConfig, sockets: settings.sshSockets });
  const connect = (plan: MachinePlan): Node => ({
    name: plan.name,
    role: plan.role,
    address: plan.address,
    ...givingTime(hosts.runner(plan.name), settings),
  });
  return {
    name: settings.provider,
    capabilities: settings.capabilities,
    inspect: async () => (await listGuests(hypervisor, settings)).map(describeGuest),
    prepare: () => hypervisor.prepare(),
    connect,
    start: async (plan) => {
      const node = connect(plan);
      await raiseMachine(plan.name, site);
      await admit(node, site, async () => (await findGuest(plan.name, site))?.state === 'running');
      return node;
    },
    stop: async (name) => {
      await hosts.leave(name, context.signal);
      await stopMachine(name, site);
    },
    destroy: async (name) => {
      await hosts.leave(name, context.signal);
      await destroyMachine(name, site);
    },
    removeShared: async () => {
      const left = await hypervisor.removeShared();
      // With machines left, Vagrant has to know them.
      if (left.length === 0) await rm(path.join(settings.folder, '.vagrant'), { recursive: true, force: true });
      return left;
    },
  };
}

/** Commands in a machine whose processors are emulated get longer: even to greet takes it seconds. */
function givingTime(runner: Runner, { emulated }: VagrantSettings): Runner {
  if (!emulated) return runner;
  const { slowness } = emulatedMachine;
  return { run: (command, options) => runner.run(command, { ...options, timeout: slowness * options.timeout }) };
}

async function findGuest(name: string, { hypervisor, settings }: Site): Promise<Guest | undefined> {
  return (await listGuests(hypervisor, settings)).find((guest) => guest.node === name);
}

function describeGuest({ node, state, known }: Guest): MachineState {
  return { name: node, state: known ? state : 'broken' };
}

/** A file that is there while the machine is made. Not among Vagrant's own: it clears those away when it begins. */
function makingMark(settings: VagrantSettings, node: string): string {
  return path.join(settings.folder, 'machines', `${node}.making`);
}

/**
 * Whether the making of the machine was cut off. Vagrant would go on with it as if it was whole, and never give it its
 * addresses. One that a person went on with by hand is whole: Vagrant notes that it provisioned it.
 */
async function isHalfMade({ node }: Guest, { settings }: Site): Promise<boolean> {
  const began = await readIfThere(makingMark(settings, node));
  return began !== undefined && (await readIfThere(path.join(dataFolder(settings, node), 'action_provision'))) === undefined;
}

const attempts = 4;

/** Makes or boots the machine, and again where it met another on the way. */
async function raiseMachine(name: string, site: Site): Promise<void> {
  for (let left = attempts - 1; ; left -= 1) {
    const turn = await site.turns.enter();
    try {
      await makeReady(name, site);
      return await up(name, site, () => turn.passed());
    } catch (error) {
      const met = error instanceof CommandFailed && site.hypervisor.collision.test(`${error.stdout}\n${error.stderr}`);
      if (!met || left === 0) throw error;
    } finally {
      turn.end();
    }
  }
}

/** Clears away what Vagrant would stumble over, and leaves the mark for a machine that is made now. */
async function makeReady(name: string, site: Site): Promise<void> {
  const { settings, hypervisor } = site;
  const mark = makingMark(settings, name);
  let guest = await findGuest(name, site);
  if (guest !== undefined && !guest.known)
    throw new KubelabError('KL-MACHINE-STRAY', `the machine ${guest.name} is there, and Vagrant does not know it`, {
      details: [`its UUID is ${guest.id}; the folder is ${settings.folder}`],
    });
  if (guest !== undefined && (await isHalfMade(guest, site))) {
    await destroyMachine(name, site);
    guest = undefined;
  }
  if (guest?.dead === true) await hypervisor.cutPower(guest.id);
  if (guest !== undefined) return;
  // Disks without a machine are what a making that was cut off leaves.
  await hypervisor.removeStrayDisks(name);
  await forgetAccess(settings, name);
  await mkdir(path.dirname(mark), { recursive: true, mode: 0o700 });
  await writeFileAtomic(mark, 'kubelab makes this machine\n');
}

async function up(name: string, { settings, context, vagrant, hypervisor }: Site, passed: () => void): Promise<void> {
  await vagrant.run(['up', name, '--no-provision', '--provider', settings.provider], {
    timeout: settings.emulated ? 90 * minute : 30 * minute,
    onWords: (line) => {
      if (hypervisor.passed.test(line)) passed();
      if (line.trim() !== '') context.report?.(name, line.trim());
    },
  });
  await rm(makingMark(settings, name), { force: true });
}

async function stopMachine(name: string, site: Site): Promise<void> {
  const { settings, vagrant, hypervisor } = site;
  const find = (): Promise<Guest | undefined> => findGuest(name, site);
  const guest = await find();
  if (guest === undefined || guest.state === 'stopped') return;
  if (guest.known && (await vagrant.hasVagrantfile())) {
    // Vagrant itself gives the machine a minute, and does nothing where it can not tell the machine's address.
    await failureOf(vagrant.run(['halt', name], { timeout: settings.emulated ? 10 * minute : 150 * second }));
    if (isOff(await find())) return;
  }
  await hypervisor.cutPower(guest.id);
  await waitFor(
    {
      what: `the machine of ${name} to be off`,
      hint: 'Its power was cut. See what the hypervisor says of it.',
      deadline: 20 * second,
      ready: async () => isOff(await find()) || 'still on',
    },
    site.context.signal,
  );
}

function isOff(guest: Guest | undefined): boolean {
  return guest === undefined || guest.state === 'stopped';
}

async function destroyMachine(name: string, site: Site): Promise<void> {
  const { settings, vagrant, hypervisor } = site;
  const find = (): Promise<Guest | undefined> => findGuest(name, site);
  let guest = await find();
  let failure: CommandFailed | undefined;
  if (guest?.known === true && (await vagrant.hasVagrantfile())) {
    // The Vagrantfile has a machine no more that was taken out of the spec.
    failure = await failureOf(vagrant.run(['destroy', '--force', name], { timeout: 5 * minute }));
    guest = await find();
  }
  if (guest !== undefined) {
    await hypervisor.cutPower(guest.id);
    failure = (await failureOf(hypervisor.remove(guest.id))) ?? failure;
    guest = await find();
  }
  if (guest !== undefined)
    throw failure ?? new KubelabError('KL-MACHINE-FAILED', `the machine ${guest.name} is still there after it was destroyed`);
  await hypervisor.removeStrayDisks(name);
  await forgetMachine(settings, name);
  await forgetAccess(settings, name);
  await rm(makingMark(settings, name), { force: true });
}
