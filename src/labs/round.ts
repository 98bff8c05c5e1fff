import { setTimeout as sleep } from 'node:timers/promises';
import { Interrupted } from '../errors/errors.ts';
import type { Milliseconds } from '../exec/runner.ts';
import type { Round } from './check-result.ts';
import { describeLook, reportCheck, reportMessage } from './check-report.ts';
import type { Values } from './interpolate.ts';
import type { LabCluster } from './lab-cluster.ts';
import type { Lab, Step } from './lab.ts';
import { lookAt } from './look-at-check.ts';
import type { LookPlace } from './look.ts';
import { limitCommands, type OnNode } from './node-commands.ts';
import { createSnapshots, type Snapshot } from './snapshot.ts';
import { beginStanding, blockOthers, giveUp, takeLook, whoseTurn, type Patience, type Standing } from './verdict.ts';

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
}

/** However long its checks may take, a round ends after this. */
const roundLimit: Milliseconds = 10 * 60_000;
const pauseBetweenLooks: Milliseconds = 1000;

/**
 * Looks at all checks and guards of a step. Checks that don't need each other are looked at side by side, and all of one
 * pass over them see the same snapshot of the cluster.
 * @throws Interrupted when the cluster's signal was aborted.
 */
export async function checkStep(input: RoundInput): Promise<Round> {
  const began = Date.now();
  const callsBefore = input.cluster.api.calls();
  const deadline = began + roundLimit;
  const standings = input.step.checks.map((check) => beginStanding(check, input.cluster.kubernetes, input.latched));
  const onNode = limitCommands(input.cluster);
  const takeSnapshot = createSnapshots(input.cluster.api);
  const place = (snapshot: Snapshot): LookPlace => placeOf(input, snapshot, onNode, deadline);
  let snapshot = takeSnapshot();
  const guards = lookAtGuards(input, place(snapshot));
  // It is awaited below, whatever happens in between.
  guards.catch(() => undefined);
  for (;;) {
    await lookAtAll(standings, input, place(snapshot));
    const open = standings.filter(({ settled, look }) => !settled && look !== undefined);
    if (open.length === 0 || Date.now() >= deadline) break;
    report(open, input);
    await pause(input.cluster.signal);
    snapshot = takeSnapshot();
  }
  for (const standing of standings) if (!standing.settled) giveUp(standing, Date.now());
  const last = place(snapshot);
  const results = await Promise.all(standings.map((standing) => reportCheck(standing, last)));
  const { spoiled, guardErrors } = await guards;
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

function placeOf(input: RoundInput, snapshot: Snapshot, onNode: OnNode, deadline: number): LookPlace {
  const { cluster, values, answers, readScript, lab } = input;
  return { cluster, snapshot, onNode, namespace: lab.namespace, values, answers, readScript, deadline };
}

/** One pass: whatever becomes ready because something else has passed is looked at in the same one. */
async function lookAtAll(standings: readonly Standing[], input: RoundInput, place: LookPlace): Promise<void> {
  const seen = new Set<Standing>();
  for (;;) {
    const turn = whoseTurn(standings).filter((standing) => !seen.has(standing));
    if (turn.length === 0) return;
    await Promise.all(
      turn.map(async (standing) => {
        seen.add(standing);
        const began = Date.now();
        const look = await lookAt(standing.check.id, standing.check, place);
        takeLook(standing, look, began, Date.now(), input.patience ?? {});
      }),
    );
    blockOthers(standings, Date.now());
  }
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
      .map(({ guard, look }) => ({ guard: guard.id, error: look.error ?? '' })),
  };
}

function report(open: readonly Standing[], { progress }: RoundInput): void {
  const [first] = open;
  if (first?.look === undefined || progress === undefined) return;
  const others = open.length > 1 ? ` (and ${open.length - 1} more)` : '';
  progress(`${first.check.id}: ${describeLook(first.look)}${others}`);
}

async function pause(signal: AbortSignal): Promise<void> {
  await sleep(pauseBetweenLooks, undefined, { signal }).catch(() => {
    throw new Interrupted();
  });
}
