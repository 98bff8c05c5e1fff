import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, link, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { createFixture, type FsFixture } from 'fs-fixture';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { acquireLock, findLockHolder, type LockHolder, type LockOwner } from '../../src/cluster/cluster-lock.ts';
import { KubelabError } from '../../src/errors/errors.ts';
import { compileModule, type CompiledModule } from './compiled.ts';

const host = hostname();
/** Only there can a process be told from another that has its pid now. */
const isLinux = process.platform === 'linux';
const owner: LockOwner = { pid: process.pid, host, command: 'kubelab up', kill: process.kill };

/** Begins every program that a test runs in a process of its own. */
const prelude = (module: string): string => `
  import { open, rm } from 'node:fs/promises';
  import { setTimeout as sleep } from 'node:timers/promises';
  import { acquireLock } from ${JSON.stringify(module)};
  const [path, ...rest] = process.argv.slice(2);
  const owner = { pid: process.pid, host: ${JSON.stringify(host)}, command: 'kubelab test', kill: process.kill };
  const say = (text) => process.stdout.write(text + '\\n');
  const sayBusy = (error) => { if (error.code !== 'KL-CLUSTER-BUSY') throw error; say('busy'); };
`;

/** Takes the lock once told to, says how it went, and then stays. */
const holdProgram = `
  say('ready');
  await new Promise((go) => process.stdin.once('data', go));
  await acquireLock(path, owner).then(() => say('held'), sayBusy);
  setInterval(() => {}, 1000);
`;

/** Takes the lock again and again; while it holds it, no other may. Dies now and then with the lock in its hands. */
const contendProgram = `
  let rounds = 0;
  while (rounds < Number(rest[0])) {
    const lock = await acquireLock(path, owner).catch((error) => { if (error.code !== 'KL-CLUSTER-BUSY') throw error; });
    if (lock === undefined) { await sleep(Math.random() * 3); continue; }
    const inside = await open(path + '-inside', 'wx').catch(() => { say('violated'); process.exit(1); });
    await inside.close();
    await sleep(Math.random() * 2);
    await rm(path + '-inside');
    rounds++;
    if (Math.random() < Number(rest[1])) process.kill(process.pid, 'SIGKILL');
    await lock.release();
  }
  say('through');
`;

interface Child {
  readonly pid: number;
  /** The next line that it prints; undefined when it ended. */
  next(): Promise<string | undefined>;
  go(): void;
  /** Kills it with SIGKILL, if it still runs, and waits for its end. */
  kill(): Promise<void>;
}

let module: CompiledModule;
let children: Child[] = [];
beforeAll(() => {
  module = compileModule('src/cluster/cluster-lock.ts');
});
afterAll(() => module.remove());
afterEach(async () => {
  await Promise.all(children.map((child) => child.kill()));
  children = [];
});

