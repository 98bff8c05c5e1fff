import type { Values } from './interpolate.ts';
import type { CheckStatus } from './check/check-result.ts';
import type { LabCluster } from './lab-cluster.ts';
import type { Localized } from './lab-fields.ts';
import type { Found } from './message.ts';
import type { OnNode } from './node-commands.ts';
import type { KubeObject, Snapshot } from './snapshot.ts';

/** Where a check looks. */
export interface LookPlace {
  readonly cluster: LabCluster;
  readonly snapshot: Snapshot;
  readonly onNode: OnNode;
  /** The lab's own. */
  readonly namespace: string;
  readonly values: Values;
  /** By the id of the check. */
  readonly answers: Readonly<Record<string, string>>;
  /** The text of a script of the lab. */
  readonly readScript: (path: string) => Promise<string>;
  /** When whoever looks has to be done, as Date.now() counts. */
  readonly deadline: number;
}

/** What to explain where a look did not find what it wanted. */
export interface Subject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  /** A name or labels, for people; empty when any object of the kind would do. */
  readonly selector: string;
  /** Whether it is one object with a name that is known beforehand: as a rule, one that the learner makes. */
  readonly byName: boolean;
  /** How many objects the selector means. */
  readonly selected: number;
  /** Those of them that are not as they should be: none where only their number is wrong. */
  readonly objects: readonly KubeObject[];
}

/** What one look found. */
export interface Look {
  readonly status: Exclude<CheckStatus, 'blocked'>;
  readonly expected?: Localized;
  readonly actual?: Localized;
  readonly differences?: readonly Localized[];
  /** For `error`: what went wrong. What a tool or the cluster said stands in it as it was said. */
  readonly error?: Localized;
  /** A mistake in the lab: looking again finds the same. */
  readonly final?: true;
  readonly because?: Localized;
  readonly found: Found;
  readonly subject?: Subject;
}
