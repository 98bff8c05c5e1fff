import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Milliseconds after which it is killed. Default: a minute. */
  readonly timeout?: number;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Told of each line of its output as it comes. */
  readonly onLine?: (line: string) => void;
}

/** Runs a command and gives its answer, whatever its exit code; 127 where the program is not there. */
export async function tryCommand(command: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [file = '', ...args] = command;
  const child = spawn(file, args, { stdio: 'pipe', env: { ...process.env, ...options.env }, cwd: options.cwd, detached: true });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  if (options.onLine !== undefined) createInterface({ input: child.stdout }).on('line', options.onLine);
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  // It may end without reading what it is given.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  const timeout = options.timeout ?? 60_000;
  const timer = setTimeout(() => endGroup(child.pid, 'SIGKILL'), timeout);
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? resolve(127) : reject(error)));
      child.on('close', (code, signal) => resolve(code ?? (signal === 'SIGKILL' ? 137 : 143)));
    });
    return { exitCode, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a command and gives its output. @throws Error with its output when it fails. */
export async function runCommand(command: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await tryCommand(command, options);
  if (exitCode === 0) return stdout;
  throw new Error(`${command.join(' ')}\nended with ${exitCode}:\n${stdout.slice(-2000)}${stderr.slice(-2000)}`);
}

/** Sends a signal to a process and all of its group; no harm where it is gone. */
export function endGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
