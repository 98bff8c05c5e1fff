import { ownedBy, type Explain, type Explainer } from './explainer.ts';
import { fieldAt, listAt, numberAt, textAt } from '../field-path.ts';
import type { Localized } from '../lab-fields.ts';
import { say, subjectFor, subjectOf } from '../sentence.ts';
import { conditionOf, isReadyPod, nameOf, namespaceOf, type KubeObject } from '../snapshot.ts';

/** Deployment, its newest ReplicaSet, and the pods of that. */
export const explainDeployment: Explain = async (deployment, explainer) => {
  const wanted = wantedOf(deployment);
  const ready = numberAt(deployment, 'status', 'readyReplicas');
  const updated = numberAt(deployment, 'status', 'updatedReplicas');
  if (fieldAt(deployment, 'spec', 'paused') === true) return [say(subjectFor(deployment), 'is paused', '일시 중지되어 있습니다')];
  const idle = explainIdle(deployment, wanted);
  if (idle !== undefined) return [idle];
  if (ready >= wanted && updated >= wanted) return [];
  const sets = ownedBy(deployment, await explainer.list('apps/v1', 'ReplicaSet', namespaceOf(deployment)));
  const newest = sets.toSorted((a, b) => revisionOf(b) - revisionOf(a))[0];
  const own =
    ready >= wanted
      ? say(
          subjectFor(deployment),
          `has ${updated} of ${wanted} pods of its new revision`,
          `원하는 파드 ${wanted}개 중 ${updated}개만 새 버전입니다`,
        )
      : sayReady(deployment, ready, wanted);
  if (newest === undefined) return [own, await explainNoPods(deployment, explainer)];
  return [own, ...(await explainPodsOf(newest, explainer))];
};

/** A ReplicaSet, and its pods. */
export const explainReplicaSet: Explain = async (set, explainer) => {
  const wanted = wantedOf(set);
  const ready = numberAt(set, 'status', 'readyReplicas');
  const idle = explainIdle(set, wanted);
  if (idle !== undefined) return [idle];
  return ready >= wanted ? [] : [sayReady(set, ready, wanted), ...(await explainPodsOf(set, explainer))];
};

/** A StatefulSet: its pods come one after the other, so that the first one that is not ready is what all wait for. */
export const explainStatefulSet: Explain = explainReplicaSet;

export const explainDaemonSet: Explain = async (set, explainer) => {
  const wanted = numberAt(set, 'status', 'desiredNumberScheduled');
  const ready = numberAt(set, 'status', 'numberReady');
  if (fieldAt(set, 'status') !== undefined && wanted === 0)
    return [say(subjectFor(set), 'fits no node, so that it has no pods', '조건에 맞는 노드가 없어 파드를 만들지 않습니다')];
  return ready >= wanted ? [] : [sayReady(set, ready, wanted), ...(await explainPodsOf(set, explainer))];
};

export const explainJob: Explain = async (job, explainer) => {
  if (textAt(conditionOf(job, 'Complete'), 'status') === 'True') return [];
  const failed = conditionOf(job, 'Failed');
  if (fieldAt(job, 'spec', 'suspend') === true) return [say(subjectFor(job), 'is suspended', '중단되어 있습니다')];
  const own =
    textAt(failed, 'status') === 'True'
      ? say(subjectFor(job), 'has failed', '실패했습니다', textAt(failed, 'message'))
      : say(subjectFor(job), 'has not ended yet', '아직 끝나지 않았습니다');
  return [own, ...(await explainPodsOf(job, explainer))];
};

export const explainCronJob: Explain = async (job) => {
  if (fieldAt(job, 'spec', 'suspend') === true) return [say(subjectFor(job), 'is suspended', '중단되어 있습니다')];
  if (textAt(job, 'status', 'lastScheduleTime') !== '') return [];
  const schedule = textAt(job, 'spec', 'schedule');
  return [
    say(
      subjectFor(job),
      `has not made a job yet; its schedule is ${schedule}`,
      `아직 잡을 만들지 않았습니다. 일정은 ${schedule}입니다`,
    ),
  ];
};