async function startChild(folder: FsFixture, program: string, ...args: string[]): Promise<Child> {
  const file = folder.getPath('program.mjs');
  await writeFile(file, prelude(module.path) + program);
  const child: ChildProcess = spawn(process.execPath, [file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  if (child.stdout === null || child.pid === undefined) throw new Error('the child did not start');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const started: Child = {
    pid: child.pid,
    next: async () => (await lines.next()).value as string | undefined,
    go: () => child.stdin?.write('go\n'),
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
  children.push(started);
  return started;
}

async function startHolder(folder: FsFixture, path: string): Promise<Child> {
  const child = await startChild(folder, holdProgram, path);
  expect(await child.next()).toBe('ready');
  return child;
}

async function readHolder(path: string): Promise<LockHolder> {
  return JSON.parse(await readFile(path, 'utf8')) as LockHolder;
}

/** What lies in the folder that belongs to the lock. */
async function listLockFiles(folder: FsFixture): Promise<string[]> {
  return (await readdir(folder.path)).filter((name) => name.startsWith('lab.lock')).sort();
}

/** A lock file that a dead process left, as this host would have written it. */
async function leaveDeadLock(folder: FsFixture, path: string): Promise<void> {
  const lock = await acquireLock(path, owner);
  const holder = await readHolder(path);
  await lock.release();
  await writeFile(path, `${JSON.stringify({ ...holder, startTime: '1' })}\n`);
  expect(await listLockFiles(folder)).toEqual(['lab.lock']);
}

describe('one process', () => {
  it('takes the lock, says who it is, and gives it back without a trace', async () => {
    await using folder = await createFixture({});
    const path = folder.getPath('sub/lab.lock');
    const lock = await acquireLock(path, owner);
    expect(await readHolder(path)).toMatchObject({
      pid: process.pid,
      host,
      command: 'kubelab up',
      since: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(await readdir(folder.getPath('sub'))).toEqual(['lab.lock']);
    await lock.release();
    await lock.release();
    expect(await readdir(folder.getPath('sub'))).toEqual([]);
    await (await acquireLock(path, owner)).release();
  });

  it('can not take it twice', async () => {
    await using folder = await createFixture({});
    const path = folder.getPath('lab.lock');
    await acquireLock(path, owner);
    await expect(acquireLock(path, owner)).rejects.toThrow(/^"kubelab up" \(process \d+ on .+\) holds this cluster since \d{4}-/);
    expect(await listLockFiles(folder)).toEqual(['lab.lock']);
  });

  it('removes no lock but its own', async () => {
    await using folder = await createFixture({});
    const path = folder.getPath('lab.lock');
    const first = await acquireLock(path, owner);
    await rm(path);
    await acquireLock(path, { ...owner, command: 'kubelab other' });
    await first.release();
    expect((await readHolder(path)).command).toBe('kubelab other');
  });

  it.each(['', '{"pid": 1', '[]', '{"pid": "1"}', '\0\0'])('takes over a lock file that holds %j', async (text) => {
    await using folder = await createFixture({ 'lab.lock': text });
    const path = folder.getPath('lab.lock');
    const lock = await acquireLock(path, owner);
    expect(await readHolder(path)).toMatchObject({ pid: process.pid });
    await lock.release();
    expect(await listLockFiles(folder)).toEqual([]);
  });

  it.skipIf(!isLinux)('takes over from a process whose pid is in use again, and from before a reboot', async () => {
    await using folder = await createFixture({});
    const path = folder.getPath('lab.lock');
    for (const change of [{ startTime: '1' }, { boot: 'another' }, { pid: 2 ** 22 + 1 }]) {
      const lock = await acquireLock(path, owner);
      const holder = await readHolder(path);
      await lock.release();
      await writeFile(path, JSON.stringify({ ...holder, ...change }));
      expect(await findLockHolder(path, owner)).toBeUndefined();
      await (await acquireLock(path, owner)).release();
    }
  });

  it('believes a holder on another host, and says what to do', async () => {
    await using folder = await createFixture({});
    const path = folder.getPath('lab.lock');
    await acquireLock(path, { ...owner, host: 'elsewhere' });
    const error: unknown = await acquireLock(path, owner).catch((thrown: unknown) => thrown);
    if (!(error instanceof KubelabError)) throw error;
    expect(error.code).toBe('KL-CLUSTER-BUSY');
    expect(error.cure).toContain(`remove ${path}`);
  });

  it('clears away what takers left that died on the way', async () => {
    await using folder = await createFixture({});
    const path = folder.getPath('lab.lock');
    await leaveDeadLock(folder, path);
    await appendFile(`${path}.after-0123`, 'left');
    await appendFile(`${path}.new-0123`, 'left');
    await (await acquireLock(path, owner)).release();
    expect(await listLockFiles(folder)).toEqual([]);
  });
});

describe('several processes', () => {
  it('are kept out while the holder lives, and told who and since when', async () => {
    await using folder = await createFixture({});
    const path = folder.getPath('lab.lock');
    const child = await startHolder(folder, path);
    child.go();
    expect(await child.next()).toBe('held');
    const { since } = await readHolder(path);
    expect(await findLockHolder(path, owner)).toMatchObject({ pid: child.pid, command: 'kubelab test', since });
    const error: unknown = await acquireLock(path, owner).catch((thrown: unknown) => thrown);
    if (!(error instanceof KubelabError)) throw error;
    expect(error.code).toBe('KL-CLUSTER-BUSY');
    expect(error.message).toBe(`"kubelab test" (process ${child.pid} on ${host}) holds this cluster since ${since}`);
    expect(error.exitCode).toBe(6);
  });

  it('take over when the holder was killed', async () => {
    await using folder = await createFixture({});
    const path = folder.getPath('lab.lock');
    const child = await startHolder(folder, path);
    child.go();
    expect(await child.next()).toBe('held');
    await child.kill();
    expect(await findLockHolder(path, owner)).toBeUndefined();
    const lock = await acquireLock(path, owner);
    expect(await readHolder(path)).toMatchObject({ pid: process.pid });
    await lock.release();
    expect(await listLockFiles(folder)).toEqual([]);
  });

  it.skipIf(!isLinux)('take over from a holder that nobody has reaped', async () => {
    await using folder = await createFixture({});
    const path = folder.getPath('lab.lock');
    // The shell ends up as a sleep that never waits for the child it inherits, so the killed child stays a zombie.
    const shell = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [line] = (await once(createInterface(shell.stdout), 'line')) as [string];
      const lock = await acquireLock(path, { ...owner, pid: Number(line) }).catch(() => undefined);
      expect(lock).toBeDefined();
      await expect.poll(() => readFile(`/proc/${line}/stat`, 'utf8'), { timeout: 5_000 }).toContain(') Z ');
      await (await acquireLock(path, owner)).release();
    } finally {
      shell.kill('SIGKILL');
    }
  });

  it.each(['a free lock', 'the lock of a dead holder', 'a damaged lock'])('race for %s, and one gets it', async (start) => {
    await using folder = await createFixture({});
    const path = folder.getPath('lab.lock');
    if (start === 'the lock of a dead holder') await leaveDeadLock(folder, path);
    if (start === 'a damaged lock') await writeFile(path, '');
    const racers = await Promise.all(Array.from({ length: 12 }, () => startHolder(folder, path)));
    for (const racer of racers) racer.go();
    const answers = await Promise.all(racers.map((racer) => racer.next()));
    expect(answers.filter((answer) => answer === 'held')).toHaveLength(1);
    expect(answers.filter((answer) => answer === 'busy')).toHaveLength(11);
    expect((await readHolder(path)).pid).toBe(racers[answers.indexOf('held')]?.pid);
    // And once more, from the one that got it.
    await racers[answers.indexOf('held')]?.kill();
    const again = await Promise.allSettled(Array.from({ length: 20 }, () => acquireLock(path, owner)));
    expect(again.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('go on when the one that took over was killed before it was done', async () => {
    await using folder = await createFixture({});
    const path = folder.getPath('lab.lock');
    await leaveDeadLock(folder, path);
    const dead = await readFile(path, 'utf8');
    // The claim of a process that died between claiming and moving its claim over the lock file.
    const child = await startHolder(folder, path);
    child.go();
    expect(await child.next()).toBe('held');
    const claimed = await readFile(path, 'utf8');
    const claim = `${path}.after-${createHash('sha256').update(dead).digest('hex').slice(0, 32)}`;
    await link(path, claim);
    await rm(path);
    await writeFile(path, dead);
    await expect(acquireLock(path, owner)).rejects.toThrow(`process ${child.pid}`);
    await child.kill();
    const takers = await Promise.allSettled(Array.from({ length: 20 }, () => acquireLock(path, owner)));
    const won = takers.flatMap((taker) => (taker.status === 'fulfilled' ? [taker.value] : []));
    expect(won).toHaveLength(1);
    expect(await readFile(path, 'utf8')).not.toBe(claimed);
    expect((await listLockFiles(folder)).filter((name) => name !== basename(path))).toEqual([basename(claim)]);
    await won[0]?.release();
    expect(await listLockFiles(folder)).toEqual([]);
  });

  it('never hold it together, though some die holding it', { timeout: 60_000 }, async () => {
    await using folder = await createFixture({});
    const path = folder.getPath('lab.lock');
    const runOne = async (): Promise<(string | undefined)[]> => {
      const said: (string | undefined)[] = [];
      // A process that died holding the lock is followed by another.
      while (said.at(-1) !== 'through' && said.at(-1) !== 'violated') {
        const child = await startChild(folder, contendProgram, path, '20', '0.07');
        said.push(await child.next());
      }
      return said;
    };
    const said = (await Promise.all(Array.from({ length: 5 }, runOne))).flat();
    expect(said).not.toContain('violated');
    expect(said.filter((line) => line === 'through')).toHaveLength(5);
    // Only the last to leave can have been alone, so the dead may have left files; one more turn clears them.
    await (await acquireLock(path, owner)).release();
    expect(await listLockFiles(folder)).toEqual([]);
  });
});
