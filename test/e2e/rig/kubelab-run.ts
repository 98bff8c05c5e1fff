import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { endGroup } from './run-command.ts';

/** The folder of this checkout. */
export const packageFolder = resolve(import.meta.dirname, '../../..');
/** The program, as a user would start it. */
export const program = [process.execPath, join(packageFolder, 'bin', 'kubelab.js')] as const;

/** A line of `kubelab --json`: an event, the result or the error. */
export interface Line {
  readonly type: string;
  readonly id?: string;
  readonly node?: string;
  readonly state?: string;
  readonly seconds?: number;
  readonly text?: string;
  /** Of the error. */
  readonly exitCode?: number;
  readonly kind?: string;
  readonly code?: string;
  readonly message?: string;
  readonly details?: readonly string[];
  /** Of the result. */
  readonly data?: unknown;
}

export interface Ended {
  /** 128 and the signal's number where a signal ended it, as shells have it. */
  readonly exitCode: number;
  readonly lines: readonly Line[];
  /** `data` of the result; undefined where there is none. */
  readonly data: unknown;
  /** The line that ends a run that failed. */
  readonly failure: Line | undefined;
  /** All that it printed that is not a line of JSON. */
  readonly text: string;
}

export interface KubelabOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Words before the program, such as those that enter a namespace. They have to end in an exec. */
  readonly prefix?: readonly string[];
  /** Milliseconds after which it is killed with its group, and the test fails. */
  readonly timeout: number;
  /** Told of each step as it ends, and of each progress line. */
  readonly onLine?: (line: Line) => void;
}

/** A kubelab that is under way. */
export interface KubelabRun {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** The first line, past or to come, that matches. @throws Error when the run ends without one. */
  until(what: string, matches: (line: Line) => boolean): Promise<Line>;
  /** SIGINT goes to the whole group, as a terminal sends it; SIGKILL to kubelab's own process only, as the kernel does. */
  send(signal: 'SIGINT' | 'SIGKILL'): void;
}

/** Starts the program as a user would, with `--json`. */
export function startKubelab(words: readonly string[], options: KubelabOptions): KubelabRun {
  const [file = '', ...args] = [options.prefix ?? [], program, words, '--json'].flat();
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const lines: Line[] = [];
  const other: string[] = [];
  const watchers = new Set<() => void>();
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = parseLine(text);
    if (line === undefined) return void other.push(text);
    lines.push(line);
    options.onLine?.(line);
    for (const look of watchers) look();
  });
  createInterface({ input: child.stderr }).on('line', (text) => void other.push(text));
  const pid = child.pid ?? 0;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    endGroup(pid, 'SIGKILL');
  }, options.timeout);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const what = `kubelab ${words.join(' ')}`;
      if (late) reject(new Error(`${what} did not end in ${options.timeout / 1000} s\n${describeEnd(lines, other)}`));
      else resolve({ exitCode: code ?? 128 + signalNumber(signal), lines, ...findLast(lines), text: other.join('\n') });
    });
  });
  // Whoever waits for it sees the failure; nobody else has to.
  ended.catch(() => {});
  return {
    pid,
    ended,
    send: (signal) => (signal === 'SIGKILL' ? process.kill(pid, signal) : endGroup(pid, signal)),
    until: (what, matches) => watch(what, matches, { lines, watchers, ended, other }),
  };
}

interface Watched {
  readonly lines: readonly Line[];
  readonly watchers: Set<() => void>;
  readonly ended: Promise<Ended>;
  readonly other: readonly string[];
}

function watch(what: string, matches: (line: Line) => boolean, { lines, watchers, ended, other }: Watched): Promise<Line> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const found = lines.find(matches);
      if (found === undefined) return;
      watchers.delete(look);
      resolve(found);
    };
    watchers.add(look);
    look();
    const fail = (): void => reject(new Error(`the run ended without ${what}\n${describeEnd(lines, other)}`));
    void ended.then(fail, fail);
  });
}

/** Waits for a step to begin. */
export function untilStep(run: KubelabRun, id: string): Promise<Line> {
  return run.until(`the step ${id}`, (line) => line.type === 'step' && line.id === id && line.state === 'started');
}

/** Kills kubelab after a while; false where it had ended by then. */
export async function killAfter(run: KubelabRun, milliseconds: number): Promise<boolean> {
  const alone = new AbortController();
  const first = await Promise.race([
    run.ended.then(() => 'ended' as const),
    sleep(milliseconds, 'late' as const, { signal: alone.signal }).catch(() => 'ended' as const),
  ]);
  alone.abort();
  if (first === 'ended') return false;
  run.send('SIGKILL');
  return (await run.ended).exitCode === 137;
}

/** The end of what a run printed, for a person to see why it failed. */
export function describeEnd(lines: readonly Line[], other: readonly string[] = []): string {
  return [...lines.slice(-15).map((line) => JSON.stringify(line).slice(0, 1500)), ...other.slice(-20)].join('\n');
}

function parseLine(text: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'type' in value ? (value as Line) : undefined;
  } catch {
    return undefined;
  }
}

function findLast(lines: readonly Line[]): Pick<Ended, 'data' | 'failure'> {
  return {
    data: lines.find((line) => line.type === 'result')?.data,
    failure: lines.find((line) => line.type === 'error'),
  };
}

function signalNumber(signal: NodeJS.Signals | null): number {
  return signal === 'SIGKILL' ? 9 : signal === 'SIGINT' ? 2 : 15;
}
