import { type Explain, type Explainer } from './explainer.ts';
import { fieldAt, listAt, numberAt, textAt } from '../field-path.ts';
import type { Localized } from '../lab-fields.ts';
import { say, subjectFor, subjectOf } from '../sentence.ts';
import { conditionOf, isReadyPod, nameOf, namespaceOf, type KubeObject } from '../snapshot.ts';

/** Follows a pod from its node over its volumes to the state of its containers. */
export const explainPod: Explain = async (pod, explainer) => {
  if (fieldAt(pod, 'metadata', 'deletionTimestamp') !== undefined)
    return [say(subjectFor(pod), 'is being deleted', '삭제되는 중입니다')];
  if (textAt(pod, 'status', 'reason') === 'Evicted')
    return [say(subjectFor(pod), 'was evicted from its node', '노드에서 축출되었습니다', textAt(pod, 'status', 'message'))];
  if (isReadyPod(pod) || textAt(pod, 'status', 'phase') === 'Succeeded') return [];
  if (textAt(pod, 'spec', 'nodeName') === '') return explainPlacing(pod, explainer);
  const node = await explainItsNode(pod, explainer);
  if (node.length > 0) return node;
  const container = containersOf(pod).find((one) => !isFine(one));
  if (container === undefined) return explainStart(pod, explainer);
  return explainContainer(pod, container, explainer);
};

async function explainPlacing(pod: KubeObject, explainer: Explainer): Promise<readonly Localized[]> {
  const claim = await explainClaims(pod, explainer);
  const condition = conditionOf(pod, 'PodScheduled');
  const words = textAt(condition, 'message')
    .replace(/,? *(?:no new claims to deallocate, *)?preemption:.*$/s, '')
    .replace(/\. not found$/, '');
  if (textAt(condition, 'reason') === 'SchedulingGated')
    return [say(subjectFor(pod), 'is held back by a scheduling gate', '스케줄링 게이트에 의해 보류되어 있습니다')];
  if (condition === undefined) {
    const scheduler = textAt(pod, 'spec', 'schedulerName');
    const [en, ko] = [
      `no scheduler has looked at it yet (it asks for ${scheduler})`,
      `어떤 스케줄러도 아직 처리하지 않았습니다(요청한 스케줄러: ${scheduler})`,
    ];
    return [say(subjectFor(pod), `has no node: ${en}`, `노드를 배정받지 못했습니다. ${ko}`)];
  }
  return [say(subjectFor(pod), 'has no node yet', '아직 노드에 배치되지 않았습니다', words), ...claim];
}

/** Volumes of claims come before all else: without them no node is good enough. */
async function explainClaims(pod: KubeObject, explainer: Explainer): Promise<readonly Localized[]> {
  const names = listAt(pod, 'spec', 'volumes').map((volume) => textAt(volume, 'persistentVolumeClaim', 'claimName'));
  const wanted = names.filter((name) => name !== '');
  if (wanted.length === 0) return [];
  const claims = await explainer.list('v1', 'PersistentVolumeClaim', namespaceOf(pod));
  for (const name of wanted) {
    const claim = claims.find((one) => nameOf(one) === name);
    if (claim === undefined)
      return [
        say(subjectOf('PersistentVolumeClaim', name), 'does not exist, and the pod uses it', '없는데 파드가 사용하고 있습니다'),
      ];
    const chain = await explainer.explain(claim);
    if (chain.length > 0) return chain;
  }
  return [];
}

async function explainItsNode(pod: KubeObject, explainer: Explainer): Promise<readonly Localized[]> {
  const name = textAt(pod, 'spec', 'nodeName');
  const node = (await explainer.list('v1', 'Node')).find((one) => nameOf(one) === name);
  if (node === undefined || textAt(conditionOf(node, 'Ready'), 'status') === 'True') return [];
  const place = say(subjectFor(pod), `is on node ${name}`, `${name} 노드에 있습니다`);
  return [place, ...(await explainer.explain(node))];
}

interface Container {
  readonly name: string;
  readonly init: boolean;
  /** As the status has it. */
  readonly status: unknown;
}

function containersOf(pod: KubeObject): Container[] {
  const read = (list: string, init: boolean): Container[] =>
    listAt(pod, 'status', list).map((status) => ({ name: textAt(status, 'name'), init, status }));
  return [...read('initContainerStatuses', true), ...read('containerStatuses', false)];
}

function isFine({ status, init }: Container): boolean {
  const restarts = fieldAt(status, 'state', 'running') !== undefined && fieldAt(status, 'started') === true;
  if (init)
    return (
      numberAt(status, 'state', 'terminated', 'exitCode') === 0 &&
      (fieldAt(status, 'state', 'terminated') !== undefined || restarts)
    );
  return fieldAt(status, 'ready') === true;
}