export const explainAutoscaler: Explain = async (autoscaler, explainer) => {
  const subject: Localized = { en: `HorizontalPodAutoscaler ${nameOf(autoscaler)}`, ko: `${nameOf(autoscaler)} HPA` };
  const able = conditionOf(autoscaler, 'AbleToScale');
  if (textAt(able, 'status') === 'False')
    return [say(subject, 'can not scale its target', '대상의 크기를 조정할 수 없습니다', textAt(able, 'message'))];
  const active = conditionOf(autoscaler, 'ScalingActive');
  if (textAt(active, 'status') === 'False') {
    const own =
      textAt(active, 'reason') === 'ScalingDisabled'
        ? say(subject, 'does nothing, as its target has 0 replicas', '대상의 레플리카가 0이어서 동작하지 않습니다')
        : say(subject, 'can not read the metrics that it needs', '필요한 메트릭을 읽을 수 없습니다', textAt(active, 'message'));
    return [own, ...(await explainTarget(autoscaler, explainer))];
  }
  if (active === undefined)
    return [say(subject, 'has not been looked at by its controller yet', '아직 컨트롤러가 처리하지 않았습니다')];
  return explainTarget(autoscaler, explainer);
};

async function explainTarget(autoscaler: KubeObject, explainer: Explainer): Promise<readonly Localized[]> {
  const reference = fieldAt(autoscaler, 'spec', 'scaleTargetRef');
  const [apiVersion, kind, name] = [textAt(reference, 'apiVersion'), textAt(reference, 'kind'), textAt(reference, 'name')];
  if (!['Deployment', 'StatefulSet', 'ReplicaSet'].includes(kind)) return [];
  const objects = await explainer.list(apiVersion, kind, namespaceOf(autoscaler));
  const target = objects.find((object) => nameOf(object) === name);
  if (target !== undefined) return explainer.explain(target);
  return [say(subjectOf(kind, name), 'does not exist, and the autoscaler is for it', '없는데 HPA의 대상으로 지정되어 있습니다')];
}

function wantedOf(object: KubeObject): number {
  const replicas = fieldAt(object, 'spec', 'replicas');
  return typeof replicas === 'number' ? replicas : 1;
}

function revisionOf(set: KubeObject): number {
  return Number(textAt(set, 'metadata', 'annotations', 'deployment.kubernetes.io/revision'));
}

function sayReady(object: KubeObject, ready: number, wanted: number): Localized {
  return say(
    subjectFor(object),
    `has ${ready} of ${wanted} pods ready`,
    `원하는 파드 ${wanted}개 중 ${ready}개만 준비되었습니다`,
  );
}

function explainIdle(object: KubeObject, wanted: number): Localized | undefined {
  if (wanted === 0) return say(subjectFor(object), 'is set to 0 replicas', '의 레플리카가 0으로 설정되어 있습니다');
  if (numberAt(object, 'metadata', 'generation') <= numberAt(object, 'status', 'observedGeneration')) return undefined;
  return say(
    subjectFor(object),
    'was changed, and its controller has not seen that yet',
    '변경되었지만 컨트롤러가 아직 반영하지 않았습니다',
  );
}

async function explainPodsOf(owner: KubeObject, explainer: Explainer): Promise<readonly Localized[]> {
  const pods = ownedBy(owner, await explainer.list('v1', 'Pod', namespaceOf(owner)));
  const open = pods.filter((pod) => !isReadyPod(pod) && fieldAt(pod, 'metadata', 'deletionTimestamp') === undefined);
  for (const pod of open.toSorted((a, b) => ordinalOf(a) - ordinalOf(b))) {
    const chain = await explainer.explain(pod);
    if (chain.length > 0) return chain;
  }
  return pods.length < wantedOf(owner) ? [await explainNoPods(owner, explainer)] : [];
}

function ordinalOf(pod: KubeObject): number {
  return Number(/-(\d+)$/.exec(nameOf(pod))?.[1] ?? 0);
}

/** Pods that could not even be made: a quota, a service account that is not there, an admission that refused. */
async function explainNoPods(owner: KubeObject, explainer: Explainer): Promise<Localized> {
  const failure = conditionOf(owner, 'ReplicaFailure');
  const event = await explainer.event(owner, ['FailedCreate', 'FailedDelete', 'ReplicaSetCreateError']);
  const words = textAt(failure, 'message') || (event ?? '');
  if (words !== '') return say(subjectFor(owner), 'can not make its pods', '파드를 만들 수 없습니다', words);
  const some = listAt(owner, 'status', 'conditions').length > 0 || numberAt(owner, 'status', 'replicas') > 0;
  return some
    ? say(subjectFor(owner), 'has fewer pods than it wants', '의 파드가 원하는 수보다 적습니다')
    : say(subjectFor(owner), 'has no pods yet', '에 아직 파드가 없습니다');
}
