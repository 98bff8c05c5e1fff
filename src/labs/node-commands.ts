import { Interrupted } from '../errors/errors.ts';
import type { Command, Milliseconds, RunOptions, RunResult } from '../exec/runner.ts';
import type { LabCluster } from './lab-cluster.ts';

/** Runs commands on the nodes of a cluster, a few at a time on each. */
export type OnNode = (node: string, command: Command, options: Omit<RunOptions, 'signal'>) => Promise<RunResult>;

/** sshd turns new connections away, at random, from the tenth on that has not logged in yet. */
const atOnce = 4;

/** In less, no command ends. */
const shortest: Milliseconds = 1000;

/** A command had to wait for others, for as long as there was time. It was not run. */
export class NoTimeLeft extends Error {
  constructor() {
    super('no time was left');
    this.name = 'NoTimeLeft';
  }
}

/**
 * All that share it share the limit.
 * @param deadline as Date.now() counts: nothing goes on after it, and nothing begins.
 * @throws NoTimeLeft, and as Runner does
 */
export function limitCommands(cluster: Pick<LabCluster, 'node' | 'signal'>, deadline: number): OnNode {
  const queues = new Map<string, Promise<unknown>[]>();
  return async (node, command, options) => {
    const queue = queues.get(node) ?? Array.from({ length: atOnce }, () => Promise.resolve());
    // The one that has waited longest goes first, and this one takes its place at the end.
    const [turn, ...others] = queue;
    const run = (async () => {
      await turn?.catch(() => undefined);
      if (cluster.signal.aborted) throw new Interrupted();
      // Only now is known how much is left of it.
      const left = deadline - Date.now();
      if (left < shortest) throw new NoTimeLeft();
      const timeout = Math.min(options.timeout, left);
      // A signal of its own: many listeners on one are taken for a leak.
      return cluster.node(node).run(command, { ...options, timeout, signal: AbortSignal.any([cluster.signal]) });
    })();
    run.catch(() => undefined);
    queues.set(node, [...others, run]);
    return run;
  };
}
