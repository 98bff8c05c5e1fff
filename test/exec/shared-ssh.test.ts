import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CommandFailed } from '../../src/errors/errors.ts';
import type { Command, Runner } from '../../src/exec/runner.ts';
import { openSshHosts, type SshHosts } from '../../src/exec/shared-ssh.ts';

const { signal } = new AbortController();

interface Rig {
  readonly hosts: SshHosts;
  readonly folder: string;
  /** How each command reached its host, in order: `own`, `shared`, or that a connection was begun or ended. */
  readonly ways: string[];
  /** Runs a short command on a host. */
  ask(host?: string): Promise<void>;
  /** What ssh ends with, from now on; `starting` is how the start of a connection does. */
  ends: { exitCode: number; starting: 'well' | 'late' | 'never' };
  /** While it is not undefined, shared commands wait for it. */
  hold: Promise<void> | undefined;
}

/** Hosts behind an ssh that says how it was called, and whose connections have sockets as those of OpenSSH do. */
async function createRig(options: { readonly below?: string; readonly shares?: boolean } = {}): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), 'ssh-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const ways: string[] = [];
  const socketIn = (command: Command): string | undefined =>
    command.includes('-S') ? command[command.indexOf('-S') + 1] : undefined;
  const runner: Runner = {
    run: async (command, { accept }) => {
      const socket = socketIn(command);
      const result = { exitCode: rig.ends.exitCode, stdout: '', stderr: '', milliseconds: 1 };
      if (command[0] === 'sh') {
        ways.push('begun');
        if (rig.ends.starting === 'never') throw failed(command, undefined);
        if (rig.ends.starting === 'well') await writeFile(socket ?? '', '');
        return { ...result, exitCode: 0 };
      }
      if (command.includes('-O')) {
        ways.push('left');
        await rm(socket ?? '');
        return { ...result, exitCode: 0 };
      }
      const isShared = socket !== undefined && existsSync(socket);
      ways.push(`${command[command.indexOf('--') - 1]} ${isShared ? 'shared' : 'own'}`);
      if (isShared) await rig.hold;
      if (result.exitCode !== 0 && accept === undefined) throw failed(command, result.exitCode);
      return result;
    },
  };
  const sockets = options.shares === false ? undefined : join(folder, options.below ?? '');
  const hosts = openSshHosts(runner, { configFile: '/c/ssh_config', sockets });
  const rig: Rig = {
    hosts,
    folder,
    ways,
    ask: async (host = 'worker1') => void (await hosts.runner(host).run(['true'], { timeout: 1_000, signal })),
    ends: { exitCode: 0, starting: 'well' },
    hold: undefined,
  };
  return rig;
}

function failed(command: Command, exitCode: number | undefined): CommandFailed {
  return new CommandFailed({ command, place: 'host', exitCode, timedOut: false, stdout: '', stderr: '', message: 'it failed' });
}

describe('commands on hosts', () => {
  it('share a connection from the second on, each host its own', async () => {
    const rig = await createRig();
    await rig.ask();
    await rig.ask();
    await rig.ask('worker2');
    await rig.ask();
    expect(rig.ways).toEqual(['worker1 own', 'begun', 'worker1 own', 'worker2 own', 'worker1 shared']);
  });

  it('make their own while it comes about, and it is begun once', async () => {
    const rig = await createRig();
    rig.ends.starting = 'late';
    await rig.ask();
    await Promise.all([rig.ask(), rig.ask(), rig.ask()]);
    expect(rig.ways.toSorted()).toEqual(['begun', ...Array.from({ length: 4 }, () => 'worker1 own')]);
  });

  it('go on where none comes about', async () => {
    const rig = await createRig();
    rig.ends.starting = 'never';
    await rig.ask();
    await rig.ask();
    await rig.ask();
    expect(rig.ways).toEqual(['worker1 own', 'begun', 'worker1 own', 'worker1 own']);
  });

  it('begin none with a host that does not answer', async () => {
    const rig = await createRig();
    rig.ends.exitCode = 255;
    await expect(rig.ask()).rejects.toThrow(CommandFailed);
    await expect(rig.ask()).rejects.toThrow(CommandFailed);
    rig.ends.exitCode = 1;
    await expect(rig.ask()).rejects.toThrow(CommandFailed);
    rig.ends.exitCode = 0;
    await rig.ask();
    expect(rig.ways).toEqual(['worker1 own', 'worker1 own', 'worker1 own', 'begun', 'worker1 own']);
  });

  it('take no more sessions of it than a host allows', async () => {
    const rig = await createRig();
    await rig.ask();
    await rig.ask();
    rig.ways.length = 0;
    let go = (): void => undefined;
    rig.hold = new Promise((resolve) => (go = resolve));
    const all = Array.from({ length: 9 }, () => rig.ask());
    await expect.poll(() => rig.ways.length).toBe(9);
    go();
    await Promise.all(all);
    expect(rig.ways.filter((way) => way === 'worker1 own')).toHaveLength(1);
    rig.ways.length = 0;
    await rig.ask();
    expect(rig.ways).toEqual(['worker1 shared']);
  });

  it('make their own again once it was left', async () => {
    const rig = await createRig();
    await rig.hosts.leave('worker1', signal);
    await rig.ask();
    await rig.ask();
    await rig.hosts.leave('worker1', signal);
    await rig.ask();
    expect(rig.ways).toEqual(['worker1 own', 'begun', 'worker1 own', 'left', 'worker1 own']);
  });

  it('leave a connection that breaks to itself, and share another', async () => {
    const rig = await createRig();
    await rig.ask();
    await rig.ask();
    rig.ends.exitCode = 255;
    await expect(rig.ask()).rejects.toThrow(CommandFailed);
    rig.ends.exitCode = 0;
    for (let count = 0; count < 3; count += 1) await rig.ask();
    const again = ['worker1 own', 'begun', 'worker1 own', 'worker1 shared'];
    expect(rig.ways).toEqual([...again, ...again]);
  });

  it.each([
    ['where ssh can not', { shares: false }],
    ['where no socket has so long a name', { below: 'x'.repeat(80) }],
    ['where ssh would read the name in its own way', { below: '%h' }],
  ])('share none %s', async (_where, options) => {
    const rig = await createRig(options);
    for (let count = 0; count < 3; count += 1) await rig.ask();
    expect(rig.ways).toEqual(['worker1 own', 'worker1 own', 'worker1 own']);
  });
});
