import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Node } from '../../cluster/node.ts';
import type { Capabilities, MachinePlan, MachineState, Provider } from '../../cluster/provider.ts';
import { waitFor } from '../../cluster/wait.ts';
import { KubelabError, unlessFailed } from '../../errors/errors.ts';
import { openSshHosts } from '../../exec/shared-ssh.ts';
import { sshFailed } from '../../exec/ssh.ts';
import type { Command, Runner, RunResult } from '../../exec/runner.ts';
import { machineFiles } from './machine-files.ts';
import { findMachineProcesses, hasMachineProcesses } from './processes.ts';
import type { SubvolumeStore } from './store.ts';

const second = 1_000;

export interface NspawnSettings {
  readonly cluster: string;
  /** CIDR of the nodes' network and the host's address on it. */
  readonly subnet: string;
  readonly gateway: string;
  /** The bridge's name, at most 15 characters. */
  readonly bridge: string;
  /** The node image that machines are copies of: a subvolume. Asked for only when a machine is made. */
  readonly image: () => Promise<string>;
  /** Folder for the files that are laid over a machine; `machines/NAME` below it is for no one else to read. */
  readonly files: string;
  readonly logs: string;
  readonly sshConfig: string;
  /** A folder for the sockets of connections to machines. */
  readonly sshSockets?: string | undefined;
  readonly authorizedKey: () => Promise<string>;
  readonly capabilities: Capabilities;
}

export interface NspawnContext {
  readonly local: Runner;
  readonly root: Runner;
  readonly signal: AbortSignal;
  readonly store: SubvolumeStore;
}

const script = (name: string): string => fileURLToPath(new URL(`../../../../src/providers/nspawn/${name}`, import.meta.url));

/** Machines as systemd-nspawn containers, each on a btrfs snapshot of the node image, on a bridge of their own. */
export function nspawnProvider(settings: NspawnSettings, context: NspawnContext): Provider {
  const place = locateMachines(settings, context);
  const hosts = openSshHosts(context.local, { configFile: settings.sshConfig, sockets: settings.sshSockets });
  const connect = (plan: MachinePlan): Node => ({
    name: plan.name,
    role: plan.role,
    address: plan.address,
    ...hosts.runner(plan.name),
  });
  return {
    name: 'nspawn',
    capabilities: settings.capabilities,
    inspect: () => inspectMachines(place, context),
    prepare: () => makeBridge(settings, place),
    connect,
    start: async (plan) => {
      await makeMachine(plan, place, settings, context);
      await bootMachine(plan, place, settings);
      const node = connect(plan);
      await waitForSsh(node, place.tree(plan.name), settings, context);
      return node;
    },
    stop: async (name) => {
      await hosts.leave(name, context.signal);
      await stopMachine(name, place, context);
    },
    destroy: async (name) => {
      await hosts.leave(name, context.signal);
      await destroyMachine(name, place, settings, context);
    },
    removeShared: async () => {
      const remove = { timeout: 10 * second, signal: context.signal, accept: 'any' } as const;
      await context.root.run(['sh', script('bridge.sh'), 'down', settings.bridge], remove);
      // What an up or a destroy that was cut off left of machines that are not there: half a copy, the lock of a copy.
      for (const name of (await context.store.list(place.folder)).filter((entry) => entry.endsWith('.part')))
        await context.store.remove(path.join(place.folder, name));
      await context.root.run(['sh', '-c', 'rm -f "$1"/.#*.lck', 'sh', place.folder], remove);
      await context.root.run(['rmdir', place.folder], remove);
      const left = await findLeftovers(settings, context, place.folder);
      await context.store.close();
      return left;
    },
  };
}

/** Where a cluster's machines are and what they are called. */
interface MachinePlace {
  /** The folder with the root file systems. */
  readonly folder: string;
  readonly tree: (node: string) => string;
  /** The machine's name on this host. */
  readonly machine: (node: string) => string;
  readonly root: (timeout: number, ...command: Command) => Promise<RunResult>;
}

