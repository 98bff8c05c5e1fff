import type { Command, Runner } from './runner.ts';

/**
 * The same runner with each command run by root: unchanged when kubelab already is root, otherwise through
 * `sudo -n`, which never asks (main asks once, before any work starts).
 */
export function asRoot(runner: Runner, userId: number): Runner {
  if (userId === 0) return runner;
  return {
    run: ([file, ...args], options) => {
      const environment = Object.entries(options.env ?? {}).map(([key, value]) => `${key}=${value}`);
      const command: Command = ['sudo', '-n', '--', 'env', ...environment, file, ...args];
      return runner.run(command, options);
    },
  };
}
