import type { Fields } from '../documents.ts';
import { clusterRole, clusterRoleBinding, podField, read, serviceAccount } from './objects.ts';

export interface FlannelInput {
  /** CIDR of pods, the same as kubeadm's podSubnet. */
  readonly pods: string;
  readonly image: string;
  /**
   * An address on the nodes' network that is no node's own, such as its gateway: flannel takes the interface that leads
   * to it, whatever its name. To its own address the way is `lo`.
   */
  readonly reach: string;
  /** The cluster's endpoint. Its address is in the API server's certificate. */
  readonly apiServer: { readonly address: string; readonly port: number };
  /**
   * An image whose `/flannel` is the CNI plugin, to be copied to each node. Absent where the node image has
   * /opt/cni/bin/flannel already.
   */
  readonly installCniPlugin?: string;
}

const account = { namespace: 'kube-flannel', name: 'flannel' };
const labels = { app: 'flannel', 'k8s-app': 'flannel' };
const cniConfig = '/etc/kube-flannel/cni-conf.json';

/** The objects of flannel with the vxlan backend, for flannel 0.25 and up. */
export function flannelObjects(input: FlannelInput): readonly Fields[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: account.namespace, labels: { 'k8s-app': 'flannel', 'pod-security.kubernetes.io/enforce': 'privileged' } },
    },
    serviceAccount(account),
    clusterRole('flannel', [
      ['', ['nodes'], read],
      ['', ['nodes/status'], ['patch']],
    ]),
    clusterRoleBinding('flannel', 'flannel', account),
    flannelConfig(input),
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'kube-flannel-ds', namespace: account.namespace, labels },
      spec: {
        selector: { matchLabels: { app: 'flannel' } },
        // All at once: one after the other only makes a lab wait.
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '100%' } },
        template: { metadata: { labels }, spec: flannelPod(input) },
      },
    },
  ];
}

function flannelConfig(input: FlannelInput): Fields {
  const chain = {
    name: 'cbr0',
    cniVersion: '0.3.1',
    plugins: [
      { type: 'flannel', delegate: { hairpinMode: true, isDefaultGateway: true } },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
  const network = { Network: input.pods, EnableNFTables: false, Backend: { Type: 'vxlan' } };
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'kube-flannel-cfg', namespace: account.namespace, labels },
    data: { 'cni-conf.json': `${JSON.stringify(chain, null, 2)}\n`, 'net-conf.json': `${JSON.stringify(network, null, 2)}\n` },
  };
}

function flannelPod(input: FlannelInput): Fields {
  const config = { name: 'flannel-cfg', mountPath: '/etc/kube-flannel/' };
  return {
    hostNetwork: true,
    priorityClassName: 'system-node-critical',
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    // The network has to come before the node is Ready, on control planes too.
    tolerations: [{ operator: 'Exists', effect: 'NoSchedule' }],
    serviceAccountName: account.name,
    ...(input.installCniPlugin === undefined ? {} : { initContainers: [copyPlugin(input.installCniPlugin)] }),
    containers: [
      {
        name: 'kube-flannel',
        image: input.image,
        imagePullPolicy: 'IfNotPresent',
        // No command: the image's entry point is flanneld, upstream and in images built from Go modules.
        args: ['--ip-masq', '--kube-subnet-mgr', `--iface-can-reach=${input.reach}`],
        // A node counts as ready once the plugin's configuration is there, and pods that start before flannel knows its
        // subnet fail and are tried again only many seconds later. So it is put there when the subnet is known.
        lifecycle: { postStart: { exec: { command: ['/bin/sh', '-c', installConfiguration] } } },
        resources: { requests: { cpu: '100m', memory: '50Mi' } },
        securityContext: { privileged: false, capabilities: { add: ['NET_ADMIN', 'NET_RAW'] } },
        env: [
          // With POD_NAME instead it asks the API server for its node once, and exits when that fails: after a boot it would
          // sit in back-off while the API server comes up. So it waits (flannel pkg/subnet/kube, NewSubnetManager).
          podField('NODE_NAME', 'spec.nodeName'),
          // Past the service address, which works only once kube-proxy does.
          { name: 'KUBERNETES_SERVICE_HOST', value: input.apiServer.address },
          { name: 'KUBERNETES_SERVICE_PORT', value: String(input.apiServer.port) },
        ],
        volumeMounts: [
          { name: 'run', mountPath: '/run/flannel' },
          { name: 'cni', mountPath: '/etc/cni/net.d' },
          config,
          { name: 'xtables-lock', mountPath: '/run/xtables.lock' },
        ],
      },
    ],
    volumes: [
      { name: 'run', hostPath: { path: '/run/flannel', type: 'DirectoryOrCreate' } },
      ...(input.installCniPlugin === undefined
        ? []
        : [{ name: 'cni-plugin', hostPath: { path: '/opt/cni/bin', type: 'DirectoryOrCreate' } }]),
      { name: 'cni', hostPath: { path: '/etc/cni/net.d', type: 'DirectoryOrCreate' } },
      { name: 'flannel-cfg', configMap: { name: 'kube-flannel-cfg' } },
      { name: 'xtables-lock', hostPath: { path: '/run/xtables.lock', type: 'FileOrCreate' } },
    ],
  };
}

const installConfiguration = `until [ -s /run/flannel/subnet.env ]; do sleep 0.1; done
cp -f ${cniConfig} /etc/cni/net.d/.kubelab && mv -f /etc/cni/net.d/.kubelab /etc/cni/net.d/10-flannel.conflist`;

function copyPlugin(image: string): Fields {
  return {
    name: 'install-cni-plugin',
    image,
    imagePullPolicy: 'IfNotPresent',
    command: ['cp', '-f', '/flannel', '/opt/cni/bin/flannel'],
    volumeMounts: [{ name: 'cni-plugin', mountPath: '/opt/cni/bin' }],
  };
}
