import { createExplainer, type Explain, type Explainer } from './explainer.ts';
import { explainPod } from './explain-pod.ts';
import { explainNamespace, explainNode, explainService } from './explain-service.ts';
import { explainClaim, explainVolume } from './explain-storage.ts';
import {
  explainAutoscaler,
  explainCronJob,
  explainDaemonSet,
  explainDeployment,
  explainJob,
  explainReplicaSet,
  explainStatefulSet,
} from './explain-workload.ts';
import { fieldAt, textAt } from '../field-path.ts';
import type { Localized } from '../lab-fields.ts';
import type { Subject } from '../look.ts';
import { nounOf, withParticle } from '../sentence.ts';
import { nameOf, type Snapshot } from '../snapshot.ts';

const kinds: Readonly<Record<string, Explain>> = {
  Pod: explainPod,
  Deployment: explainDeployment,
  ReplicaSet: explainReplicaSet,
  StatefulSet: explainStatefulSet,
  DaemonSet: explainDaemonSet,
  Job: explainJob,
  CronJob: explainCronJob,
  HorizontalPodAutoscaler: explainAutoscaler,
  PersistentVolumeClaim: explainClaim,
  PersistentVolume: explainVolume,
  Service: explainService,
  Node: explainNode,
  Namespace: explainNamespace,
};

/** A chain that is longer helps nobody. */
const longest = 6;

/**
 * What keeps the objects of a check from being as they should: sentences that lead from the first of them that has
 * something broken to what is broken. They name what is wrong and where, never what to do about it.
 * @returns nothing where all works, and only fields or the number of objects are not as the check wants them.
 * @throws ApiError
 */
export async function explainSubject(subject: Subject, snapshot: Snapshot): Promise<readonly Localized[]> {
  const explainer = createExplainer(snapshot, kinds);
  if (subject.selected === 0) return explainAbsence(subject, explainer);
  for (const object of subject.objects.slice(0, 20)) {
    const chain = await explainer.explain(object);
    if (chain.length > 0) return chain.slice(0, longest);
  }
  return [];
}

async function explainAbsence(subject: Subject, explainer: Explainer): Promise<readonly Localized[]> {
  const { apiVersion, kind, selector, namespace } = subject;
  if (selector === '') return [];
  const noun = withParticle(nounOf(kind), '이/가');
  const isLabel = selector.includes('=');
  const absent: Localized = isLabel
    ? { en: `There is no ${kind} with the labels ${selector}.`, ko: `레이블이 ${selector}인 ${noun} 없습니다.` }
    : { en: `There is no ${kind} ${selector}.`, ko: `${selector} ${noun} 없습니다.` };
  const others = namespace === 'default' ? [] : await explainer.list(apiVersion, kind, 'default');
  const elsewhere = others.find(
    (object) => !isLabel && nameOf(object) === selector && textAt(object, 'metadata', 'namespace') !== '',
  );
  if (elsewhere !== undefined)
    return [
      {
        en: `${kind} ${selector} is in namespace default, not in ${namespace}.`,
        ko: `${selector} ${noun} ${namespace} 네임스페이스가 아니라 default 네임스페이스에 있습니다.`,
      },
    ];
  return [absent, ...(kind === 'Pod' && isLabel ? await explainNoPods(subject, explainer) : [])];
}

/** Whoever should make pods with these labels, and can not. */
async function explainNoPods({ selector, namespace }: Subject, explainer: Explainer): Promise<readonly Localized[]> {
  const labels = Object.fromEntries(selector.split(',').map((pair) => pair.split('=', 2) as [string, string]));
  for (const kind of ['Deployment', 'StatefulSet', 'DaemonSet'])
    for (const owner of await explainer.list('apps/v1', kind, namespace)) {
      const template = fieldAt(owner, 'spec', 'template', 'metadata', 'labels');
      if (!Object.entries(labels).every(([key, value]) => fieldAt(template, key) === value)) continue;
      const chain = await explainer.explain(owner);
      if (chain.length > 0) return chain;
    }
  return [];
}
