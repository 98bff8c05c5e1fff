import type { PlainBox } from '../artifacts/plain-box.ts';
import type { Lock, SourceKind } from '../artifacts/source.ts';
import type { MachinePlan, ProviderName } from './provider.ts';

export interface NodePlan extends MachinePlan {
  /** Extra empty disks, in MiB each. */
  readonly disksMiB: readonly number[];
}

/** The spec made exact. Plain data: printing it as JSON loses nothing. */
export interface Plan {
  /** The cluster's name, from the spec. */
  readonly name: string;
  /** Exact, without the `v`. */
  readonly kubernetes: string;
  readonly provider: {
    readonly name: ProviderName;
    readonly why: string;
    /** Processors are emulated: everything takes about ten times as long. */
    readonly emulated?: boolean;
    /** Sentences on what is different from a virtual machine at full speed. */
    readonly differences: readonly string[];
  };
  readonly source: { readonly kind: SourceKind; readonly why: string; readonly bundle?: string };
  readonly install: 'binaries' | 'packages';
  readonly box: string;
  /** Of a box by URL: `sha256:` or `sha512:` and the digits. */
  readonly boxDigest?: string;
  /** Where no node image is made: what the machines are made from, each of which installs all on its own. */
  readonly plainBox?: PlainBox;
  /** The name of a box with a node image that was made in a machine of the plain box: machines come from it instead. */
  readonly nodeBox?: string;
  readonly runtime: { readonly name: 'containerd'; readonly version: string };
  readonly network: {
    /** CIDR of the nodes' private network, such as `10.83.7.0/24`. */
    readonly nodes: string;
    /** The host's own address on it. */
    readonly gateway: string;
    readonly pods: string;
    readonly services: string;
    readonly plugin: 'flannel' | 'none';
  };
  /** Where the API server is reached: the control plane itself, or the load balancer. */
  readonly endpoint: { readonly address: string; readonly port: number; readonly kind: 'direct' | 'haproxy' };
  readonly etcd: 'stacked' | 'external';
  /** In the order control planes, workers, etcd, load balancer, storage. The first one runs `kubeadm init`. */
  readonly nodes: readonly NodePlan[];
  readonly addons: readonly string[];
  readonly kubeadm: KubeadmSettings;
  readonly lock: Lock;
}

/** The `kubeadm` part of the spec: what the user adds to the configuration that kubelab writes. */
export interface KubeadmSettings {
  readonly certSANs: readonly string[];
  /** Component (apiServer, controllerManager, scheduler, etcd) to flag to value. */
  readonly extraArgs: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly extraVolumes: Readonly<
    Record<string, readonly { name: string; hostPath: string; mountPath: string; readOnly?: boolean; pathType?: string }[]>
  >;
  readonly featureGates: Readonly<Record<string, boolean>>;
  /** Fields for KubeletConfiguration and KubeProxyConfiguration, as they are. */
  readonly kubelet: Readonly<Record<string, unknown>>;
  readonly kubeProxy: Readonly<Record<string, unknown>>;
  /** A folder with kubeadm patches, relative to the spec. */
  readonly patches?: string;
}
