import type { ReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { constants, platform } from 'node:os';
import { execa, type ExecaError } from 'execa';
import { CommandFailed, Interrupted } from '../errors/errors.ts';
import { quoteCommand } from './quote.ts';
import type { Command, RunOptions, RunResult, Runner } from './runner.ts';

/** Told of every command once it ended; what writes the logs. */
export type CommandLog = (entry: {
  readonly place: string;
  readonly line: string;
  readonly started: Date;
  readonly milliseconds: number;
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}) => void;

export interface LocalRunnerOptions {
  readonly log?: CommandLog;
  /** The name that errors and logs give to where the command runs. Default `host`. */
  readonly place?: string;
  /** How a command is shown in errors and logs; lets a wrapper hide its own prefix. */
  readonly show?: (command: Command) => Command;
}

/** A graceful end comes first; what is left after this many milliseconds is killed. */
const graceMilliseconds = 3_000;
const maxOutputBytes = 64 * 1024 * 1024;

/** Runs commands on this host. The only place in kubelab that starts a process. */
export function localRunner(options: LocalRunnerOptions = {}): Runner {
  const place = options.place ?? 'host';
  const show = options.show ?? ((command) => command);
  return {
    run: (command, runOptions) => runLocal(command, runOptions, place, show(command), options.log),
  };
}

export interface AttachedOptions {
  /** Aborting it ends the program: with SIGTERM, and some seconds later for good. */
  readonly signal: AbortSignal;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/**
 * Runs a program that has the terminal: its input and output are kubelab's own, Ctrl-C reaches it from there, and a
 * person decides when it ends, so that it has no timeout.
 * @returns its exit code, as a shell gives it: 128 and the number of the signal that ended it.
 * @throws CommandFailed when it could not be started.
 * @throws Interrupted when the signal was aborted.
 */
export async function runAttached(command: Command, options: AttachedOptions): Promise<number> {
  if (options.signal.aborted) throw new Interrupted();
  const [file, ...args] = command;
  const result = await execa(file, args, {
    stdio: 'inherit',
    reject: false,
    cancelSignal: options.signal,
    forceKillAfterDelay: graceMilliseconds,
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  if (result.isCanceled) throw new Interrupted();
  if (result.exitCode !== undefined) return result.exitCode;
  if (result.signal !== undefined) return 128 + constants.signals[result.signal];
  const message = explain(result as ExecaError, false, 0);
  throw new CommandFailed({ command, place: 'host', exitCode: undefined, timedOut: false, stdout: '', stderr: '', message });
}

async function runLocal(
  command: Command,
  options: RunOptions,
  place: string,
  shown: Command,
  log: CommandLog | undefined,
): Promise<RunResult> {
  if (options.signal.aborted) throw new Interrupted();
  // Handed on as it is, so that the command reads it by itself and nothing of it passes through here.
  const input = options.inputFile === undefined ? undefined : await open(options.inputFile);
  try {
    return await runChild(command, options, {
      place,
      shown,
      log,
      ...(input === undefined ? {} : { stdin: input.createReadStream({ autoClose: false }) }),
    });
  } finally {
    await input?.close();
  }
}

interface Surroundings {
  readonly place: string;
  readonly shown: Command;
  readonly log: CommandLog | undefined;
  /** Of an open file. */
  readonly stdin?: ReadStream;
}

async function runChild(command: Command, options: RunOptions, { place, shown, log, stdin }: Surroundings): Promise<RunResult> {
  const started = new Date();
  const [file, ...args] = command;
  const child = execa(file, args, {
    detached: true,
    buffer: true,
    maxBuffer: maxOutputBytes,
    reject: false,
    stripFinalNewline: false,
    ...(options.input === undefined ? { stdin: stdin ?? ('ignore' as const) } : { input: options.input }),
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const supervision = supervise(child.pid, options);
  const { onLine } = options;
  const reading =
    onLine === undefined ? [] : (['stdout', 'stderr'] as const).map((from) => readLines(child.iterable({ from }), from, onLine));
  try {
    const result = await child;
    await Promise.allSettled(reading);
    const stdout = result.stdout ?? '';
    const stderr = result.stderr ?? '';
    const milliseconds = Date.now() - started.getTime();
    log?.({ place, line: quoteCommand(shown), started, milliseconds, exitCode: result.exitCode, stdout, stderr });
    const ending = supervision.ending();
    if (ending === 'abort') throw new Interrupted();
    // A program that can not print any more may end with any code, and what it said is not whole.
    if (ending === undefined && !result.isMaxBuffer && isAccepted(result.exitCode, options.accept ?? [0]))
      return { exitCode: result.exitCode ?? 0, stdout, stderr, milliseconds };
    const message = explain(result as ExecaError, ending === 'timeout', options.timeout);
    throw new CommandFailed({
      command: shown,
      place,
      exitCode: result.exitCode,
      timedOut: ending === 'timeout',
      stdout,
      stderr,
      message,
    });
  } finally {
    supervision.end();
  }
}

function isAccepted(exitCode: number | undefined, accepted: readonly number[] | 'any'): boolean {
  return exitCode !== undefined && (accepted === 'any' || accepted.includes(exitCode));
}

/** Ends a child's whole process group when its time is up or its signal is aborted. */
function supervise(pid: number | undefined, options: RunOptions) {
  let ending: 'timeout' | 'abort' | undefined;
  const end = (why: 'timeout' | 'abort'): void => {
    ending ??= why;
    killGroup(pid, 'SIGTERM');
    setTimeout(() => killGroup(pid, 'SIGKILL'), graceMilliseconds).unref();
  };
  const onAbort = (): void => end('abort');
  options.signal.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => end('timeout'), options.timeout);
  return {
    ending: () => ending,
    end: () => {
      clearTimeout(timer);
      options.signal.removeEventListener('abort', onAbort);
    },
  };
}

function explain(result: ExecaError, timedOut: boolean, timeout: number): string {
  if (timedOut) return `it was stopped after ${Math.round(timeout / 1000)} s`;
  if (result.code === 'ENOENT') return 'the program was not found';
  if (result.isMaxBuffer) return `it printed more than ${maxOutputBytes / 1024 / 1024} MiB`;
  if (result.signal !== undefined) return `it was ended by ${result.signal}`;
  if (result.exitCode !== undefined) return `it ended with exit code ${result.exitCode}`;
  return result.originalMessage ?? result.shortMessage ?? 'it could not be run';
}

async function readLines(
  lines: AsyncIterable<unknown>,
  stream: 'stdout' | 'stderr',
  onLine: (line: string, stream: 'stdout' | 'stderr') => void,
): Promise<void> {
  for await (const line of lines) onLine(String(line), stream);
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  if (platform() === 'win32') {
    // There are no process groups; only /F ends what has no window.
    const force = signal === 'SIGKILL' ? ['/F'] : [];
    void execa('taskkill', ['/T', ...force, '/PID', String(pid)], { reject: false, stdio: 'ignore' });
    return;
  }
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // What runs through sudo is root's, and only root may end it. Any other error: the group is gone, which is what was wanted.
    // The shell's own kill: a small host has no other.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return;
    const kill = ['sh', '-c', 'kill -s "$1" -- "-$2"', 'sh', signal.replace('SIG', ''), String(pid)];
    void execa('sudo', ['-n', ...kill], { reject: false, stdio: 'ignore' });
  }
}
