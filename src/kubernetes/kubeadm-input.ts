/** What the nodes run on, as far as Kubernetes has to know. */
export interface HostTraits {
  readonly cgroupVersion: 1 | 2;
  /** Nodes share the kernel of the host: not all of /proc and /sys is theirs to write. */
  readonly sharedKernel: boolean;
  /** Swap is on. */
  readonly swap: boolean;
  /** Processors are emulated: everything takes about ten times as long. */
  readonly emulated?: boolean;
}

export interface ExtraVolume {
  readonly name: string;
  readonly hostPath: string;
  readonly mountPath: string;
  readonly readOnly?: boolean;
  readonly pathType?: string;
}

/** What the user adds to the configuration that kubelab writes. */
export interface KubeadmAdditions {
  readonly certSANs: readonly string[];
  /** `apiServer`, `controllerManager`, `scheduler`, `etcd` or `kubelet` to flag to value, flags without dashes. */
  readonly extraArgs: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** `apiServer`, `controllerManager` or `scheduler` to volumes. */
  readonly extraVolumes: Readonly<Record<string, readonly ExtraVolume[]>>;
  /** kubeadm's own gates. */
  readonly featureGates: Readonly<Record<string, boolean>>;
  /** Fields for KubeletConfiguration and KubeProxyConfiguration, laid over those that kubelab writes. */
  readonly kubelet: Readonly<Record<string, unknown>>;
  readonly kubeProxy: Readonly<Record<string, unknown>>;
}

export interface NodeIdentity {
  readonly name: string;
  /** IPv4 address on the cluster's private network. */
  readonly address: string;
}

export type EncryptionAlgorithm = 'RSA-2048' | 'ECDSA-P256';

/** What all machines of a cluster that kubeadm configures have in common. */
export interface SharedInput {
  /** Exact, without the `v`. */
  readonly kubernetes: string;
  readonly clusterName: string;
  /** With the scheme: `unix:///run/containerd/containerd.sock`. */
  readonly criSocket: string;
  /** Where images are named when not registry.k8s.io. Their tags stay kubeadm's own. */
  readonly imageRepository?: string;
  readonly encryptionAlgorithm: EncryptionAlgorithm;
  readonly host: HostTraits;
  readonly user: KubeadmAdditions;
  /** A folder on the node with kubeadm patches. */
  readonly patchesDirectory?: string;
}

export interface KubeadmInput extends SharedInput {
  /** `init` on the first control plane, `join` on every other node. */
  readonly act: 'init' | 'join';
  readonly node: NodeIdentity & { readonly role: 'control-plane' | 'worker' };
  readonly endpoint: { readonly address: string; readonly port: number };
  /** Of all control planes, this one included. */
  readonly controlPlaneAddresses: readonly string[];
  readonly token: string;
  /** For `join`: where the node has the kubeconfig without a user that names the API server and its authority. */
  readonly discoveryFile: string;
  /** CIDR of pods and of services. */
  readonly pods: string;
  readonly services: string;
  /** `endpoints` such as `https://10.0.0.5:2379`. */
  readonly etcd: { readonly kind: 'stacked' } | { readonly kind: 'external'; readonly endpoints: readonly string[] };
  /** Lets ordinary pods run on control planes: for a cluster without workers. */
  readonly untaint: boolean;
  readonly tuning: {
    /** Whether the controller manager and the scheduler elect a leader; may be false only with one control plane. */
    readonly leaderElect: boolean;
  };
}

export interface EtcdNodeInput extends SharedInput {
  readonly node: NodeIdentity;
  /** All etcd machines, this one included, in an order that is the same on each. */
  readonly members: readonly NodeIdentity[];
}
