import { kubeletConfiguration, kubeProxyConfiguration } from './component-config.ts';
import { type Fields, renderDocuments } from './documents.ts';
import { emulationApiServerFields, emulationControllerFlags, emulationEtcdFlags, emulationTimeouts } from './emulation.ts';
import type { KubeadmInput } from './kubeadm-input.ts';
import {
  checkAdditions,
  componentFields,
  kubeadmHeader,
  keyAlgorithmFields,
  nodeRegistration,
  patchesFields,
} from './kubeadm-parts.ts';
import { factsFor } from './versions.ts';

const apiServerPort = 6443;
const pkiFolder = '/etc/kubernetes/pki';

/**
 * How long a joining node looks for the cluster, and then for its certificate. It starts together with the first control
 * plane, whose init takes minutes on a slow machine; kubeadm's own limit is 5 minutes.
 */
const joinPatience = '20m0s';

/**
 * How long the API server may take to open its port, and the control plane to be healthy. kubeadm's own limits, one
 * minute and four, end what is only slow: on a host that has much else to do, or a disk that is.
 */
const startPatience = { kubernetesAPICall: '5m0s', controlPlaneComponentHealthCheck: '10m0s' } as const;

/**
 * Requests a second of the controller manager. Its own limit, 20, makes it take five seconds to start its controllers,
 * and until then no joining kubelet gets its certificate.
 */
const controllerRequests = { 'kube-api-qps': '100', 'kube-api-burst': '200' } as const;

/**
 * The configuration file for `kubeadm init` or `kubeadm join` on one node, as YAML.
 * @throws KubelabError `KL-SPEC-INVALID` when the user's additions can't be written for this version,
 * `KL-VERSION-UNKNOWN` for a version that the table does not have.
 */
export function renderKubeadmConfig(input: KubeadmInput): string {
  checkAdditions(input.user, input.kubernetes);
  if (!input.tuning.leaderElect && input.controlPlaneAddresses.length > 1)
    throw new Error('leader election is off with more than one control plane');
  if (input.act === 'join') return renderDocuments([joinConfiguration(input)]);
  if (input.node.role !== 'control-plane') throw new Error(`init on ${input.node.name}, which is no control plane`);
  return renderDocuments([
    initConfiguration(input),
    clusterConfiguration(input),
    kubeletConfiguration(input),
    kubeProxyConfiguration(input),
  ]);
}

function initConfiguration(input: KubeadmInput): Fields {
  return {
    ...kubeadmHeader(input, 'InitConfiguration'),
    bootstrapTokens: [
      {
        token: input.token,
        description: 'joins the nodes of this cluster',
        // Never expires: a checkpoint that is restored after weeks, or a node made anew, joins with the same token.
        ttl: '0s',
        usages: ['signing', 'authentication'],
        groups: ['system:bootstrappers:kubeadm:default-node-token'],
      },
    ],
    localAPIEndpoint: { advertiseAddress: input.node.address, bindPort: apiServerPort },
    nodeRegistration: nodeRegistration(input, input),
    ...patchesFields(input),
    ...timeoutsField(input, {}),
  };
}

function clusterConfiguration(input: KubeadmInput): Fields {
  // With one control plane an election serves nothing, and after a power cut the old lease delays both by 15 s.
  const flags: Readonly<Record<string, string>> = input.tuning.leaderElect ? {} : { 'leader-elect': 'false' };
  const components = {
    controllerManager: componentFields(input, 'controllerManager', {
      ...flags,
      ...controllerRequests,
      ...slow(input, emulationControllerFlags),
    }),
    scheduler: componentFields(input, 'scheduler', flags),
  };
  return {
    ...kubeadmHeader(input, 'ClusterConfiguration'),
    clusterName: input.clusterName,
    kubernetesVersion: `v${input.kubernetes}`,
    // Always set: it can't be added to a cluster later without making its certificates anew.
    controlPlaneEndpoint: `${input.endpoint.address}:${input.endpoint.port}`,
    ...(input.imageRepository === undefined ? {} : { imageRepository: input.imageRepository }),
    ...keyAlgorithmFields(input),
    networking: { podSubnet: input.pods, serviceSubnet: input.services, dnsDomain: 'cluster.local' },
    apiServer: {
      certSANs: certificateNames(input),
      ...componentFields(input, 'apiServer'),
      ...(hasTimeouts(input) ? {} : { timeoutForControlPlane: startPatience.controlPlaneComponentHealthCheck }),
      ...emulationApiServerFields(input),
    },
    ...Object.fromEntries(Object.entries(components).filter(([, fields]) => Object.keys(fields).length > 0)),
    etcd: etcdFields(input),
  };
}

function certificateNames(input: KubeadmInput): readonly string[] {
  const names = ['127.0.0.1', 'localhost', input.endpoint.address, ...input.controlPlaneAddresses, ...input.user.certSANs];
  return [...new Set(names)];
}

function etcdFields(input: KubeadmInput): Fields {
  if (input.etcd.kind === 'stacked')
    return { local: { dataDir: '/var/lib/etcd', ...componentFields(input, 'etcd', slow(input, emulationEtcdFlags)) } };
  return {
    external: {
      endpoints: input.etcd.endpoints,
      caFile: `${pkiFolder}/etcd/ca.crt`,
      certFile: `${pkiFolder}/apiserver-etcd-client.crt`,
      keyFile: `${pkiFolder}/apiserver-etcd-client.key`,
    },
  };
}

function joinConfiguration(input: KubeadmInput): Fields {
  const controlPlane = input.node.role === 'control-plane';
  return {
    ...kubeadmHeader(input, 'JoinConfiguration'),
    discovery: {
      // The authority is known in advance: nobody waits for the controller that signs cluster-info for a token.
      file: { kubeConfigPath: input.discoveryFile },
      tlsBootstrapToken: input.token,
      // v1beta3 has no field for the wait after it: TLS bootstrap stays at 5 minutes there.
      ...(hasTimeouts(input) ? {} : { timeout: joinPatience }),
    },
    nodeRegistration: nodeRegistration(input, { untaint: input.untaint && controlPlane }),
    ...(controlPlane
      ? { controlPlane: { localAPIEndpoint: { advertiseAddress: input.node.address, bindPort: apiServerPort } } }
      : {}),
    ...patchesFields(input),
    ...timeoutsField(input, { discovery: joinPatience, tlsBootstrap: joinPatience }),
  };
}

/** v1beta3 has only one of them, which is the API server's part of ClusterConfiguration. */
function hasTimeouts(input: KubeadmInput): boolean {
  return factsFor(input.kubernetes).kubeadmApi !== 'v1beta3';
}

function timeoutsField(input: KubeadmInput, own: Fields): Fields {
  return hasTimeouts(input) ? { timeouts: { ...startPatience, ...own, ...emulationTimeouts(input) } } : {};
}

/** Flags for emulated processors alone. */
function slow(input: KubeadmInput, flags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return input.host.emulated === true ? flags : {};
}
