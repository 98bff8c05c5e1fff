import type { Attempt } from '../labs/attempt/attempt.ts';
import type { CheckStatus } from '../labs/check/check-result.ts';
import type { Localized } from '../labs/lab-fields.ts';
import type { Language } from '../labs/language.ts';

/** What lab commands say to learners, in their language. */
export interface Words {
  readonly statuses: Readonly<Record<CheckStatus, string>>;
  stepOf(number: number, count: number): string;
  minutes(count: number): string;
  passed(count: number, of: number): string;
  readonly allPassed: string;
  more(count: number): string;
  readonly expected: string;
  readonly found: string;
  readonly because: string;
  readonly checkBroke: string;
  readonly spoiled: string;
  readonly next: string;
  readonly checkIt: string;
  readonly askForHint: string;
  readonly solveIt: string;
  readonly goOn: string;
  readonly seeAgain: string;
  readonly resetStep: string;
  readonly endLab: string;
  finished(title: string, points: number, of: number): string;
  readonly noMoreHints: string;
  readonly noHintYet: string;
  hint(number: number, cost: number): string;
  readonly did: string;
  /** Above what can be typed for an action of a solution. */
  applied(manifest: string): string;
  readonly ranKubectl: string;
  ranScript(nodes: string, script: string): string;
  readonly answered: string;
  /** Instead, for an action that waits. @param object what for, where it is an object */
  waited(object: string | undefined): string;
  moreLines(count: number): string;
  readonly question: string;
  /** That have no answer yet, or another one. */
  readonly questions: string;
  /** Where others failed, too. */
  readonly answerFirst: string;
  /** What texts ask for, in bold, before they show what happens. */
  readonly predict: string;
  readonly answerWith: string;
  readonly goal: string;
  readonly wait: string;
  readonly otherLanguage: string;
  readonly useKubeconfig: string;
  /** Of the table of checks, and of that of steps. */
  readonly checkColumns: readonly string[];
  readonly stepColumns: readonly string[];
  readonly modes: Readonly<Record<Attempt['mode'], string>>;
  points(count: number, of: number): string;
  readonly stepPassed: string;
  readonly stepSolved: string;
  readonly stepCurrent: string;
  /** Of the table of labs, and how a lab stands in it. */
  readonly labColumns: readonly string[];
  readonly labNotValid: string;
  readonly labFinished: string;
  labAt(step: string): string;
  readonly labFits: string;
  readonly labUnfit: string;
  readonly beginOne: string;
  readonly bringUp: string;
  ended(lab: string, cluster: string): string;
  /** Of a lab that could not be read, or may not run any more. */
  endedInPart(lab: string): string;
}

const en: Words = {
  statuses: {
    pass: 'pass',
    notYet: 'not yet',
    spoiled: 'broken',
    error: 'check broke',
    notApplicable: 'does not apply',
    blocked: 'waits',
  },
  stepOf: (number, count) => `step ${number} of ${count}`,
  minutes: (count) => `about ${count} min`,
  passed: (count, of) => `${count} of ${of} checks pass.`,
  allPassed: 'All checks pass. The step is done.',
  more: (count) => `${count} more ${count === 1 ? 'check has' : 'checks have'} not passed yet.`,
  expected: 'expected',
  found: 'found',
  because: 'What stands in the way',
  checkBroke: 'This check could not be carried out. That looks like a trouble of the lab or the cluster, and none of yours.',
  spoiled: 'Something that this step needs is broken. A reset brings it back.',
  next: 'Next:',
  checkIt: 'have your work checked',
  askForHint: 'ask for a hint',
  solveIt: 'have the step done for you',
  goOn: 'go on to the next step',
  seeAgain: 'read the step again',
  resetStep: "bring back the step's start",
  endLab: 'remove what the lab made on the cluster',
  finished: (title, points, of) => `You have finished "${title}" with ${points} of ${of} points.`,
  noMoreHints: 'There are no more hints for where you are.',
  noHintYet: 'There is no hint for that yet: run kubelab lab check first, so that hints can fit what is missing.',
  hint: (number, cost) => `Hint ${number}${cost === 0 ? '' : ` (costs ${cost} ${cost === 1 ? 'point' : 'points'})`}`,
  did: 'This was done for you:',
  applied: (manifest) => `Apply the manifest ${manifest}`,
  ranKubectl: 'Run kubectl',
  ranScript: (nodes, script) => `On ${nodes}, as root (kubelab ssh)${script === '' ? '' : `: ${script}`}`,
  answered: 'Answer what the step asks',
  waited: (object) => `Wait until ${object === undefined ? 'this has taken effect' : `${object} is as it has to be`}.`,
  moreLines: (count) => `${count} more ${count === 1 ? 'line is' : 'lines are'} not shown.`,
  question: 'Question',
  questions: 'Questions without the right answer',
  answerFirst: 'What else is missing is told once every question has an answer, right or wrong: it may give one away.',
  predict: 'Predict',
  answerWith: 'Answer with',
  goal: 'Goal',
  wait: 'wait until the checks pass',
  otherLanguage: 'This text has not been translated yet.',
  useKubeconfig: 'let kubectl in this shell use the cluster',
  checkColumns: ['CHECK', 'RESULT'],
  stepColumns: ['', 'STEP', 'STATE', 'POINTS', 'HINTS', 'RESETS'],
  modes: { guided: 'guided', challenge: 'challenge' },
  points: (count, of) => `${count} of ${of} points`,
  stepPassed: 'passed',
  stepSolved: 'solved for you',
  stepCurrent: 'at it',
  labColumns: ['LAB', 'MINUTES', 'STATE', 'ABOUT'],
  labNotValid: 'not valid',
  labFinished: 'finished',
  labAt: (step) => `at ${step}`,
  labFits: 'fits',
  labUnfit: 'does not fit',
  beginOne: 'begin one',
  bringUp: 'bring up the cluster that labs run on',
  ended: (lab, cluster) => `Lab ${lab} has ended. Nothing of it is left on ${cluster}.`,
  endedInPart: (lab) =>
    `Lab ${lab} has ended. A namespace that was made for it is gone; what it did outside of it, nobody knows any more.`,
};