function locateMachines(settings: NspawnSettings, context: NspawnContext): MachinePlace {
  const folder = context.store.machines(settings.cluster);
  return {
    folder,
    tree: (name) => path.join(folder, name),
    machine: (name) => machineName(settings.cluster, name),
    root: (timeout, ...command) => context.root.run(command, { timeout, signal: context.signal }),
  };
}

async function inspectMachines(place: MachinePlace, { store }: NspawnContext): Promise<MachineState[]> {
  // Beside the machines lie the lock files of systemd-nspawn and machines that are being made.
  const names = (await store.list(place.folder)).filter((name) => !/^\.|\.part$/.test(name));
  const running = await findMachineProcesses(names.map(place.tree));
  return Promise.all(
    names.map(async (name): Promise<MachineState> => {
      if (running.has(place.tree(name))) return { name, state: 'running' };
      return { name, state: (await hasMachineProcesses(place.machine(name))) ? 'broken' : 'stopped' };
    }),
  );
}

/** Makes the machine's root file system if it is not there; it appears under its name only when it is whole. */
async function makeMachine(
  plan: MachinePlan,
  place: MachinePlace,
  settings: NspawnSettings,
  context: NspawnContext,
): Promise<void> {
  if ((await context.store.list(place.folder)).includes(plan.name)) return;
  const partial = `${place.tree(plan.name)}.part`;
  await context.store.remove(partial);
  await context.store.snapshot(await settings.image(), partial);
  const files = await writeMachineFiles(settings, plan, context);
  await place.root(30 * second, 'cp', '-R', '--no-preserve=ownership', '--preserve=mode', `${files}/.`, partial);
  await context.store.rename(partial, place.tree(plan.name));
}

async function bootMachine(plan: MachinePlan, place: MachinePlace, settings: NspawnSettings): Promise<void> {
  const tree = place.tree(plan.name);
  if ((await findMachineProcesses([tree])).size > 0) return;
  const log = path.join(settings.logs, `console-${plan.name}.log`);
  const limits = [String(plan.cpus), String(plan.memoryMiB)];
  await place.root(
    60 * second,
    'sh',
    script('start-machine.sh'),
    place.machine(plan.name),
    tree,
    settings.bridge,
    ...limits,
    log,
  );
}

async function stopMachine(name: string, place: MachinePlace, context: NspawnContext): Promise<void> {
  const tree = place.tree(name);
  const id = (await findMachineProcesses([tree])).get(tree);
  if (id !== undefined) {
    // systemd-nspawn passes it on to the machine's init as a request to power off. The shell's own kill: a small host has no other.
    await context.root.run(['sh', '-c', 'kill -TERM "$1"', 'sh', String(id)], {
      timeout: 10 * second,
      signal: context.signal,
      accept: 'any',
    });
    await waitForEnd(tree, context).catch((error: unknown) => {
      if (!(error instanceof KubelabError)) throw error;
    });
  }
  await cutPower(name, place);
}

async function cutPower(name: string, place: MachinePlace): Promise<void> {
  await place.root(60 * second, 'sh', script('end-machine.sh'), place.machine(name));
}

/** A systemd-nspawn that is killed leaves its lock, which is named after the file system, and a folder with its name. */
const forgetScript =
  'rm -f "/run/systemd/nspawn/locks/inode-$(stat -c %d:%i "$1" 2>/dev/null)"; rmdir "/run/systemd/nspawn/propagate/$2" 2>/dev/null || true';

async function destroyMachine(
  name: string,
  place: MachinePlace,
  settings: NspawnSettings,
  { store }: NspawnContext,
): Promise<void> {
  await cutPower(name, place);
  await place.root(10 * second, 'sh', '-c', forgetScript, 'sh', place.tree(name), place.machine(name));
  await store.remove(place.tree(name));
  await store.remove(`${place.tree(name)}.part`);
  await place.root(10 * second, 'rm', '-f', path.join(place.folder, `.#${name}.lck`));
  await rm(path.join(settings.files, name), { recursive: true, force: true });
  await rm(path.join(settings.files, `${name}.known_hosts`), { force: true });
}

