import { CommandFailed, KubelabError, unlessFailed } from '../../errors/errors.ts';
import type { Command, Milliseconds, Runner } from '../../exec/runner.ts';
import type { RawGuest } from './guests.ts';
import type { VagrantContext } from './settings.ts';

/** What is done past Vagrant: looking, which Vagrant takes seconds for, and what it has no command for. */
export interface Hypervisor {
  /** All machines on this host, of whatever origin. */
  list(): Promise<RawGuest[]>;
  /** Makes what all machines share. Does nothing where it is there. */
  prepare(): Promise<void>;
  /** As if the plug was pulled. Does nothing for one that does not run. */
  cutPower(id: string): Promise<void>;
  /** Removes a machine that does not run, with its disks. */
  remove(id: string): Promise<void>;
  /** Removes disks of this cluster that belong to no machine any more: of one node, or of all. */
  removeStrayDisks(node?: string): Promise<void>;
  /**
   * Copies the system disk of a machine that does not run, with all that it was cloned from, into a qcow2.
   * @param root for disks that belong to the hypervisor alone.
   */
  copyDisk(id: string, target: string, root: Runner): Promise<void>;
  /** Removes what all machines of this cluster shared; returns what is left, in words. */
  removeShared(): Promise<string[]>;
  /** In Vagrant's words: what may not be done twice at once on this host is over. */
  readonly passed: RegExp;
  /** Whether each machine has to be alone until then, or only the first. */
  readonly alone: 'first' | 'each';
  /** In Vagrant's words: two machines met while they were made, and trying again is all it takes. */
  readonly collision: RegExp;
}

/** Runs one command of the hypervisor's own tool. */
export type Ask = (...args: readonly string[]) => Promise<string>;

export interface Tool {
  /** @throws CommandFailed when it fails, KubelabError `KL-HOST-TOOL-MISSING` when it is not there. */
  readonly ask: Ask;
  /** The same for what may fail: gives undefined then. */
  readonly tryTo: (...args: readonly string[]) => Promise<string | undefined>;
}

const timeout: Milliseconds = 60_000;
/** How long the copy of a whole disk may take. */
export const copyTime: Milliseconds = 60 * 60_000;

/** @param prefix the program and what all of its commands begin with. */
export function hypervisorTool(context: VagrantContext, prefix: Command, cure: string): Tool {
  const run = async (args: readonly string[]): Promise<string> => {
    try {
      const options = { timeout, signal: context.signal, env: { LC_ALL: 'C' } };
      return (await context.local.run([...prefix, ...args], options)).stdout;
    } catch (error) {
      if (error instanceof CommandFailed && error.commandExitCode === undefined && !error.timedOut && error.stderr === '')
        throw new KubelabError('KL-HOST-TOOL-MISSING', `the program ${prefix[0]} could not be started`, { cure, cause: error });
      throw error;
    }
  };
  return {
    ask: (...args) => run(args),
    tryTo: (...args) => unlessFailed(run(args)),
  };
}

/** The command that makes a small qcow2 of a disk, with all that it was cloned from. Compressed as those made natively. */
export function packDisk(format: 'qcow2' | 'vmdk', disk: string, target: string): Command {
  return ['qemu-img', 'convert', '-c', '-f', format, '-O', 'qcow2', '-o', 'compression_type=zstd', disk, target];
}

/** The lines of a tool's output, also on Windows, without empty ones. */
export function linesOf(output: string): string[] {
  return output.split(/\r?\n/).filter((line) => line.trim() !== '');
}
