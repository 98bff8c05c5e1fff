import type { EtcdNodeInput, KubeadmAdditions, KubeadmInput } from '../../src/kubernetes/kubeadm-input.ts';

export const noAdditions: KubeadmAdditions = {
  certSANs: [],
  extraArgs: {},
  extraVolumes: {},
  featureGates: {},
  kubelet: {},
  kubeProxy: {},
};

/** The first control plane of a cluster with workers, on VMs. */
export function makeInput(kubernetes: string, over: Partial<KubeadmInput> = {}): KubeadmInput {
  return {
    act: 'init',
    kubernetes,
    clusterName: 'study',
    node: { name: 'cp1', address: '10.83.7.11', role: 'control-plane' },
    endpoint: { address: '10.83.7.11', port: 6443 },
    controlPlaneAddresses: ['10.83.7.11'],
    token: 'abcdef.0123456789abcdef',
    discoveryFile: '/opt/kubelab/node/discovery.conf',
    pods: '10.244.0.0/16',
    services: '10.96.0.0/12',
    etcd: { kind: 'stacked' },
    criSocket: 'unix:///run/containerd/containerd.sock',
    encryptionAlgorithm: 'ECDSA-P256',
    host: { cgroupVersion: 2, sharedKernel: false, swap: false },
    untaint: false,
    tuning: { leaderElect: false },
    user: noAdditions,
    ...over,
  };
}

export function makeEtcdInput(kubernetes: string, over: Partial<EtcdNodeInput> = {}): EtcdNodeInput {
  const members = [1, 2, 3].map((i) => ({ name: `etcd${i}`, address: `10.83.7.3${i}` }));
  return { ...makeInput(kubernetes), node: { name: 'etcd1', address: '10.83.7.31' }, members, ...over };
}
