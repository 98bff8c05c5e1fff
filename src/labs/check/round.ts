import type { Round } from './check-result.ts';
import { describeLook, reportCheck, reportMessage } from './check-report.ts';
import type { Values } from '../interpolate.ts';
import { type Check, roundLimit } from '../lab-check.ts';
import type { LabCluster } from '../lab-cluster.ts';
import type { Lab, Step } from '../lab.ts';
import { lookAt } from './look-at-check.ts';
import type { LookPlace } from '../look.ts';
import { both } from '../localized.ts';
import { limitCommands, type OnNode } from '../node-commands.ts';
import { settleChecks } from './settle-checks.ts';
import { createSnapshots, type Seen, type Snapshot } from '../snapshot.ts';
import { beginStanding, type Patience, type Standing } from './verdict.ts';

export interface RoundInput {
  readonly lab: Lab;
  readonly step: Step;
  readonly values: Values;
  /** The learner's answers, by the id of the check. */
  readonly answers: Readonly<Record<string, string>>;
  /** Checks with `once` that have passed before. */
  readonly latched: readonly string[];
  readonly cluster: LabCluster;
  readonly readScript: (path: string) => Promise<string>;
  /** Default: what each check says itself. */
  readonly patience?: Patience;
  /** Told what is still waited for. */
  readonly progress?: (text: string) => void;
  /** Only these checks are looked at, with those that they need; default: all. */
  readonly only?: readonly string[];
  /** Told in the end what the results come from. */
  readonly looked?: (seen: Seen) => void;
}

/**
 * Looks at all checks and guards of a step. Checks that don't need each other are looked at side by side, and all of one
 * pass over them see the same snapshot of the cluster.
 * @throws Interrupted when the cluster's signal was aborted.
 */
export async function checkStep(input: RoundInput): Promise<Round> {
  const began = Date.now();
  const callsBefore = input.cluster.api.calls();
  const deadline = began + roundLimit;
  const standings = chooseChecks(input).map((check) => beginStanding(check, input.cluster.kubernetes, input.latched));
  const onNode = limitCommands(input.cluster, deadline);
  const snapshots = createSnapshots(input.cluster.api);
  const takePlace = (): LookPlace => placeOf(input, snapshots.take(), onNode, deadline);
  const first = takePlace();
  const guards = lookAtGuards(input, first);
  // It is awaited below, whatever happens in between.
  guards.catch(() => undefined);
  const last = await settleChecks(standings, {
    first,
    takePlace,
    patience: input.patience ?? {},
    deadline,
    signal: input.cluster.signal,
    waiting: (open) => report(open, input),
  });
  const results = await Promise.all(standings.map((standing) => reportCheck(standing, last)));
  const { spoiled, guardErrors } = await guards;
  input.looked?.(snapshots.seen());
  return {
    step: input.step.id,
    at: new Date(began).toISOString(),
    results,
    spoiled,
    ...(guardErrors.length === 0 ? {} : { guardErrors }),
    calls: input.cluster.api.calls() - callsBefore,
    milliseconds: Date.now() - began,
  };
}

function chooseChecks({ step: { checks }, only }: RoundInput): readonly Check[] {
  if (only === undefined) return checks;
  const chosen = new Set(only);
  // A set goes on to what is added to it meanwhile.
  for (const id of chosen) for (const need of checks.find((check) => check.id === id)?.needs ?? []) chosen.add(need);
  return checks.filter(({ id }) => chosen.has(id));
}

function placeOf(input: RoundInput, snapshot: Snapshot, onNode: OnNode, deadline: number): LookPlace {
  const { cluster, values, answers, readScript, lab } = input;
  return { cluster, snapshot, onNode, namespace: lab.namespace, values, answers, readScript, deadline };
}

async function lookAtGuards(input: RoundInput, place: LookPlace): Promise<Required<Pick<Round, 'spoiled' | 'guardErrors'>>> {
  const looks = await Promise.all(
    input.step.guards.map(async (guard) => ({ guard, look: await lookAt(guard.id, guard, place) })),
  );
  return {
    spoiled: looks
      .filter(({ look }) => look.status === 'notYet' || look.status === 'spoiled')
      .map(({ guard, look }) => ({ guard: guard.id, message: reportMessage(guard.id, guard.message, look.found, place) })),
    guardErrors: looks
      .filter(({ look }) => look.status === 'error')
      .map(({ guard, look }) => ({ guard: guard.id, error: look.error ?? both('') })),
  };
}

function report(open: readonly Standing[], { progress }: RoundInput): void {
  const [first] = open;
  if (first?.look === undefined || progress === undefined) return;
  const others = open.length > 1 ? ` (and ${open.length - 1} more)` : '';
  progress(`${first.check.id}: ${describeLook(first.look)}${others}`);
}
