import type { Localized } from '../labs/lab-fields.ts';
import type { Language } from '../labs/language.ts';
import type { Lab } from '../labs/lab.ts';

/** What is known of a lab that something is to be deleted for. */
type Touched = Pick<Lab, 'id' | 'namespace' | 'isolation' | 'reset'>;

/** What is asked before a lab ends. */
export function askToStop(lab: Touched, language: Language): string {
  const { id, namespace } = lab;
  return ask(lab, language, {
    en: `End lab ${id} and delete all that is in namespace ${namespace}${nameObjects(lab)}?`,
    ko: `${id} 실습을 끝내고 ${namespace} 네임스페이스에 있는 것을 모두 지울까요?`,
  });
}

/** What is asked before a lab ends that can not be read, or may not run any more. @param reason why, as an error says it */
export function askToStopWithout(id: string, reason: string, language: Language): string {
  const question = {
    en: `End lab ${id} and delete the namespace that was made for it all the same?`,
    ko: `그래도 ${id} 실습을 끝내고 이 실습을 위해 만든 네임스페이스를 지울까요?`,
  };
  return `${reason.replace(/\.?$/, '.')} ${question[language]}`;
}

/** What is asked before a lab goes back to the start of a step. */
export function askToReset(lab: Touched, step: string, language: Language): string {
  const { id, namespace } = lab;
  return ask(lab, language, {
    en: `Delete all that is in namespace ${namespace}${nameObjects(lab)}, and go back to the start of step ${step} of lab ${id}?`,
    ko: `${namespace} 네임스페이스에 있는 것을 모두 지우고 ${id} 실습의 ${step} 단계 처음으로 돌아갈까요?`,
  });
}

/** What is asked before a step is done in the learner's place. */
export function askToSolve({ id, namespace, isolation }: Touched, step: string, language: Language): string {
  const where = {
    namespace: { en: `in namespace ${namespace}`, ko: `${namespace} 네임스페이스` },
    nodes: { en: `in namespace ${namespace} and on the nodes`, ko: `${namespace} 네임스페이스와 노드` },
    cluster: { en: 'on the cluster', ko: '클러스터' },
  }[isolation];
  const question = {
    en: `What you have made ${where.en} may be changed or deleted. Have step ${step} of lab ${id} done for you, for no points?`,
    ko: `${where.ko}에서 직접 만든 것이 바뀌거나 지워질 수 있습니다. 점수 없이 ${id} 실습의 ${step} 단계를 대신 수행할까요?`,
  };
  return question[language];
}

/** What is asked before a lab begins where something of it is there already. */
export function askToClear(lab: Touched, language: Language): string {
  const { id, namespace } = lab;
  const found = {
    en: `Lab ${id} has not begun, but an earlier run of it was cut off and has left something.`,
    ko: `${id} 실습을 시작하지 않았는데, 중간에 끊긴 이전 실행이 남긴 것이 있습니다.`,
  };
  const question = ask(lab, language, {
    en: `Delete all that is in namespace ${namespace}${nameObjects(lab)}, and begin?`,
    ko: `${namespace} 네임스페이스에 있는 것을 모두 지우고 시작할까요?`,
  });
  return `${found[language]} ${question}`;
}

/** The question, after what else goes. A Korean one names objects before it, as its verb comes last. */
function ask(lab: Touched, language: Language, question: Localized): string {
  const names = listObjects(lab);
  const objects =
    names === '' || language !== 'ko'
      ? []
      : [`네임스페이스 밖에서는 실습이 시작된 뒤에 만들어진 다음 객체를 지웁니다: ${names}.`];
  const beyond = lab.isolation === 'namespace' ? [] : [beyondNamespace[lab.isolation][language]];
  return [...beyond, ...objects, question[language]].join(' ');
}

const beyondNamespace: Readonly<Record<Exclude<Lab['isolation'], 'namespace'>, Localized>> = {
  nodes: {
    en: 'This lab works on the nodes themselves, and they are put back too.',
    ko: '이 실습은 노드 자체를 바꾸므로 노드도 원래대로 되돌립니다.',
  },
  cluster: {
    en: 'This lab works on the whole cluster, and the cluster is put back too.',
    ko: '이 실습은 클러스터 전체를 바꾸므로 클러스터도 원래대로 되돌립니다.',
  },
};

function nameObjects(lab: Touched): string {
  const names = listObjects(lab);
  return names === '' ? '' : `, and outside of it, where it was made since the lab began: ${names}`;
}

function listObjects({ reset }: Touched): string {
  return reset.clusterObjects.map(({ kind, name }) => `${kind} ${name}`).join(', ');
}
