import { KubelabError } from '../errors/errors.ts';
import type { Action } from './lab-action.ts';
import type { Localized } from './lab-fields.ts';
import { earlierSteps } from './earlier-steps.ts';
import type { Lab, Step } from './lab.ts';

/** Whether the lab says how its steps are done. The learner build of a pack does not. */
export function hasSolutions({ build }: Pick<Lab, 'build'>): boolean {
  return build !== 'learner';
}

/** @throws KubelabError `KL-LAB-NO-SOLUTION` */
export function requireSolutions(lab: Pick<Lab, 'id' | 'build'>, cure?: Localized): void {
  if (hasSolutions(lab)) return;
  const message = `${lab.id} 실습은 학습자용 빌드라서 풀이가 없습니다.`;
  const detail = cure === undefined ? { ko: { message } } : { cure: cure.en, ko: { message, cure: cure.ko } };
  throw new KubelabError('KL-LAB-NO-SOLUTION', `lab ${lab.id} is a learner build, which has no solutions`, detail);
}

/** Whether the start of a step can be brought back: what it builds on is done in the learner's place then. */
export function canGoTo(lab: Pick<Lab, 'build' | 'steps'>, step: string): boolean {
  return hasSolutions(lab) || earlierSteps(lab, step).length === 0;
}

/** @throws KubelabError `KL-LAB-NO-SOLUTION` where the start of a step can not be brought back. */
export function requireWayTo(lab: Pick<Lab, 'id' | 'build' | 'steps'>, step: string): void {
  const cure = {
    en: 'kubelab lab reset --lab brings back the start of the whole lab, from where its steps can be done again.',
    ko: 'kubelab lab reset --lab 명령이 실습 전체의 처음으로 되돌립니다. 거기서부터 단계를 다시 할 수 있습니다.',
  };
  if (!canGoTo(lab, step)) requireSolutions(lab, cure);
}

/** What to do where an author's command meets a learner build. */
export const testInstructor: Localized = {
  en: 'Run it on the instructor build of the pack, or on the folder that the pack was made from.',
  ko: '팩의 강사용 빌드나 팩을 만든 폴더에서 실행하세요.',
};

/** What does a step in the learner's place. @throws KubelabError `KL-LAB-NO-SOLUTION` */
export function solutionOf(lab: Pick<Lab, 'id' | 'build'>, { solve }: Pick<Step, 'solve'>): readonly Action[] {
  requireSolutions(lab);
  return solve;
}
