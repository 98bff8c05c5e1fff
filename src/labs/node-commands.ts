import { Interrupted } from '../errors/errors.ts';
import type { Command, RunOptions, RunResult } from '../exec/runner.ts';
import type { LabCluster } from './lab-cluster.ts';

/** Runs commands on the nodes of a cluster, a few at a time on each. */
export type OnNode = (node: string, command: Command, options: Omit<RunOptions, 'signal'>) => Promise<RunResult>;

/** sshd turns new connections away, at random, from the tenth on that has not logged in yet. */
const atOnce = 4;

/** All that share it share the limit. @throws as Runner does */
export function limitCommands(cluster: Pick<LabCluster, 'node' | 'signal'>): OnNode {
  const queues = new Map<string, Promise<unknown>[]>();
  return async (node, command, options) => {
    const queue = queues.get(node) ?? Array.from({ length: atOnce }, () => Promise.resolve());
    // The one that has waited longest goes first, and this one takes its place at the end.
    const [turn, ...others] = queue;
    const run = (async () => {
      await turn?.catch(() => undefined);
      if (cluster.signal.aborted) throw new Interrupted();
      // A signal of its own: many listeners on one are taken for a leak.
      return cluster.node(node).run(command, { ...options, signal: AbortSignal.any([cluster.signal]) });
    })();
    run.catch(() => undefined);
    queues.set(node, [...others, run]);
    return run;
  };
}
