import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { CommandFailed, Interrupted } from '../../src/errors/errors.ts';
import { localRunner } from '../../src/exec/local.ts';
import { asRoot } from '../../src/exec/root.ts';
import type { Command, Runner } from '../../src/exec/runner.ts';
import { sshRunner } from '../../src/exec/ssh.ts';

const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })));

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kubelab-exec-'));
  folders.push(folder);
  return folder;
}

const idle = (): AbortSignal => new AbortController().signal;

/** Whether a process is there and not a zombie that waits to be reaped. */
function isRunning(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0] !== 'Z';
}

async function untilGone(pid: number): Promise<boolean> {
  for (let look = 0; look < 100; look += 1) {
    if (!isRunning(pid)) return true;
    await sleep(50);
  }
  return false;
}

describe('the local runner', () => {
  const runner = localRunner();

  it('gives both streams, the exit code and each line as it comes', async () => {
    const lines: string[] = [];
    const script = 'echo one; echo two >&2; exit 3';
    const result = await runner.run(['sh', '-c', script], {
      timeout: 5_000,
      signal: idle(),
      accept: [3],
      onLine: (line, stream) => lines.push(`${stream}: ${line}`),
    });
    expect(result).toMatchObject({ exitCode: 3, stdout: 'one\n', stderr: 'two\n' });
    expect(lines.toSorted()).toEqual(['stderr: two', 'stdout: one']);
  });

  it('has a command read a file by itself, as much of it as it wants', async () => {
    const file = join(makeFolder(), 'large');
    writeFileSync(file, Buffer.alloc(100 * 1024 * 1024, 'x'));
    const before = process.memoryUsage().rss;
    const options = { timeout: 20_000, signal: idle(), inputFile: file };
    expect((await runner.run(['wc', '-c'], options)).stdout.trim()).toBe(String(100 * 1024 * 1024));
    expect(process.memoryUsage().rss - before).toBeLessThan(40 * 1024 * 1024);
    expect((await runner.run(['head', '-c', '3'], options)).stdout).toBe('xxx');
    expect((await runner.run(['true'], options)).exitCode).toBe(0);
    await expect(runner.run(['cat'], { ...options, inputFile: `${file}.no` })).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('rejects with the command and its output when the exit code is not accepted', async () => {
    const error = await runner
      .run(['sh', '-c', 'echo why >&2; exit 4'], { timeout: 5_000, signal: idle() })
      .catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(CommandFailed);
    expect(error).toMatchObject({ commandExitCode: 4, stderr: 'why\n', timedOut: false, place: 'host' });
  });

  it('rejects when there is no room for the output, whatever the exit code', { timeout: 60_000 }, async () => {
    const options = { timeout: 60_000, signal: idle(), accept: 'any' } as const;
    await expect(runner.run(['sh', '-c', 'yes; exit 0'], options)).rejects.toMatchObject({
      message: 'it printed more than 64 MiB',
    });
  });

  it('says so when the program is not there', async () => {
    await expect(runner.run(['kubelab-no-such-program'], { timeout: 5_000, signal: idle() })).rejects.toThrow(
      'the program was not found',
    );
  });

  it.each(['timeout', 'abort'] as const)('ends grandchildren too on %s', async (why) => {
    const file = join(makeFolder(), 'pid');
    const abort = new AbortController();
    const running = runner.run(['sh', '-c', `sh -c 'echo $$ >${file}; exec sleep 60' & wait`], {
      timeout: why === 'timeout' ? 600 : 30_000,
      signal: abort.signal,
    });
    const ended = running.catch((failure: unknown) => failure);
    while (!existsSync(file) || readFileSync(file, 'utf8') === '') await sleep(20);
    if (why === 'abort') abort.abort();
    const error = await ended;
    if (why === 'abort') expect(error).toBeInstanceOf(Interrupted);
    else expect(error).toMatchObject({ timedOut: true, exitCode: 5 });
    expect(await untilGone(Number(readFileSync(file, 'utf8')))).toBe(true);
  });

  it('starts nothing once the signal was aborted', async () => {
    const file = join(makeFolder(), 'never');
    await expect(runner.run(['touch', file], { timeout: 5_000, signal: AbortSignal.abort() })).rejects.toBeInstanceOf(
      Interrupted,
    );
    expect(existsSync(file)).toBe(false);
  });
});

describe('runners over runners', () => {
  const seen: Command[] = [];
  const recording: Runner = {
    run: (command) => {
      seen.push(command);
      return Promise.resolve({ exitCode: 0, stdout: '', stderr: '', milliseconds: 1 });
    },
  };

  it('runs as root through sudo, and directly when it is root already', async () => {
    seen.length = 0;
    await asRoot(recording, 1000).run(['ip', 'link'], { timeout: 1, signal: idle(), env: { LC_ALL: 'C' } });
    await asRoot(recording, 0).run(['ip', 'link'], { timeout: 1, signal: idle() });
    expect(seen).toEqual([
      ['sudo', '-n', '--', 'env', 'LC_ALL=C', 'ip', 'link'],
      ['ip', 'link'],
    ]);
  });

  it('quotes for the remote shell and bounds the command there', async () => {
    seen.length = 0;
    const ssh = sshRunner(recording, { configFile: '/c/ssh_config', host: 'worker1', sudo: true });
    await ssh.run(['echo', '$HOME; reboot'], { timeout: 10_000, signal: idle() });
    expect(seen).toEqual([
      ['ssh', '-F', '/c/ssh_config', 'worker1', '--', "sudo -n -- timeout --kill-after=5 15 echo '$HOME; reboot'"],
    ]);
  });
});
