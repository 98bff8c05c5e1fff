/** Where objects of a kind are found in the API. */
export interface KindPlace {
  /** `v1`, `apps/v1` */
  readonly apiVersion: string;
  readonly kind: string;
  /** The plural in paths: `pods`. */
  readonly resource: string;
  readonly namespaced: boolean;
}

type Row = readonly [apiVersion: string, namespaced: Readonly<Record<string, string>>, global?: Readonly<Record<string, string>>];

/** Kinds by apiVersion, in the versions that Kubernetes 1.24 to 1.37 serve. Secrets are left out on purpose. */
const rows: readonly Row[] = [
  [
    'v1',
    {
      Pod: 'pods',
      Service: 'services',
      Endpoints: 'endpoints',
      PersistentVolumeClaim: 'persistentvolumeclaims',
      Event: 'events',
      ConfigMap: 'configmaps',
      ServiceAccount: 'serviceaccounts',
      ResourceQuota: 'resourcequotas',
      LimitRange: 'limitranges',
      ReplicationController: 'replicationcontrollers',
      PodTemplate: 'podtemplates',
    },
    { Node: 'nodes', PersistentVolume: 'persistentvolumes', Namespace: 'namespaces' },
  ],
  [
    'apps/v1',
    {
      Deployment: 'deployments',
      ReplicaSet: 'replicasets',
      StatefulSet: 'statefulsets',
      DaemonSet: 'daemonsets',
      ControllerRevision: 'controllerrevisions',
    },
  ],
  ['batch/v1', { Job: 'jobs', CronJob: 'cronjobs' }],
  ['autoscaling/v1', { HorizontalPodAutoscaler: 'horizontalpodautoscalers' }],
  ['autoscaling/v2', { HorizontalPodAutoscaler: 'horizontalpodautoscalers' }],
  [
    'networking.k8s.io/v1',
    { Ingress: 'ingresses', NetworkPolicy: 'networkpolicies' },
    { IngressClass: 'ingressclasses', ServiceCIDR: 'servicecidrs', IPAddress: 'ipaddresses' },
  ],
  ['discovery.k8s.io/v1', { EndpointSlice: 'endpointslices' }],
  ['events.k8s.io/v1', { Event: 'events' }],
  [
    'storage.k8s.io/v1',
    { CSIStorageCapacity: 'csistoragecapacities' },
    {
      StorageClass: 'storageclasses',
      VolumeAttachment: 'volumeattachments',
      CSIDriver: 'csidrivers',
      CSINode: 'csinodes',
      VolumeAttributesClass: 'volumeattributesclasses',
    },
  ],
  ['policy/v1', { PodDisruptionBudget: 'poddisruptionbudgets' }],
  [
    'rbac.authorization.k8s.io/v1',
    { Role: 'roles', RoleBinding: 'rolebindings' },
    { ClusterRole: 'clusterroles', ClusterRoleBinding: 'clusterrolebindings' },
  ],
  ['scheduling.k8s.io/v1', {}, { PriorityClass: 'priorityclasses' }],
  ['node.k8s.io/v1', {}, { RuntimeClass: 'runtimeclasses' }],
  ['coordination.k8s.io/v1', { Lease: 'leases' }],
  ['metrics.k8s.io/v1beta1', { PodMetrics: 'pods' }, { NodeMetrics: 'nodes' }],
  ['apiregistration.k8s.io/v1', {}, { APIService: 'apiservices' }],
  ['apiextensions.k8s.io/v1', {}, { CustomResourceDefinition: 'customresourcedefinitions' }],
  ['certificates.k8s.io/v1', {}, { CertificateSigningRequest: 'certificatesigningrequests' }],
  [
    'admissionregistration.k8s.io/v1',
    {},
    {
      ValidatingWebhookConfiguration: 'validatingwebhookconfigurations',
      MutatingWebhookConfiguration: 'mutatingwebhookconfigurations',
      ValidatingAdmissionPolicy: 'validatingadmissionpolicies',
      ValidatingAdmissionPolicyBinding: 'validatingadmissionpolicybindings',
    },
  ],
];

/** Kinds that come with Kubernetes or kubelab's add-ons, and that checks may read. */
export const builtInKinds: readonly KindPlace[] = rows.flatMap(([apiVersion, namespaced, global = {}]) => [
  ...Object.entries(namespaced).map(([kind, resource]) => ({ apiVersion, kind, resource, namespaced: true })),
  ...Object.entries(global).map(([kind, resource]) => ({ apiVersion, kind, resource, namespaced: false })),
]);

export function findBuiltInKind(apiVersion: string, kind: string): KindPlace | undefined {
  return builtInKinds.find((place) => place.apiVersion === apiVersion && place.kind === kind);
}

/** `apps` of `apps/v1`; empty for `v1`. */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}

/** `/api/v1` or `/apis/GROUP/VERSION`. */
export function apiRoot(apiVersion: string): string {
  const path = apiVersion.split('/').map(pathSegment).join('/');
  return apiVersion.includes('/') ? `/apis/${path}` : `/api/${path}`;
}

/** A name that can not be part of a path of the API. */
export class ApiPathInvalid extends Error {
  constructor(name: string) {
    super(`${JSON.stringify(name)} can not be part of a path of the API`);
    this.name = 'ApiPathInvalid';
  }
}

/** A name as one part of a path. @throws ApiPathInvalid for one that would lead to another place. */
export function pathSegment(name: string): string {
  if (/^\.{0,2}$/.test(name)) throw new ApiPathInvalid(name);
  return encodeURIComponent(name);
}

/** The path that lists objects of a kind: in a namespace, or all of them. */
export function listPath(place: KindPlace, namespace?: string): string {
  const within = place.namespaced && namespace !== undefined ? `/namespaces/${pathSegment(namespace)}` : '';
  return `${apiRoot(place.apiVersion)}${within}/${place.resource}`;
}
