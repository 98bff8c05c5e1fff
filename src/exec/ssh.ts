import { quoteCommand } from './quote.ts';
import type { Command, Runner } from './runner.ts';

export interface SshTarget {
  /** An ssh configuration file that says all about the host: address, user, key, known hosts. */
  readonly configFile: string;
  /** The host's name in that file. */
  readonly host: string;
  /** Whether commands need sudo there because the user is not root. */
  readonly sudo: boolean;
  /** The socket of a connection that is shared; where nobody listens there, ssh makes a connection of its own. */
  readonly socket?: string;
}

/** Exit code of ssh itself when it could not connect or was cut off: https://man.openbsd.org/ssh#EXIT_STATUS */
export const sshFailed = 255;

/**
 * Runs commands as root on another machine with the system's ssh. The command there is ended by `timeout` too, so that
 * nothing goes on behind a connection that was given up.
 */
export function sshRunner(local: Runner, target: SshTarget): Runner {
  return {
    run: (command, options) => {
      const seconds = Math.ceil(options.timeout / 1000) + 5;
      const environment = Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`);
      const remote = [
        ...(target.sudo ? ['sudo', '-n', '--'] : []),
        ...(environment.length > 0 ? ['env', ...environment] : []),
        'timeout',
        '--kill-after=5',
        String(seconds),
        ...command,
      ];
      const { env: _, cwd: __, ...rest } = options;
      const flags = target.socket === undefined ? [] : ['-S', target.socket];
      return local.run(sshCommand(target, [quoteCommand(remote)], flags), rest);
    },
  };
}

/** The ssh command line for a target; also what an interactive session starts from. */
export function sshCommand(
  target: Pick<SshTarget, 'configFile' | 'host'>,
  rest: readonly string[],
  flags: readonly string[] = [],
): Command {
  return ['ssh', '-F', target.configFile, ...flags, target.host, ...(rest.length > 0 ? ['--', ...rest] : [])];
}
