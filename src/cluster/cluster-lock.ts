import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { KubelabError } from '../errors/errors.ts';
import { errorCode, explainWriteError } from '../errors/system-error.ts';
import { readIfThere } from './files.ts';

/** The process that asks for a lock. */
export interface LockOwner {
  readonly pid: number;
  /** The name of this host: a process on another one can not be looked at. */
  readonly host: string;
  /** What it does, in the words of the command line: `kubelab up`. */
  readonly command: string;
  /** `process.kill`; asks the system whether a process is there. */
  readonly kill: (pid: number, signal: 0) => unknown;
}

/** What it takes to tell a live holder from a dead one. */
export type LockObserver = Pick<LockOwner, 'host' | 'kill'>;

export interface ClusterLock {
  /** Gives the lock back. Removes nothing that belongs to another holder; doing it twice does no harm. */
  release(): Promise<void>;
}

const recordSchema = z.object({
  token: z.string(),
  pid: z.number().int().positive(),
  /** Clock ticks between the boot and the start of the process; with the pid it names one process, even when pids are used again. */
  startTime: z.string().optional(),
  /** The boot that pid and startTime belong to. */
  boot: z.string().optional(),
  since: z.string(),
  command: z.string(),
  host: z.string(),
});
/** Who holds a lock. */
export type LockHolder = z.infer<typeof recordSchema>;

/** `holder` is undefined where the file is damaged. */
interface Claim {
  readonly id: string;
  readonly holder: LockHolder | undefined;
}

/**
 * Takes the lock of a cluster, from a dead holder if need be. Of any number of processes that ask at once, one gets it.
 *
 * The lock file names a holder. Who finds it dead claims its succession: a file named after the dead holder's record,
 * made with `link`, which lets only one succeed. A claimant that died has a successor of its own, so the last of the
 * chain holds the lock. The winner moves its claim over the lock file before any other claim is removed; a late
 * claimant therefore sees that the chain from the lock file no longer leads to its claim, and gives it up.
 * @throws KubelabError `KL-CLUSTER-BUSY` when a live process holds it.
 */
export async function acquireLock(path: string, owner: LockOwner): Promise<ClusterLock> {
  const text = await describeOwner(owner);
  await mkdir(dirname(path), { recursive: true });
  for (;;) {
    const last = (await readChain(path)).at(-1);
    if (last?.holder !== undefined && (await isAlive(last.holder, owner))) throw explainBusy(path, last.holder, owner.host);
    const claim = last === undefined ? path : nameSuccessor(path, last.id);
    // Not a loop that waits: each round lost was won by another process, which the next look finds.
    if (!(await placeFile(path, claim, text))) continue;
    if ((await readChain(path)).at(-1)?.id !== identify(text)) {
      await rm(claim, { force: true });
      continue;
    }
    if (claim !== path) await rename(claim, path);
    return { release: () => release(path, text) };
  }
}

/** The live process that holds the lock, if one does. */
export async function findLockHolder(path: string, observer: LockObserver): Promise<LockHolder | undefined> {
  const holder = (await readChain(path)).at(-1)?.holder;
  return holder !== undefined && (await isAlive(holder, observer)) ? holder : undefined;
}

async function release(path: string, text: string): Promise<void> {
  if ((await readIfThere(path)) !== text) return;
  // While the lock is held no claim is valid, so what lies here was left by the dead; once it is given back, one may be.
  for (const name of await readdir(dirname(path)))
    if (name.startsWith(`${basename(path)}.after-`) || name.startsWith(`${basename(path)}.new-`))
      await rm(join(dirname(path), name), { force: true });
  await rm(path, { force: true });
}

async function describeOwner(owner: LockOwner): Promise<string> {
  const holder: LockHolder = {
    token: randomUUID(),
    pid: owner.pid,
    startTime: (await readProcess(owner.pid))?.startTime,
    boot: await readBoot(),
    since: new Date().toISOString(),
    command: owner.command,
    host: owner.host,
  };
  return `${JSON.stringify(holder)}\n`;
}

/** The lock file and the claims on it, each the successor of the one before. */
async function readChain(path: string): Promise<Claim[]> {
  const chain: Claim[] = [];
  let file = path;
  for (;;) {
    const text = await readIfThere(file);
    if (text === undefined) return chain;
    const id = identify(text);
    chain.push({ id, holder: parseHolder(text) });
    file = nameSuccessor(path, id);
  }
}

/** Makes a file with its whole content at once; false where there already is one. */
async function placeFile(path: string, target: string, text: string): Promise<boolean> {
  const temporary = `${path}.new-${randomUUID()}`;
  try {
    await writeFile(temporary, text, { flag: 'wx', mode: 0o644 });
    await link(temporary, target);
    return true;
  } catch (error) {
    // ENOENT: a holder that gave the lock back just now took the temporary file for one left by the dead.
    if (['EEXIST', 'ENOENT'].includes(errorCode(error) ?? '')) return false;
    throw explainWriteError(error, target);
  } finally {
    await rm(temporary, { force: true });
  }
}

function nameSuccessor(path: string, id: string): string {
  return `${path}.after-${id}`;
}

function identify(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function parseHolder(text: string): LockHolder | undefined {
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch {
    // A record is made whole or not at all, so nobody who wrote this is still working.
    return undefined;
  }
}

async function isAlive(holder: LockHolder, observer: LockObserver): Promise<boolean> {
  if (holder.host !== observer.host) return true;
  if (holder.boot !== undefined && holder.boot !== (await readBoot())) return false;
  if (!doesProcessExist(holder.pid, observer)) return false;
  const found = await readProcess(holder.pid);
  if (found === undefined) return true;
  return found.running && (holder.startTime === undefined || holder.startTime === found.startTime);
}

function doesProcessExist(pid: number, observer: LockObserver): boolean {
  try {
    observer.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}

/** What Linux tells about a process; undefined elsewhere, and where it is hidden. */
async function readProcess(
  pid: number,
): Promise<{ readonly running: boolean; readonly startTime: string | undefined } | undefined> {
  const text = await readIfThere(`/proc/${pid}/stat`).catch(() => undefined);
  if (text === undefined) return undefined;
  // The second field is the program's name in parentheses, and may itself hold blanks and parentheses.
  const [state, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { running: state !== 'Z' && state !== 'X', startTime: rest[18] };
}

async function readBoot(): Promise<string | undefined> {
  return (await readIfThere('/proc/sys/kernel/random/boot_id').catch(() => undefined))?.trim();
}

function explainBusy(path: string, holder: LockHolder, host: string): KubelabError {
  const what = `"${holder.command}" (process ${holder.pid} on ${holder.host}) holds this cluster since ${holder.since}`;
  const message = `"${holder.command}" 명령(${holder.host}의 프로세스 ${holder.pid})이 ${holder.since}부터 이 클러스터를 쓰고 있습니다.`;
  if (holder.host === host) return new KubelabError('KL-CLUSTER-BUSY', what, { ko: { message } });
  return new KubelabError('KL-CLUSTER-BUSY', what, {
    cure: `Wait for the run on ${holder.host} to end. If nothing runs there any more, remove ${path}.`,
    ko: {
      message,
      cure: `${holder.host}의 실행이 끝나기를 기다리세요. 거기에서 실행 중인 것이 더 이상 없다면 ${path} 파일을 지우세요.`,
    },
  });
}
