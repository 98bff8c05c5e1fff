import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Node } from '../../cluster/node.ts';
import type { Capabilities, MachinePlan, MachineState, Provider } from '../../cluster/provider.ts';
import { waitFor } from '../../cluster/wait.ts';
import { KubelabError } from '../../errors/errors.ts';
import { sshFailed, sshRunner } from '../../exec/ssh.ts';
import type { Command, Runner, RunResult } from '../../exec/runner.ts';
import { machineFiles } from './machine-files.ts';
import { findMachineProcesses } from './processes.ts';
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
  const folder = context.store.machines(settings.cluster);
  const tree = (name: string): string => path.join(folder, name);
  const machine = (name: string): string => machineName(settings.cluster, name);
  const root = (timeout: number, ...command: Command): Promise<RunResult> => context.root.run(command, { timeout, signal: context.signal });

  const connect = (plan: MachinePlan): Node => ({
    name: plan.name,
    role: plan.role,
    address: plan.address,
    ...sshRunner(context.local, { configFile: settings.sshConfig, host: plan.name, sudo: false }),
  });

  const inspect = async (): Promise<MachineState[]> => {
    // Beside the machines lie the lock files of systemd-nspawn and machines that are being made.
    const names = (await context.store.list(folder)).filter((name) => !/^\.|\.part$/.test(name));
    const running = await findMachineProcesses(names.map(tree));
    return names.map((name) => ({ name, state: running.has(tree(name)) ? 'running' : 'stopped' }));
  };

  const make = async (plan: MachinePlan): Promise<void> => {
    if ((await context.store.list(folder)).includes(plan.name)) return;
    const partial = `${tree(plan.name)}.part`;
    await context.store.remove(partial);
    await context.store.snapshot(await settings.image(), partial);
    const files = await writeMachineFiles(settings, plan, context);
    await root(30 * second, 'cp', '-R', '--no-preserve=ownership', '--preserve=mode', `${files}/.`, partial);
    await context.store.rename(partial, tree(plan.name));
  };

  const cutPower = (name: string): Promise<RunResult> => root(60 * second, 'sh', script('end-machine.sh'), machine(name));

  return {
    name: 'nspawn',
    capabilities: settings.capabilities,
    inspect,
    prepare: () => makeBridge(settings, root),
    connect,
    start: async (plan) => {
      await make(plan);
      const node = connect(plan);
      const running = await findMachineProcesses([tree(plan.name)]);
      if (running.size === 0) {
        const log = path.join(settings.logs, `console-${plan.name}.log`);
        const limits = [String(plan.cpus), String(plan.memoryMiB)];
        await root(60 * second, 'sh', script('start-machine.sh'), machine(plan.name), tree(plan.name), settings.bridge, ...limits, log);
      }
      await waitForSsh(node, tree(plan.name), settings, context);
      return node;
    },
    stop: async (name) => {
      const id = (await findMachineProcesses([tree(name)])).get(tree(name));
      if (id !== undefined) {
        // systemd-nspawn passes it on to the machine's init as a request to power off.
        await context.root.run(['kill', '-TERM', String(id)], { timeout: 10 * second, signal: context.signal, accept: 'any' });
        await waitForEnd(tree(name), context).catch((error: unknown) => {
          if (!(error instanceof KubelabError)) throw error;
        });
      }
      await cutPower(name);
    },
    destroy: async (name) => {
      await cutPower(name);
      await context.store.remove(tree(name));
      await context.store.remove(`${tree(name)}.part`);
      await root(10 * second, 'rm', '-f', path.join(folder, `.#${name}.lck`));
      await rm(path.join(settings.files, name), { recursive: true, force: true });
      await rm(path.join(settings.files, `${name}.known_hosts`), { force: true });
    },
    removeShared: async () => {
      await context.root.run(['ip', 'link', 'delete', settings.bridge], { timeout: 10 * second, signal: context.signal, accept: 'any' });
      await context.root.run(['rmdir', folder], { timeout: 10 * second, signal: context.signal, accept: 'any' });
      await context.store.close();
      return findLeftovers(settings, context, folder);
    },
  };
}

/** A name that no other machine on this host has, short enough for the kernel to take `vb-NAME` for an interface. */
function machineName(cluster: string, node: string): string {
  return `k${createHash('sha256').update(`${cluster}/${node}`).digest('hex').slice(0, 10)}`;
}

async function makeBridge(settings: NspawnSettings, root: (timeout: number, ...command: Command) => Promise<RunResult>): Promise<void> {
  const address = `${settings.gateway}/${settings.subnet.split('/')[1] ?? '24'}`;
  const make = 'ip link show "$1" >/dev/null 2>&1 || ip link add "$1" type bridge; ip address replace "$2" dev "$1"; ip link set "$1" up';
  await root(20 * second, 'sh', '-c', make, 'sh', settings.bridge, address);
}

async function writeMachineFiles(settings: NspawnSettings, plan: MachinePlan, context: NspawnContext): Promise<string> {
  const folder = path.join(settings.files, plan.name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const key = path.join(settings.files, `${plan.name}.host-key`);
  await rm(key, { force: true });
  await rm(`${key}.pub`, { force: true });
  await context.local.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', plan.name, '-f', key], { timeout: 20 * second, signal: context.signal });
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
  for (const [place, mode] of [['root', 0o700], ['root/.ssh', 0o700], ['.', 0o755]] as const) await chmod(path.join(folder, place), mode);
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
        const answer = await node.run(['true'], { timeout: 10 * second, signal: context.signal, accept: [0, sshFailed] }).catch((error: unknown) => {
          if (error instanceof Error && error.name === 'CommandFailed') return undefined;
          throw error;
        });
        if (answer?.exitCode === 0) return true;
        if ((await findMachineProcesses([tree])).size === 0)
          throw new KubelabError('KL-MACHINE-FAILED', `the machine of ${node.name} ended while it booted`, {
            details: (await readFile(path.join(settings.logs, `console-${node.name}.log`), 'utf8').catch(() => '')).trimEnd().split('\n').slice(-8),
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
  const link = await context.local.run(['ip', 'link', 'show', settings.bridge], { timeout: 10 * second, signal: context.signal, accept: 'any' });
  if (link.exitCode === 0) left.push(`network ${settings.bridge}`);
  for (const name of await context.store.list(folder)) left.push(`machine ${name} in ${folder}`);
  return left;
}
