import { kubeletFields } from './component-config.ts';
import { type Fields, renderDocuments } from './documents.ts';
import type { EtcdNodeInput } from './kubeadm-input.ts';
import {
  argumentsField,
  checkAdditions,
  kubeadmHeader,
  keyAlgorithmFields,
  nodeRegistration,
  patchesFields,
} from './kubeadm-parts.ts';
import { factsFor } from './versions.ts';

/** What a machine that runs only etcd needs. */
export interface EtcdNodeConfig {
  /** For `kubeadm init phase certs etcd-server`, `etcd-peer`, `etcd-healthcheck-client`, and `kubeadm init phase etcd local`. */
  readonly kubeadm: string;
  /** The KubeletConfiguration of a kubelet without an API server. */
  readonly kubelet: string;
  /** Flags that this kubelet needs besides `--config`. */
  readonly kubeletFlags: readonly string[];
}

/**
 * The configuration of one etcd machine, the way of kubernetes.io's "Set up a High Availability etcd Cluster with kubeadm".
 * Its client and peer addresses are those that kubeadm derives from the node's name and address.
 * @throws KubelabError `KL-SPEC-INVALID` when the user's additions can't be written for this version.
 */
export function renderEtcdNodeConfig(input: EtcdNodeInput): EtcdNodeConfig {
  checkAdditions(input.user, input.kubernetes);
  if (!input.members.some((member) => member.name === input.node.name))
    throw new Error(`${input.node.name} is not among the etcd members`);
  const { containerRuntimeEndpointField } = factsFor(input.kubernetes);
  return {
    kubeadm: renderDocuments([initConfiguration(input), clusterConfiguration(input)]),
    kubelet: renderDocuments([standaloneKubelet(input)]),
    kubeletFlags: containerRuntimeEndpointField ? [] : [`--container-runtime-endpoint=${input.criSocket}`],
  };
}

function initConfiguration(input: EtcdNodeInput): Fields {
  return {
    ...kubeadmHeader(input, 'InitConfiguration'),
    localAPIEndpoint: { advertiseAddress: input.node.address },
    nodeRegistration: nodeRegistration(input, { untaint: false }),
    ...patchesFields(input),
  };
}

function clusterConfiguration(input: EtcdNodeInput): Fields {
  const flags = {
    'initial-cluster': input.members.map((member) => `${member.name}=https://${member.address}:2380`).join(','),
    'initial-cluster-state': 'new',
    ...input.user.extraArgs['etcd'],
  };
  return {
    ...kubeadmHeader(input, 'ClusterConfiguration'),
    clusterName: input.clusterName,
    kubernetesVersion: `v${input.kubernetes}`,
    ...(input.imageRepository === undefined ? {} : { imageRepository: input.imageRepository }),
    ...keyAlgorithmFields(input),
    etcd: {
      local: {
        dataDir: '/var/lib/etcd',
        serverCertSANs: [input.node.address],
        peerCertSANs: [input.node.address],
        extraArgs: argumentsField(factsFor(input.kubernetes), flags),
      },
    },
  };
}

function standaloneKubelet(input: EtcdNodeInput): Fields {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    // There is no API server to ask who may do what, so nothing but this machine may ask at all.
    address: '127.0.0.1',
    authentication: { anonymous: { enabled: false }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    ...kubeletFields(input),
    ...(factsFor(input.kubernetes).containerRuntimeEndpointField ? { containerRuntimeEndpoint: input.criSocket } : {}),
    staticPodPath: '/etc/kubernetes/manifests',
  };
}