const ko: Words = {
  statuses: {
    pass: '통과',
    notYet: '아직',
    spoiled: '손상됨',
    error: '확인 불가',
    notApplicable: '해당 없음',
    blocked: '대기',
  },
  stepOf: (number, count) => `${count}단계 중 ${number}단계`,
  minutes: (count) => `약 ${count}분`,
  passed: (count, of) => `확인 ${of}개 중 ${count}개를 통과했습니다.`,
  allPassed: '모든 확인을 통과했습니다. 이 단계를 마쳤습니다.',
  more: (count) => `아직 통과하지 못한 확인이 ${count}개 더 있습니다.`,
  expected: '기대한 값',
  found: '실제 값',
  because: '막고 있는 것',
  checkBroke: '확인을 수행하지 못했습니다. 학습자의 잘못이 아니라 실습이나 클러스터의 문제로 보입니다.',
  spoiled: '이 단계에 필요한 것이 손상되었습니다. 초기화하면 되돌아옵니다.',
  next: '다음 명령:',
  checkIt: '작업을 확인합니다',
  askForHint: '힌트를 봅니다',
  solveIt: '이 단계를 대신 수행합니다',
  goOn: '다음 단계로 넘어갑니다',
  seeAgain: '이 단계를 다시 읽습니다',
  resetStep: '단계의 처음 상태로 되돌립니다',
  endLab: '실습이 클러스터에 만든 것을 지웁니다',
  finished: (title, points, of) => `"${title}" 실습을 ${of}점 중 ${points}점으로 마쳤습니다.`,
  noMoreHints: '지금 상태에 맞는 힌트가 더 없습니다.',
  noHintYet: '아직 맞는 힌트가 없습니다. 무엇이 부족한지 알 수 있도록 먼저 kubelab lab check를 실행하세요.',
  hint: (number, cost) => `힌트 ${number}${cost === 0 ? '' : ` (${cost}점 감점)`}`,
  did: '대신 수행한 작업:',
  applied: (manifest) => `매니페스트 적용: ${manifest}`,
  ranKubectl: 'kubectl 실행',
  ranScript: (nodes, script) => `${nodes}에서 root로 실행 (kubelab ssh)${script === '' ? '' : `: ${script}`}`,
  answered: '질문에 답하기',
  waited: (object) =>
    object === undefined ? '적용될 때까지 기다립니다.' : `${object} 객체가 필요한 상태가 될 때까지 기다립니다.`,
  moreLines: (count) => `${count}줄은 표시하지 않았습니다.`,
  question: '질문',
  questions: '아직 맞히지 못한 질문',
  answerFirst: '그 밖에 부족한 것은 모든 질문에 답한 뒤에(틀려도 됩니다) 알려 줍니다. 답이 드러날 수 있기 때문입니다.',
  predict: '예측',
  answerWith: '답하는 방법',
  goal: '목표',
  wait: '확인을 통과할 때까지 기다립니다',
  otherLanguage: '이 글은 아직 번역되지 않았습니다.',
  useKubeconfig: '이 셸의 kubectl이 클러스터를 쓰게 합니다',
  checkColumns: ['확인', '결과'],
  stepColumns: ['', '단계', '상태', '점수', '힌트', '초기화'],
  modes: { guided: '안내', challenge: '도전' },
  points: (count, of) => `${of}점 중 ${count}점`,
  stepPassed: '통과',
  stepSolved: '대신 수행함',
  stepCurrent: '진행 중',
  labColumns: ['실습', '분', '상태', '내용'],
  labNotValid: '잘못됨',
  labFinished: '마침',
  labAt: (step) => `${step} 진행 중`,
  labFits: '맞음',
  labUnfit: '맞지 않음',
  beginOne: '실습을 시작합니다',
  bringUp: '실습에 쓸 클러스터를 만듭니다',
  ended: (lab, cluster) => `${lab} 실습을 끝냈습니다. ${cluster} 클러스터에 남은 것이 없습니다.`,
  endedInPart: (lab) =>
    `${lab} 실습을 끝냈습니다. 이 실습을 위해 만든 네임스페이스는 지웠습니다. 그 밖에서 한 일은 더 이상 알 수 없습니다.`,
};

export const words: Readonly<Record<Language, Words>> = { en, ko };

export function say(text: Localized, language: Language): string {
  return text[language];
}
