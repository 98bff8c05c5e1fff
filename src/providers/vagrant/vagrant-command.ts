import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandFailed, Interrupted, KubelabError } from '../../errors/errors.ts';
import { fileExists } from '../../exec/file-exists.ts';
import type { Milliseconds, RunResult } from '../../exec/runner.ts';
import { parseMessage, readWords } from './machine-readable.ts';
import type { VagrantContext, VagrantSettings } from './settings.ts';

export interface VagrantRun {
  readonly timeout: Milliseconds;
  /** Given what Vagrant says to people, line by line. */
  readonly onWords?: (line: string) => void;
}

/** Vagrant's command line in the cluster's folder. */
export interface Vagrant {
  /**
   * Runs one command with machine-readable output. While another Vagrant works on the machine it waits.
   * @throws KubelabError `KL-CLUSTER-BUSY` when the other does not end, `KL-HOST-TOOL-MISSING` without Vagrant.
   * @throws CommandFailed with Vagrant's words to people as its output.
   */
  run(command: readonly [string, ...string[]], options: VagrantRun): Promise<void>;
  /** Runs one command whose output is itself what is wanted. */
  read(command: readonly [string, ...string[]], timeout: Milliseconds): Promise<RunResult>;
  /** Whether there is a Vagrantfile to run it on. */
  hasVagrantfile(): Promise<boolean>;
}

/** How long another Vagrant may work on the same machine, and how often to look. */
const busy = { deadline: 180_000, every: 1_000 } as const;

/**
 * Locks of Vagrant that it gives up on at once where another process holds them: one per machine and action
 * (lib/vagrant/machine.rb), one per entry of its index of machines (lib/vagrant/machine_index.rb), and named ones
 * (lib/vagrant/environment.rb).
 */
const locked =
  /another process is already executing an action on the machine|can't use the requested machine because it is locked|attempted to acquire a lock named|Failed to lock new machine|Unlocked write on machine/;

export function vagrantCommand(settings: VagrantSettings, context: VagrantContext): Vagrant {
  const env = vagrantEnvironment(settings);
  const attempt = async (command: readonly string[], options: VagrantRun, flags: readonly string[]): Promise<RunResult> => {
    try {
      return await context.local.run(['vagrant', ...command, ...flags], {
        timeout: options.timeout,
        signal: context.signal,
        cwd: settings.folder,
        env,
        onLine: (line) => {
          const message = parseMessage(line);
          if (message?.type === 'ui') for (const words of (message.data[1] ?? '').split('\n')) options.onWords?.(words);
        },
      });
    } catch (error) {
      throw error instanceof CommandFailed ? explain(error, command) : error;
    }
  };
  const patiently = async (command: readonly string[], options: VagrantRun, flags: readonly string[]): Promise<RunResult> => {
    for (const end = Date.now() + busy.deadline; ;) {
      try {
        return await attempt(command, options, flags);
      } catch (error) {
        if (!(error instanceof CommandFailed) || !locked.test(error.stderr + error.stdout)) throw error;
        if (Date.now() >= end) throw otherAtWork(command, error);
      }
      await sleep(busy.every, undefined, { signal: context.signal }).catch(() => {
        throw new Interrupted();
      });
    }
  };
  return {
    run: async (command, options) => void (await patiently(command, options, ['--machine-readable'])),
    read: (command, timeout) => patiently(command, { timeout }, []),
    hasVagrantfile: () => fileExists(path.join(settings.folder, 'Vagrantfile')),
  };
}

/**
 * What Vagrant has to find in its environment. Not VAGRANT_VAGRANTFILE: it is part of the names of Vagrant's locks, which
 * have to be those of a Vagrant that is run by hand.
 */
export function vagrantEnvironment(settings: VagrantSettings): Record<string, string> {
  return {
    VAGRANT_DEFAULT_PROVIDER: settings.provider,
    VAGRANT_CWD: settings.folder,
    VAGRANT_DOTFILE_PATH: '.vagrant',
    VAGRANT_CHECKPOINT_DISABLE: '1',
    VAGRANT_NO_COLOR: '1',
    ...(settings.vagrantHome === undefined ? {} : { VAGRANT_HOME: settings.vagrantHome }),
    ...(settings.provider === 'virtualbox' && needsDisksFlag(settings.vagrantVersion) ? { VAGRANT_EXPERIMENTAL: 'disks' } : {}),
    ...(settings.provider === 'libvirt' && settings.emulated
      ? { KUBELAB_LIBVIRT_DRIVER: 'qemu', KUBELAB_LIBVIRT_CPU_MODE: 'maximum' }
      : {}),
  };
}

/** Whether this Vagrant leaves extra disks out unless told otherwise; one that is not known is taken for an old one. */
export function needsDisksFlag(version: string | undefined): boolean {
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(version ?? '') ?? [];
  return Number(major) < 2 || (Number(major) === 2 && Number(minor) < 4);
}

/** The failure with what Vagrant said to people, and a command that a person can paste in the folder. */
function explain(error: CommandFailed, command: readonly string[]): Error {
  if (error.commandExitCode === undefined && !error.timedOut && error.stdout === '' && error.stderr === '')
    return new KubelabError('KL-HOST-TOOL-MISSING', 'Vagrant could not be started', {
      cure: 'Install Vagrant 2.3 or newer, and make sure that the command vagrant works.',
      cause: error,
    });
  return new CommandFailed({
    command: ['vagrant', ...command],
    place: error.place,
    exitCode: error.commandExitCode,
    timedOut: error.timedOut,
    stdout: readWords(error.stdout),
    stderr: dropTrace(error.stderr),
    message: error.message,
  });
}

/** Errors of libvirt come as exceptions of Ruby: one line, and a stack that would bury it. */
function dropTrace(stderr: string): string {
  return stderr.replaceAll(/^\s+from \S.*:\d+:in .*\n?/gm, '');
}

function otherAtWork([, machine = 'the machine']: readonly string[], cause: CommandFailed): KubelabError {
  return new KubelabError('KL-CLUSTER-BUSY', `another vagrant has been working on ${machine} for ${busy.deadline / 1000} s`, {
    details: cause.stdout.trim().split('\n').slice(0, 3),
    cure: 'Wait for it to end, or end it, then try again.',
    cause,
  });
}
