import { type Attempt, progressOf, type StepProgress, withProgress } from './attempt.ts';
import { type CheckResult, hasPassed, type Round } from '../check/check-result.ts';
import type { Language } from '../language.ts';
import type { Step } from '../lab.ts';

/** An attempt after all checks of its current step were looked at. */
export function takeRound(attempt: Attempt, step: Step, round: Round, now: Date): Attempt {
  const before = progressOf(attempt, step.id);
  const passed = round.results.filter(({ status }) => status === 'pass').map(({ check }) => check);
  const latched = step.checks.filter(({ id, once }) => once === true && passed.includes(id)).map(({ id }) => id);
  const costs = before.hints.reduce((sum, index) => sum + (step.hints[index]?.cost ?? 0), 0);
  const isPassed = hasPassed(round);
  const points = before.solved ? 0 : Math.max(0, pointsIn(round.results) - costs);
  return {
    ...withProgress(attempt, step.id, {
      rounds: before.rounds + 1,
      results: Object.fromEntries(round.results.map(({ check, status }) => [check, status])),
      // What was reached stays reached, whatever the cluster is like later.
      ...(before.passedAt === undefined ? { points, evidence: takeEvidence(before, round, attempt.language) } : {}),
      ...(isPassed && before.passedAt === undefined ? { passedAt: now.toISOString() } : {}),
    }),
    latched: { ...attempt.latched, [step.id]: [...new Set([...(attempt.latched[step.id] ?? []), ...latched])] },
  };
}

/** Where nothing was looked at anew, as for what has passed for good, what was seen before stays. */
function takeEvidence(
  { evidence: before = {} }: StepProgress,
  { at, results }: Round,
  language: Language,
): StepProgress['evidence'] {
  return Object.fromEntries(
    results.map((result) => {
      const { check, status } = result;
      const lines = [...(result.evidence ?? []), ...describeShortfall(result, language)];
      const known = before[check];
      return [check, lines.length === 0 && known?.status === status ? known : { at, status, lines }];
    }),
  );
}

function describeShortfall(
  { message, expected, actual, differences = [], chain = [], because }: CheckResult,
  language: Language,
) {
  const lines = [message, expected, actual, ...differences, ...chain, because];
  return lines.flatMap((line) => (line === undefined ? [] : [line[language]]));
}

function pointsIn(results: readonly CheckResult[]): number {
  return results.filter(({ status }) => status === 'pass').reduce((sum, { points }) => sum + points, 0);
}
