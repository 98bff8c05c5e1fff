import type { Lab, Step } from './lab.ts';

/**
 * The steps that are done in the learner's place on the way back to a step, in the order of the lab: those that it or a later
 * one builds on, as the learner goes on from there. A step builds on those that it needs, and without `needs` on all before.
 */
export function earlierSteps({ steps }: Pick<Lab, 'steps'>, id: string): readonly Step[] {
  const index = steps.findIndex((step) => step.id === id);
  const wanted = new Set<Step>();
  const want = (step: Step, before: readonly Step[]): void => {
    for (const other of before) if (step.needs?.includes(other.id) ?? true) wanted.add(other);
  };
  if (index < 0) return [];
  // From the last to the first, as steps need only earlier ones.
  for (const [at, step] of [...steps.entries()].toReversed()) if (at >= index || wanted.has(step)) want(step, steps.slice(0, at));
  return steps.slice(0, index).filter((step) => wanted.has(step));
}
