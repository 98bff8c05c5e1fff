import type { Lab, Step } from './lab.ts';

/**
 * The steps that a step builds on: those that it needs and what these need, in the order of the lab; without `needs` all
 * before it. They are done in the learner's place on the way back to it.
 */
export function earlierSteps({ steps }: Pick<Lab, 'steps'>, id: string): readonly Step[] {
  const index = steps.findIndex((step) => step.id === id);
  const wanted = new Set<Step>();
  const want = (step: Step, before: readonly Step[]): void => {
    for (const other of before) if (step.needs?.includes(other.id) ?? true) wanted.add(other);
  };
  // From the last to the first, as steps need only earlier ones.
  for (let at = index; at >= 0; at -= 1) {
    const step = steps[at];
    if (step !== undefined && (at === index || wanted.has(step))) want(step, steps.slice(0, at));
  }
  return steps.filter((step) => wanted.has(step));
}
