import { KubelabError } from '../errors/errors.ts';
import { readAttempt } from '../labs/attempt/attempt.ts';
import { judgeFit } from '../labs/judge-fit.ts';
import type { ClusterFacts } from '../labs/lab-cluster.ts';
import type { Language } from '../labs/language.ts';
import type { Lab } from '../labs/lab.ts';
import type { Existing } from './existing.ts';
import { attemptsOf } from './lab-stage.ts';

/** Refuses a lab that a cluster can not run. @throws KubelabError `KL-LAB-UNFIT`, with the reasons in a language. */
export function requireFit(lab: Lab, facts: ClusterFacts, language: Language): void {
  const reasons = judgeFit(lab, facts);
  if (reasons.length > 0)
    throw new KubelabError('KL-LAB-UNFIT', `${lab.id} does not fit ${facts.name}`, {
      details: reasons.map((reason) => reason[language]),
      ko: { message: `${lab.id} 실습은 ${facts.name} 클러스터에 맞지 않습니다.` },
    });
}

/**
 * Refuses to try a lab out, which works in its namespace and removes it, where a learner's work would go with it, or a
 * step is asked for that there is not.
 * @throws KubelabError `KL-USE`, `KL-LAB-ORDER`
 */
export async function requireFree(existing: Existing, { id, steps }: Lab, step: string | undefined): Promise<void> {
  if (step !== undefined && steps.every((one) => one.id !== step))
    throw new KubelabError('KL-USE', `lab ${id} has no step ${step}`, {
      details: [`steps: ${steps.map((one) => one.id).join(', ')}`],
      ko: { message: `${id} 실습에는 ${step} 단계가 없습니다.`, details: [`단계: ${steps.map((one) => one.id).join(', ')}`] },
    });
  if ((await readAttempt(attemptsOf(existing), id)) === undefined) return;
  throw new KubelabError('KL-LAB-ORDER', `lab ${id} is being worked on on ${existing.state.name}; this would remove that work`, {
    cure: 'End it with kubelab lab stop, or use another cluster.',
    ko: {
      message: `${existing.state.name} 클러스터에서 ${id} 실습이 진행 중입니다. 이 명령은 그 작업을 지웁니다.`,
      cure: 'kubelab lab stop으로 끝내거나 다른 클러스터를 쓰세요.',
    },
  });
}
