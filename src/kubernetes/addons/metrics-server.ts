import type { Fields } from '../documents.ts';
import { clusterRole, clusterRoleBinding, read, roleBinding, serviceAccount } from './objects.ts';

export interface MetricsServerInput {
  readonly image: string;
  /** Replaces the image's entry point, for images that have none. */
  readonly command?: readonly string[];
}

const account = { namespace: 'kube-system', name: 'metrics-server' };
const labels = { 'k8s-app': 'metrics-server' };
const metadata = { ...account, labels };

/** The objects of metrics-server, for 0.6 and up. */
export function metricsServerObjects(input: MetricsServerInput): readonly Fields[] {
  const aggregate = Object.fromEntries(
    ['view', 'edit', 'admin'].map((to) => [`rbac.authorization.k8s.io/aggregate-to-${to}`, 'true']),
  );
  return [
    serviceAccount(account),
    clusterRole('system:aggregated-metrics-reader', [['metrics.k8s.io', ['pods', 'nodes'], read]], aggregate),
    clusterRole('system:metrics-server', [
      ['', ['nodes/metrics'], ['get']],
      ['', ['pods', 'nodes'], read],
    ]),
    clusterRoleBinding('system:metrics-server', 'system:metrics-server', account),
    clusterRoleBinding('metrics-server:system:auth-delegator', 'system:auth-delegator', account),
    roleBinding('kube-system', 'metrics-server-auth-reader', 'extension-apiserver-authentication-reader', account),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: {
        selector: labels,
        ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 'https', appProtocol: 'https' }],
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        strategy: { rollingUpdate: { maxUnavailable: 0 } },
        template: { metadata: { labels }, spec: metricsServerPod(input) },
      },
    },
    {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1beta1.metrics.k8s.io', labels },
      spec: {
        group: 'metrics.k8s.io',
        version: 'v1beta1',
        service: account,
        insecureSkipTLSVerify: true,
        groupPriorityMinimum: 100,
        versionPriority: 100,
      },
    },
  ];
}

function metricsServerPod(input: MetricsServerInput): Fields {
  const probe = (path: string) => ({ httpGet: { path, port: 'https', scheme: 'HTTPS' }, failureThreshold: 3 });
  return {
    serviceAccountName: account.name,
    priorityClassName: 'system-cluster-critical',
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    // Without workers the control plane is all there is.
    tolerations: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', effect: 'NoSchedule' }],
    containers: [
      {
        name: 'metrics-server',
        image: input.image,
        imagePullPolicy: 'IfNotPresent',
        ...(input.command === undefined ? {} : { command: input.command }),
        args: [
          '--cert-dir=/tmp',
          '--secure-port=10250',
          // kubelets sign their own serving certificates under kubeadm.
          '--kubelet-insecure-tls',
          '--kubelet-preferred-address-types=InternalIP',
          '--kubelet-use-node-status-port',
          '--metric-resolution=15s',
        ],
        ports: [{ name: 'https', containerPort: 10250, protocol: 'TCP' }],
        // It is ready after its first two scrapes; asking often costs little and shows them at once.
        readinessProbe: { ...probe('/readyz'), initialDelaySeconds: 2, periodSeconds: 2 },
        livenessProbe: { ...probe('/livez'), initialDelaySeconds: 30, periodSeconds: 10 },
        resources: { requests: { cpu: '50m', memory: '64Mi' } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          runAsNonRoot: true,
          runAsUser: 1000,
          capabilities: { drop: ['ALL'] },
          seccompProfile: { type: 'RuntimeDefault' },
        },
        volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
      },
    ],
    volumes: [{ name: 'tmp', emptyDir: {} }],
  };
}
