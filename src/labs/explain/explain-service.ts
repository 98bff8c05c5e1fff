import { type Explain } from './explainer.ts';
import { fieldAt, listAt, textAt, textsAt, valueText } from '../field-path.ts';
import type { Localized } from '../lab-fields.ts';
import { say, subjectFor } from '../sentence.ts';
import { conditionOf, hasLabels, isReadyPod, nameOf, namespaceOf, type KubeObject } from '../snapshot.ts';

/** A service, the pods that its selector matches, and the port that they are asked on. */
export const explainService: Explain = async (service, explainer) => {
  const subject = subjectFor(service);
  if (textAt(service, 'spec', 'type') === 'ExternalName') return [];
  const selector = textsAt(service, 'spec', 'selector');
  const namespace = namespaceOf(service);
  if (Object.keys(selector).length === 0) {
    const slices = await explainer.list('discovery.k8s.io/v1', 'EndpointSlice', namespace);
    const own = slices.filter((slice) => fieldAt(slice, 'metadata', 'labels', 'kubernetes.io/service-name') === nameOf(service));
    if (own.some((slice) => listAt(slice, 'endpoints').length > 0)) return [];
    return [say(subject, 'has no selector and no endpoints', '에 셀렉터도 엔드포인트도 없습니다')];
  }
  const labels = Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
  const pods = (await explainer.list('v1', 'Pod', namespace)).filter((pod) => hasLabels(pod, selector));
  if (pods.length === 0)
    return [
      say(
        subject,
        `selects no pod: none in namespace ${namespace} has the labels ${labels}`,
        `선택하는 파드가 없습니다. ${namespace} 네임스페이스에 레이블이 ${labels}인 파드가 없습니다`,
      ),
    ];
  const ready = pods.filter(isReadyPod);
  if (ready.length > 0) return explainPorts(service, ready);
  const own = say(
    subject,
    'has no endpoints: no pod that it selects is ready',
    '에 엔드포인트가 없습니다. 선택한 파드 중 준비된 것이 없습니다',
  );
  for (const pod of pods) {
    const chain = await explainer.explain(pod);
    if (chain.length > 0) return [own, ...chain];
  }
  return [own];
};

/** Ports that the service sends to and that no container says it listens on. */
function explainPorts(service: KubeObject, pods: readonly KubeObject[]): readonly Localized[] {
  const declared = pods.flatMap((pod) => listAt(pod, 'spec', 'containers')).flatMap((container) => listAt(container, 'ports'));
  if (declared.length === 0) return [];
  const known = new Set(declared.flatMap((port) => [fieldAt(port, 'containerPort'), fieldAt(port, 'name')]));
  return listAt(service, 'spec', 'ports')
    .map((port) => fieldAt(port, 'targetPort') ?? fieldAt(port, 'port'))
    .filter((target) => !known.has(target))
    .map((target) => {
      const ports = [...new Set(declared.map((port) => valueText(fieldAt(port, 'containerPort'))))].join(', ');
      return say(
        subjectFor(service),
        `sends to port ${valueText(target)} of its pods, whose containers name ${ports}`,
        `파드의 포트(${valueText(target)})로 요청을 보내는데, 컨테이너에 적힌 포트는 ${ports}입니다`,
      );
    })
    .slice(0, 1);
}

export const explainNode: Explain = async (node) => {
  const subject = subjectFor(node);
  const ready = conditionOf(node, 'Ready');
  if (textAt(ready, 'status') !== 'True') return [say(subject, 'is not ready', '준비되지 않았습니다', textAt(ready, 'message'))];
  const pressure = listAt(node, 'status', 'conditions').find(
    (condition) => textAt(condition, 'type') !== 'Ready' && textAt(condition, 'status') === 'True',
  );
  if (pressure !== undefined)
    return [
      say(
        subject,
        `reports ${textAt(pressure, 'type')}`,
        `${textAt(pressure, 'type')} 상태를 보고하고 있습니다`,
        textAt(pressure, 'message'),
      ),
    ];
  if (fieldAt(node, 'spec', 'unschedulable') === true)
    return [say(subject, 'is cordoned: it takes no new pods', '의 스케줄링이 금지되어 새 파드를 받지 않습니다')];
  return [];
};

export const explainNamespace: Explain = async (namespace) => {
  if (textAt(namespace, 'status', 'phase') !== 'Terminating') return [];
  const left = ['NamespaceFinalizersRemaining', 'NamespaceContentRemaining', 'NamespaceDeletionDiscoveryFailure']
    .map((type) => conditionOf(namespace, type))
    .find((condition) => textAt(condition, 'status') === 'True');
  return [say(subjectFor(namespace), 'is being deleted', '삭제되는 중입니다', textAt(left, 'message'))];
};
