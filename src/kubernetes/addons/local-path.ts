import { type Fields, renderDocuments } from '../documents.ts';
import { clusterRole, clusterRoleBinding, podField, read, role, roleBinding, serviceAccount } from './objects.ts';

export interface LocalPathInput {
  readonly image: string;
  /** Replaces the image's entry point, for images that have none: upstream's needs `['local-path-provisioner']`. */
  readonly command?: readonly string[];
  /** An image with `/bin/sh`, `mkdir` and `rm`: makes and removes the folders on the nodes. */
  readonly toolbox: string;
}

const namespace = 'local-path-storage';
const account = { namespace, name: 'local-path-provisioner' };
const labels = { app: 'local-path-provisioner' };
const change = [...read, 'create', 'patch', 'update', 'delete'];

/** The objects of local-path-provisioner 0.0.30, with a StorageClass that is the default one. */
export function localPathObjects(input: LocalPathInput): readonly Fields[] {
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    serviceAccount(account),
    role(namespace, 'local-path-provisioner', [['', ['pods'], change]]),
    roleBinding(namespace, 'local-path-provisioner', 'local-path-provisioner', account),
    clusterRole('local-path-provisioner', [
      ['', ['nodes', 'persistentvolumeclaims', 'configmaps', 'pods', 'pods/log'], read],
      ['', ['persistentvolumes'], change],
      ['', ['events'], ['create', 'patch']],
      ['storage.k8s.io', ['storageclasses'], read],
    ]),
    clusterRoleBinding('local-path-provisioner', 'local-path-provisioner', account),
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'local-path', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      provisioner: 'rancher.io/local-path',
      volumeBindingMode: 'WaitForFirstConsumer',
      reclaimPolicy: 'Delete',
    },
    localPathConfig(input),
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { ...account, labels },
      spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: localPathPod(input) } },
    },
  ];
}

function localPathConfig(input: LocalPathInput): Fields {
  const paths = { nodePathMap: [{ node: 'DEFAULT_PATH_FOR_NON_LISTED_NODES', paths: ['/opt/local-path-provisioner'] }] };
  const helperPod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'helper-pod' },
    spec: {
      priorityClassName: 'system-node-critical',
      tolerations: [{ key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' }],
      containers: [{ name: 'helper-pod', image: input.toolbox, imagePullPolicy: 'IfNotPresent' }],
    },
  };
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'local-path-config', namespace },
    data: {
      'config.json': `${JSON.stringify(paths, null, 2)}\n`,
      setup: '#!/bin/sh\nset -eu\nmkdir -m 0777 -p "$VOL_DIR"\n',
      teardown: '#!/bin/sh\nset -eu\nrm -rf "$VOL_DIR"\n',
      'helperPod.yaml': renderDocuments([helperPod]),
    },
  };
}

function localPathPod(input: LocalPathInput): Fields {
  return {
    serviceAccountName: account.name,
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    // Without workers the control plane is all there is.
    tolerations: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', effect: 'NoSchedule' }],
    containers: [
      {
        name: 'local-path-provisioner',
        image: input.image,
        imagePullPolicy: 'IfNotPresent',
        ...(input.command === undefined ? {} : { command: input.command }),
        args: ['start', '--config', '/etc/config/config.json', '--service-account-name', account.name],
        env: [podField('POD_NAMESPACE', 'metadata.namespace'), { name: 'CONFIG_MOUNT_PATH', value: '/etc/config/' }],
        volumeMounts: [{ name: 'config', mountPath: '/etc/config/' }],
      },
    ],
    volumes: [{ name: 'config', configMap: { name: 'local-path-config' } }],
  };
}
