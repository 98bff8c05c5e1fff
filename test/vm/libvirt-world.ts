import { spawn } from 'node:child_process';
import { mkdtemp, readFile, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand } from '../e2e/rig/run-command.ts';

/** A libvirt in namespaces of its own. */
export interface LibvirtWorld {
  readonly folder: string;
  /** Words before every program that is to run in it, which keep its working folder. */
  readonly prefix: readonly string[];
  /** What programs in it need in their environment. */
  readonly env: Readonly<Record<string, string>>;
  /** What `virsh` says. @throws Error when it fails. */
  virsh(...words: readonly string[]): Promise<string>;
  /** What `vagrant` says, by hand in a folder. @throws Error when it fails. */
  vagrant(folder: string, words: readonly string[], options?: VagrantOptions): Promise<string>;
  /** What Vagrant knows in a folder: the state of each machine, by its name. */
  vagrantStates(folder: string): Promise<Record<string, string>>;
  /** The names of all machines, running or not. */
  domains(): Promise<string[]>;
  /** Ends everything in it and removes its folder. */
  end(): Promise<void>;
}

export interface VagrantOptions {
  /** Milliseconds; default: five minutes. */
  readonly timeout?: number;
  readonly env?: Readonly<Record<string, string>>;
}

const minute = 60_000;

export async function startLibvirtWorld(): Promise<LibvirtWorld> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'kubelab-vm-')));
  const script = join(import.meta.dirname, 'world.sh').replace(/\/dist\/(test\/vm\/)/, '/$1');
  const world = spawn('sh', [script, folder], { detached: true, stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = new Promise<void>((resolve) => world.once('close', () => resolve()));
  for (const deadline = Date.now() + minute; !(await isThere(join(folder, 'ready'))); await sleep(200))
    if (world.exitCode !== null || Date.now() > deadline) throw new Error(`libvirt did not start in ${folder}`);
  const outside = String(world.pid);
  const inside = (await readFile(`/proc/${outside}/task/${outside}/children`, 'utf8')).trim();
  const enter = `exec nsenter --target ${inside} --mount --net --pid --wdns="$PWD" -- "$@"`;
  const prefix = ['sh', '-c', enter, 'sh'];
  const env = { VAGRANT_HOME: join(folder, 'vagrant.d'), PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}` };
  const virsh: LibvirtWorld['virsh'] = (...words) =>
    runCommand([...prefix, 'virsh', '--connect', 'qemu:///system', ...words], { timeout: 5 * minute });
  const vagrant: LibvirtWorld['vagrant'] = (cwd, words, options) =>
    runCommand([...prefix, 'vagrant', ...words], {
      cwd,
      timeout: options?.timeout ?? 5 * minute,
      onLine: tellLine,
      env: { ...env, VAGRANT_CHECKPOINT_DISABLE: '1', VAGRANT_NO_COLOR: '1', ...options?.env },
    });
  return {
    folder,
    prefix,
    env,
    virsh,
    vagrant,
    vagrantStates: async (cwd) => readStates(await vagrant(cwd, ['status', '--machine-readable'])),
    domains: async () => (await virsh('list', '--all', '--name')).split('\n').filter((name) => name !== ''),
    end: async () => {
      // It is the first process of its namespace: all others there end with it.
      world.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The stages that Vagrant goes through, for whoever waits. */
function tellLine(line: string): void {
  if (/^==> \S+ (?! -- )/.test(line)) process.stderr.write(`    ${new Date().toISOString().slice(11, 19)} vagrant: ${line}\n`);
}

function readStates(output: string): Record<string, string> {
  const states = output.split('\n').flatMap((line) => {
    const [, name = '', type, state = ''] = line.split(',');
    return type === 'state' ? [[name, state] as const] : [];
  });
  return Object.fromEntries(states);
}

async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
