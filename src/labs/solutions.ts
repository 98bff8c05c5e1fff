import { KubelabError } from '../errors/errors.ts';
import type { Action } from './lab-action.ts';
import { earlierSteps } from './earlier-steps.ts';
import type { Lab, Step } from './lab.ts';

/** Whether the lab says how its steps are done. The learner build of a pack does not. */
export function hasSolutions({ build }: Pick<Lab, 'build'>): boolean {
  return build !== 'learner';
}

/** @throws KubelabError `KL-LAB-NO-SOLUTION` */
export function requireSolutions(lab: Pick<Lab, 'id' | 'build'>, cure?: string): void {
  if (hasSolutions(lab)) return;
  const detail = cure === undefined ? {} : { cure };
  throw new KubelabError('KL-LAB-NO-SOLUTION', `lab ${lab.id} is a learner build, which has no solutions`, detail);
}

/** Whether the start of a step can be brought back: what it builds on is done in the learner's place then. */
export function canGoTo(lab: Pick<Lab, 'build' | 'steps'>, step: string): boolean {
  return hasSolutions(lab) || earlierSteps(lab, step).length === 0;
}

/** @throws KubelabError `KL-LAB-NO-SOLUTION` where the start of a step can not be brought back. */
export function requireWayTo(lab: Pick<Lab, 'id' | 'build' | 'steps'>, step: string): void {
  const cure = 'kubelab lab reset --lab brings back the start of the whole lab, from where its steps can be done again.';
  if (!canGoTo(lab, step)) requireSolutions(lab, cure);
}

/** What to do where an author's command meets a learner build. */
export const testInstructor = 'Run it on the instructor build of the pack, or on the folder that the pack was made from.';

/** What does a step in the learner's place. @throws KubelabError `KL-LAB-NO-SOLUTION` */
export function solutionOf(lab: Pick<Lab, 'id' | 'build'>, { solve }: Pick<Step, 'solve'>): readonly Action[] {
  requireSolutions(lab);
  return solve;
}
