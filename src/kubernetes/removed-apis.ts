/** A version of an API that Kubernetes no longer serves. */
export interface RemovedApi {
  readonly apiVersion: string;
  readonly kinds: readonly string[];
  /** The minor of 1.x that is the first without it. */
  readonly removedIn: number;
  /** What has taken its place; undefined where nothing has. */
  readonly instead: string | undefined;
}

const workloads = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'ControllerRevision'];
const reviews = ['SubjectAccessReview', 'SelfSubjectAccessReview', 'LocalSubjectAccessReview', 'SelfSubjectRulesReview'];
const flow = ['FlowSchema', 'PriorityLevelConfiguration'];

function removed(removedIn: number, apiVersion: string, kinds: readonly string[], instead: string | undefined): RemovedApi {
  return { apiVersion, kinds, removedIn, instead };
}

/** From 1.16 to 1.37: what was served by default, and a few that were not and are still found in manifests. */
export const removedApis: readonly RemovedApi[] = [
  removed(16, 'extensions/v1beta1', ['Deployment', 'DaemonSet', 'ReplicaSet'], 'apps/v1'),
  removed(16, 'extensions/v1beta1', ['NetworkPolicy'], 'networking.k8s.io/v1'),
  removed(16, 'extensions/v1beta1', ['PodSecurityPolicy'], undefined),
  removed(16, 'apps/v1beta1', workloads, 'apps/v1'),
  removed(16, 'apps/v1beta2', workloads, 'apps/v1'),
  removed(22, 'extensions/v1beta1', ['Ingress'], 'networking.k8s.io/v1'),
  removed(22, 'networking.k8s.io/v1beta1', ['Ingress', 'IngressClass'], 'networking.k8s.io/v1'),
  removed(
    22,
    'admissionregistration.k8s.io/v1beta1',
    ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'],
    'admissionregistration.k8s.io/v1',
  ),
  removed(22, 'apiextensions.k8s.io/v1beta1', ['CustomResourceDefinition'], 'apiextensions.k8s.io/v1'),
  removed(22, 'apiregistration.k8s.io/v1beta1', ['APIService'], 'apiregistration.k8s.io/v1'),
  removed(22, 'authentication.k8s.io/v1beta1', ['TokenReview'], 'authentication.k8s.io/v1'),
  removed(22, 'authorization.k8s.io/v1beta1', reviews, 'authorization.k8s.io/v1'),
  removed(22, 'certificates.k8s.io/v1beta1', ['CertificateSigningRequest'], 'certificates.k8s.io/v1'),
  removed(22, 'coordination.k8s.io/v1beta1', ['Lease'], 'coordination.k8s.io/v1'),
  removed(
    22,
    'rbac.authorization.k8s.io/v1beta1',
    ['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'],
    'rbac.authorization.k8s.io/v1',
  ),
  removed(22, 'scheduling.k8s.io/v1beta1', ['PriorityClass'], 'scheduling.k8s.io/v1'),
  removed(22, 'storage.k8s.io/v1beta1', ['CSIDriver', 'CSINode', 'StorageClass', 'VolumeAttachment'], 'storage.k8s.io/v1'),
  removed(25, 'autoscaling/v2beta1', ['HorizontalPodAutoscaler'], 'autoscaling/v2'),
  removed(25, 'batch/v1beta1', ['CronJob'], 'batch/v1'),
  removed(25, 'discovery.k8s.io/v1beta1', ['EndpointSlice'], 'discovery.k8s.io/v1'),
  removed(25, 'events.k8s.io/v1beta1', ['Event'], 'events.k8s.io/v1'),
  removed(25, 'node.k8s.io/v1beta1', ['RuntimeClass'], 'node.k8s.io/v1'),
  removed(25, 'policy/v1beta1', ['PodDisruptionBudget'], 'policy/v1'),
  removed(25, 'policy/v1beta1', ['PodSecurityPolicy'], undefined),
  removed(26, 'autoscaling/v2beta2', ['HorizontalPodAutoscaler'], 'autoscaling/v2'),
  removed(26, 'flowcontrol.apiserver.k8s.io/v1beta1', flow, 'flowcontrol.apiserver.k8s.io/v1'),
  removed(27, 'storage.k8s.io/v1beta1', ['CSIStorageCapacity'], 'storage.k8s.io/v1'),
  removed(29, 'flowcontrol.apiserver.k8s.io/v1beta2', flow, 'flowcontrol.apiserver.k8s.io/v1'),
  removed(32, 'flowcontrol.apiserver.k8s.io/v1beta3', flow, 'flowcontrol.apiserver.k8s.io/v1'),
  removed(
    34,
    'admissionregistration.k8s.io/v1beta1',
    ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'],
    'admissionregistration.k8s.io/v1',
  ),
  removed(37, 'networking.k8s.io/v1beta1', ['IPAddress', 'ServiceCIDR'], 'networking.k8s.io/v1'),
  removed(37, 'storage.k8s.io/v1beta1', ['VolumeAttributesClass'], 'storage.k8s.io/v1'),
];

/** The newest minor of 1.x that the table was made for. */
export const newestKnownMinor = 37;

export function findRemovedApi(apiVersion: string, kind: string): RemovedApi | undefined {
  return removedApis.find((api) => api.apiVersion === apiVersion && api.kinds.includes(kind));
}
