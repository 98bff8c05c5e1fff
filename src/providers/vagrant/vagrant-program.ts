import { CommandFailed } from '../../errors/errors.ts';
import type { Command, Milliseconds } from '../../exec/runner.ts';
import { findProgram } from '../../exec/search-path.ts';
import type { VagrantProbeContext } from './virtual-host.ts';

/** What a program answered. `exitCode` is undefined where it could not be run or did not end in time. */
export interface Answer {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** The first line of what it complained of, or two where that ends in a colon, without `error:` and `VBoxManage:`. */
  readonly complaint: string;
}

/** Asks a program in plain English and takes any exit code as an answer. */
export async function ask(context: VagrantProbeContext, command: Command, timeout: Milliseconds): Promise<Answer> {
  const options = { timeout, signal: context.signal, cwd: context.folder, accept: 'any', env: englishAndQuiet } as const;
  try {
    const result = await context.runner.run(command, options);
    return { ...result, complaint: complaintOf(result.stderr) };
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    const complaint = error.timedOut ? error.message : complaintOf(error.stderr) || error.message;
    return { exitCode: undefined, stdout: error.stdout, stderr: error.stderr, complaint };
  }
}

/** Vagrant asks a server for news of itself unless it is told not to. */
const englishAndQuiet = { LC_ALL: 'C', VAGRANT_CHECKPOINT_DISABLE: '1', VAGRANT_NO_COLOR: '1' };

function complaintOf(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.replace(/^(error|VBoxManage): (error: )?/, '').trim())
    .filter((line) => line !== '' && line !== 'failed to connect to the hypervisor');
  const [first = '', second = ''] = lines;
  return first.endsWith(':') ? `${first} ${second}`.trim() : first;
}

export type VagrantProgram =
  | { readonly program: string; readonly version: string }
  | { readonly lacks: string; readonly missing: boolean };

/** Looks for Vagrant itself. Takes about half a second. */
export async function findVagrant(context: VagrantProbeContext): Promise<VagrantProgram> {
  const program = await findHostProgram('vagrant', context);
  if (program === undefined) return { lacks: 'vagrant is not installed', missing: true };
  const answer = await ask(context, [program, '--version'], 60_000);
  const version = /^Vagrant (\d+(?:\.\d+)+)/m.exec(answer.stdout)?.[1];
  if (version !== undefined) return { program, version };
  return { lacks: `vagrant does not start: ${answer.complaint || 'it gives no version'}`, missing: false };
}

/** The full path of a program, by the name that it has on this platform. */
export async function findHostProgram(name: string, context: VagrantProbeContext): Promise<string | undefined> {
  return findProgram(context.platform === 'win32' ? `${name}.exe` : name, context.searchPath);
}