/** A name that no other machine on this host has, short enough for the kernel to take `vb-NAME` for an interface. */
function machineName(cluster: string, node: string): string {
  return `k${createHash('sha256').update(`${cluster}/${node}`).digest('hex').slice(0, 10)}`;
}

async function makeBridge(settings: NspawnSettings, { root }: MachinePlace): Promise<void> {
  const address = `${settings.gateway}/${settings.subnet.split('/')[1] ?? '24'}`;
  await root(20 * second, 'sh', script('bridge.sh'), 'up', settings.bridge, address);
}

async function writeMachineFiles(settings: NspawnSettings, plan: MachinePlan, context: NspawnContext): Promise<string> {
  const folder = path.join(settings.files, plan.name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const key = path.join(settings.files, `${plan.name}.host-key`);
  await rm(key, { force: true });
  await rm(`${key}.pub`, { force: true });
  await context.local.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', plan.name, '-f', key], {
    timeout: 20 * second,
    signal: context.signal,
  });
  const hostKey = { secret: await readFile(key, 'utf8'), public: await readFile(`${key}.pub`, 'utf8') };
  await rm(key);
  await rm(`${key}.pub`);
  await writeFile(path.join(settings.files, `${plan.name}.known_hosts`), `${plan.name} ${hostKey.public}`);
  const files = machineFiles({
    name: plan.name,
    address: `${plan.address}/${settings.subnet.split('/')[1] ?? '24'}`,
    gateway: settings.gateway,
    authorizedKey: await settings.authorizedKey(),
    hostKey,
  });
  for (const file of files) {
    const target = path.join(folder, file.path);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, file.text, { mode: file.mode });
    await chmod(target, file.mode);
  }
  for (const [place, mode] of [
    ['root', 0o700],
    ['root/.ssh', 0o700],
    ['.', 0o755],
  ] as const)
    await chmod(path.join(folder, place), mode);
  return folder;
}

async function waitForSsh(node: Node, tree: string, settings: NspawnSettings, context: NspawnContext): Promise<void> {
  await waitFor(
    {
      what: `ssh on ${node.name}`,
      hint: `Its console is in ${path.join(settings.logs, `console-${node.name}.log`)}.`,
      deadline: 120 * second,
      every: 200,
      ready: async () => {
        const options = { timeout: 10 * second, signal: context.signal, accept: [0, sshFailed] };
        const answer = await unlessFailed(node.run(['true'], options));
        if (answer?.exitCode === 0) return true;
        if ((await findMachineProcesses([tree])).size === 0)
          throw new KubelabError('KL-MACHINE-FAILED', `the machine of ${node.name} ended while it booted`, {
            details: (await readFile(path.join(settings.logs, `console-${node.name}.log`), 'utf8').catch(() => ''))
              .trimEnd()
              .split('\n')
              .slice(-8),
          });
        return 'no answer yet';
      },
    },
    context.signal,
  );
}

async function waitForEnd(tree: string, context: NspawnContext): Promise<void> {
  await waitFor(
    {
      what: 'the machine to power off',
      hint: 'Its power is cut.',
      deadline: 90 * second,
      every: 200,
      ready: async () => ((await findMachineProcesses([tree])).size === 0 ? true : 'still running'),
    },
    context.signal,
  );
}

/** What destroy should have removed and did not; each in words. */
async function findLeftovers(settings: NspawnSettings, context: NspawnContext, folder: string): Promise<string[]> {
  const left: string[] = [];
  const link = await context.local.run(['ip', 'link', 'show', settings.bridge], {
    timeout: 10 * second,
    signal: context.signal,
    accept: 'any',
  });
  if (link.exitCode === 0) left.push(`network ${settings.bridge}`);
  for (const name of await context.store.list(folder)) left.push(`machine ${name} in ${folder}`);
  return left;
}
