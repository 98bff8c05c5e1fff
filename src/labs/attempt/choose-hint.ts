import type { StepProgress } from './attempt.ts';
import type { Step } from '../lab.ts';

/**
 * The next hint to show: by tier, and within a tier those for what failed in the last round before general ones.
 * Hints for something that did not fail are not shown.
 * @returns its index in the step's hints; undefined when all that fit were shown.
 */
export function chooseHint(
  step: Pick<Step, 'hints' | 'checks'>,
  progress: Pick<StepProgress, 'hints' | 'results'>,
): number | undefined {
  const order = step.checks.map(({ id }) => id);
  const candidates = step.hints
    .map((hint, index) => ({ hint, index }))
    .filter(({ index }) => !progress.hints.includes(index))
    .filter(({ hint: { when } }) => when === undefined || progress.results[when.check] === when.is);
  const rank = (check: string | undefined): number => (check === undefined ? order.length : order.indexOf(check));
  return candidates.toSorted(
    (left, right) =>
      left.hint.tier - right.hint.tier || rank(left.hint.when?.check) - rank(right.hint.when?.check) || left.index - right.index,
  )[0]?.index;
}
