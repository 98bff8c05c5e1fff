import type { CatalogueEntry, ErrorCode } from './catalogue.ts';

/** An entry of the catalogue for those who read Korean. */
export type KoreanEntry = Omit<CatalogueEntry, 'exit'>;

type LabCode = Extract<ErrorCode, `KL-LAB-${string}`>;

/** Every code that is about labs, and what learners meet beside them. */
export const korean: Readonly<Record<LabCode, KoreanEntry> & Partial<Record<ErrorCode, KoreanEntry>>> = {
  'KL-USE': {
    title: '명령을 이해하지 못했습니다',
    why: '없는 명령이나 플래그이거나, 플래그가 받지 않는 값입니다.',
    cure: '명령에 --help를 붙여 실행해 보세요.',
  },
  'KL-SPEC-MISSING': {
    title: '여기에 kubelab.yaml이 없습니다',
    why: 'kubelab은 실행한 폴더에서, 또는 --file이 가리키는 곳에서 스펙을 찾습니다.',
    cure: 'kubelab.yaml이 있는 폴더에서 실행하거나 --file로 파일을 알려 주세요. kubelab init은 주석이 달린 파일을 새로 만듭니다.',
  },
  'KL-CLUSTER-BUSY': {
    title: '다른 kubelab이 이 클러스터에서 작업하고 있습니다',
    why: '둘이 동시에 실행되면 서로의 작업을 망칩니다.',
    cure: '다른 실행이 끝나기를 기다리거나 그것을 멈추세요.',
  },
  'KL-CLUSTER-NONE': {
    title: '여기에는 그런 클러스터가 없습니다',
    why: '이 스펙으로 만든 클러스터가 아직 없습니다.',
    cure: 'kubelab up을 실행하세요.',
  },
  'KL-LAB-UNKNOWN': {
    title: '그런 실습이 없습니다',
    why: 'kubelab에 들어 있거나 팩에 든 실습의 id가 아니고, lab.yaml이 있는 폴더도 아닙니다.',
    cure: 'kubelab lab list로 어떤 실습이 있는지 보세요.',
  },
  'KL-LAB-INVALID': {
    title: '실습이 올바르지 않습니다',
    why: '오류의 각 줄은 실습의 파일에서 잘못된 곳과, 거기에 있는 것, 있어야 하는 것을 알려 줍니다.',
    cure: '그 줄들을 고치세요. kubelab lab lint는 그 밖에 잘못된 것을 찾아 줍니다.',
  },
  'KL-LAB-IMAGE': {
    title: '실습에 필요한 이미지가 없습니다',
    why: '실습은 맡을 역할로 이미지를 찾는데, 이 클러스터의 소스에는 그 역할을 할 이미지가 없습니다.',
    cure: '소스가 번들이면 --no-labs 없이 번들을 다시 만드세요.',
  },
  'KL-LAB-FAILED': {
    title: '실습이 스스로 하는 일을 하지 못했습니다',
    why: '클러스터에서 준비나 풀이, 초기화에 실패했습니다. 학습자의 잘못이 아니라 실습의 잘못이거나 클러스터의 문제입니다.',
    cure: 'kubelab status로 클러스터의 상태를 본 다음 다시 해 보세요. 계속 실패하면 실습을 만든 사람에게 알려 주세요.',
  },
  'KL-LAB-NONE': {
    title: '이 클러스터에서 시작한 실습이 없습니다',
    why: '진행 중인 실습에 쓰는 명령인데, 진행 중인 실습이 없습니다.',
    cure: 'kubelab lab list에서 고른 다음 kubelab lab start ID를 실행하세요.',
  },
  'KL-LAB-UNFIT': {
    title: '실습이 이 클러스터에 맞지 않습니다',
    why: '클러스터에 없는 것이 필요합니다. 오류의 각 줄이 무엇인지 알려 줍니다.',
    cure: 'kubelab lab list에서 다른 실습을 고르거나, 스펙을 바꾸고 kubelab up을 실행하세요.',
  },
  'KL-LAB-TRUST': {
    title: '아직 믿는다고 말하지 않은 팩의 실습입니다',
    why: '이 팩의 스크립트는 이 호스트와 커널을 함께 쓰는 노드에서 root로 실행되므로 호스트로 빠져나올 수도 있습니다. 팩을 누가 만들었는지는 확인하지 않습니다. 한 번 한 대답은 팩이 바뀔 때까지 유효합니다.',
    cure: '만든 사람을 믿는다면 터미널에서 kubelab lab start ID를 실행해 물음에 답하거나 --trust를 주세요. 가상 머신 노드에서는 필요 없습니다.',
  },
  'KL-LAB-NAMESPACE': {
    title: '실습의 네임스페이스가 이 실습의 것이 아닙니다',
    why: '실습은 초기화하거나 끝낼 때 자기 네임스페이스에 있는 것을 모두 지웁니다. 이 네임스페이스는 다른 사람이 만들었거나 다른 실습의 것입니다.',
    cure: '그 안에 필요한 것이 없다면 먼저 지우세요: kubelab kubectl delete namespace NAME.',
  },
  'KL-LAB-ORDER': {
    title: '지금은 실습에서 그 명령을 쓸 수 있는 때가 아닙니다',
    why: '단계는 차례로 진행됩니다. 한 단계를 통과해야 다음 단계가 시작됩니다.',
    cure: 'kubelab lab check로 무엇이 부족한지 보거나, kubelab lab solve로 이 단계를 대신 수행하게 하세요.',
  },
  'KL-LAB-NO-SOLUTION': {
    title: '이 빌드의 실습에는 풀이가 없습니다',
    why: '풀이와 오답을 뺀, 팩의 학습자용(learner) 빌드에서 온 실습입니다.',
    cure: 'kubelab lab hint로 계속하세요. 풀이가 든 강사용(instructor) 빌드는 팩을 만든 사람에게 있습니다.',
  },
};