/** Nothing is known of any container yet, or all are fine and something else is not. */
async function explainStart(pod: KubeObject, explainer: Explainer): Promise<readonly Localized[]> {
  const trouble = await troubleAtStart(pod, explainer);
  if (trouble !== undefined) return trouble;
  const condition = conditionOf(pod, 'Ready');
  return [say(subjectFor(pod), 'is not ready', '준비되지 않았습니다', textAt(condition, 'message'))];
}

/** What kubelet says before a container can be made: volumes and the pod's own network. */
async function troubleAtStart(pod: KubeObject, explainer: Explainer): Promise<readonly Localized[] | undefined> {
  const mount = await explainer.event(pod, ['FailedMount', 'FailedAttachVolume', 'FailedMapVolume']);
  if (mount !== undefined) return [say(subjectFor(pod), 'waits for a volume', '볼륨을 기다리고 있습니다', mount)];
  const sandbox = await explainer.event(pod, ['FailedCreatePodSandBox', 'NetworkNotReady']);
  return sandbox === undefined
    ? undefined
    : [say(subjectFor(pod), 'could not be set up on its node', '의 실행 환경을 노드에서 준비하지 못했습니다', sandbox)];
}

async function explainContainer(pod: KubeObject, container: Container, explainer: Explainer): Promise<readonly Localized[]> {
  const { status } = container;
  const waiting = textAt(status, 'state', 'waiting', 'reason');
  if (waiting !== '') return explainWaiting(pod, container, waiting, explainer);
  const subject = containerSubject(pod, container);
  const ended = fieldAt(status, 'state', 'terminated');
  if (ended !== undefined) return [sayEnded(subject, ended)];
  if (container.init) return [say(subject, 'has not ended yet', '아직 끝나지 않았습니다')];
  const probe = await explainer.event(pod, ['Unhealthy']);
  if (probe !== undefined) return [say(subject, 'runs, but a probe fails', '실행 중이지만 프로브가 실패합니다', probe)];
  const started = fieldAt(status, 'started') !== false;
  return [
    started
      ? say(subject, 'runs, but is not ready yet', '실행 중이지만 아직 준비되지 않았습니다')
      : say(subject, 'runs, but has not started up yet', '실행 중이지만 아직 시작이 끝나지 않았습니다'),
  ];
}

async function explainWaiting(
  pod: KubeObject,
  container: Container,
  reason: string,
  explainer: Explainer,
): Promise<readonly Localized[]> {
  const subject = containerSubject(pod, container);
  const words = textAt(container.status, 'state', 'waiting', 'message');
  const last = fieldAt(container.status, 'lastState', 'terminated');
  if (reason === 'CrashLoopBackOff') {
    const again = say(subject, 'ends each time it is started', '시작될 때마다 종료됩니다');
    return last === undefined ? [again] : [again, sayEnded(subject, last)];
  }
  if (['ErrImagePull', 'ImagePullBackOff', 'ErrImageNeverPull', 'InvalidImageName', 'ImageInspectError'].includes(reason)) {
    const image = textAt(container.status, 'image');
    return [
      say(subject, `can not get its image ${image} (${reason})`, `의 이미지(${image})를 가져올 수 없습니다(${reason})`, words),
    ];
  }
  if (reason === 'ContainerCreating' || reason === 'PodInitializing') {
    const trouble = await troubleAtStart(pod, explainer);
    return trouble ?? [say(subject, 'is being made', '만들어지는 중입니다')];
  }
  return [say(subject, `can not be started (${reason})`, `을/를 시작할 수 없습니다(${reason})`, words)];
}

function containerSubject(pod: KubeObject, { name, init }: Container): Localized {
  const kind = init ? 'Init container' : 'Container';
  return {
    en: `${kind} ${name} of Pod ${nameOf(pod)}`,
    ko: `${nameOf(pod)} 파드의 ${name} ${init ? '초기화 ' : ''}컨테이너`,
  };
}

function sayEnded(subject: Localized, ended: unknown): Localized {
  const code = numberAt(ended, 'exitCode');
  const reason = textAt(ended, 'reason');
  const telling = reason !== '' && reason !== 'Error' && reason !== 'Completed';
  const known = telling ? ` (${reason})` : '';
  const reasonKo = telling ? `, ${reason}` : '';
  return say(
    subject,
    `ended with exit code ${code}${known}`,
    `종료되었습니다(종료 코드 ${code}${reasonKo})`,
    textAt(ended, 'message'),
  );
}
