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
  /** Ends everything in it and removes its folder. */
  end(): Promise<void>;
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
  return {
    folder,
    prefix,
    env,
    virsh: (...words) => runCommand([...prefix, 'virsh', '--connect', 'qemu:///system', ...words]),
    end: async () => {
      // It is the first process of its namespace: all others there end with it.
      world.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
