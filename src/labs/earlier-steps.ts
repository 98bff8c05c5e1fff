import type { Lab, Step } from './lab.ts';

/**
 * The steps that are done in the learner's place on the way back to a step, in the order of the lab: those that it or a later
 * one builds on, as the learner goes on from there. A step builds on those that it needs, and without `needs` on all before.
 */
export function earlierSteps({ steps }: Pick<Lab, 'steps'>, id: string): readonly Step[] {
  const index = steps.findIndex((step) => step.id === id);
  if (index < 0) return [];
  const wanted = new Set<Step>();
  // From the last to the first, as steps need only earlier ones.
  for (const [at, step] of [...steps.entries()].toReversed()) {
    if (at < index && !wanted.has(step)) continue;
    for (const other of steps.slice(0, at)) if (step.needs?.includes(other.id) ?? true) wanted.add(other);
  }
  return steps.slice(0, index).filter((step) => wanted.has(step));
}
