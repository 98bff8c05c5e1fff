import type { Milliseconds } from '../../exec/runner.ts';
import type { CheckStatus } from './check-result.ts';
import { describeLook } from './check-report.ts';
import type { Values } from '../interpolate.ts';
import type { LabCluster } from '../lab-cluster.ts';
import { lookAt, type LookFields } from './look-at-check.ts';
import { limitCommands } from '../node-commands.ts';
import { createSnapshots } from '../snapshot.ts';

export interface ProbeInput {
  /** What to look at, as in the action `until`. */
  readonly fields: Omit<LookFields, 'answer'>;
  /** The lab's own. */
  readonly namespace: string;
  readonly values: Values;
  readonly cluster: LabCluster;
  readonly readScript: (path: string) => Promise<string>;
}

const longestLook: Milliseconds = 10 * 60_000;

/**
 * Looks once at what an action waits for.
 * @returns what was found, and a line that says so.
 * @throws Interrupted when the cluster's signal was aborted.
 */
export async function probe(input: ProbeInput): Promise<{ readonly status: CheckStatus; readonly text: string }> {
  const { fields, cluster, values, namespace, readScript } = input;
  const snapshot = createSnapshots(cluster.api).take();
  const deadline = Date.now() + longestLook;
  const onNode = limitCommands(cluster, deadline);
  const place = { cluster, snapshot, onNode, namespace, values, readScript, answers: {}, deadline };
  const look = await lookAt('until', fields, place);
  return { status: look.status, text: describeLook(look) };
}
