/**
 * What is built from Go modules, as data. One group is one module of ours that requires the published ones; its
 * programs are built one after the other from the same dependency list.
 */
export interface ProgramGroup {
  readonly name: string;
  /** The published module whose version the group carries. */
  readonly module: string;
  readonly programs: readonly Program[];
  /** `static`: with cgo, linked statically against the C library of the host. */
  readonly cgo: 'none' | 'static';
  readonly tags: readonly string[];
  /** Staging modules must be replaced one by one: Kubernetes requires them at v0.0.0. */
  readonly staged?: boolean;
  /** For programs that are published nowhere, or not so that they can be built as they are. */
  readonly own?: OwnModule;
}

/** A module of kubelab's own, with its go.mod and go.sum: every version and every digest is decided there. */
export interface OwnModule {
  /** Beside this file. */
  readonly folder: string;
  /** `keyOfOwnModule` of the folder, so that a changed program is built anew and gets another name. */
  readonly key: string;
  /** What else it makes programs from, as `MODULE@VERSION`. */
  readonly also: readonly string[];
}

export interface Program {
  /** The file name that nodes and images know it by. */
  readonly name: string;
  readonly package: string;
  /** Seconds on 2 cores with nothing cached: the forecast until this host has timings of its own. */
  readonly seconds: number;
}

const kubernetes = (name: string, seconds: number): Program => ({ name, package: `k8s.io/kubernetes/cmd/${name}`, seconds });

/** Longest first: that is the order in which they are built. */
export const programGroups = {
  kubernetes: {
    name: 'kubernetes',
    module: 'k8s.io/kubernetes',
    cgo: 'none',
    tags: [],
    staged: true,
    programs: [
      kubernetes('kubeadm', 126),
      kubernetes('kubelet', 104),
      kubernetes('kube-apiserver', 67),
      kubernetes('kube-controller-manager', 39),
      kubernetes('kubectl', 24),
      kubernetes('kube-proxy', 9),
      kubernetes('kube-scheduler', 4),
    ],
  },
  'metrics-server': {
    name: 'metrics-server',
    module: 'sigs.k8s.io/metrics-server',
    cgo: 'none',
    tags: [],
    programs: [{ name: 'metrics-server', package: 'sigs.k8s.io/metrics-server/cmd/metrics-server', seconds: 143 }],
  },
  coredns: {
    name: 'coredns',
    module: 'github.com/coredns/coredns',
    cgo: 'none',
    tags: [],
    programs: [{ name: 'coredns', package: 'github.com/coredns/coredns', seconds: 137 }],
  },
  flannel: {
    name: 'flannel',
    module: 'github.com/flannel-io/flannel',
    cgo: 'static',
    tags: [],
    programs: [{ name: 'flanneld', package: 'github.com/flannel-io/flannel', seconds: 72 }],
  },
  containerd: {
    name: 'containerd',
    module: 'github.com/containerd/containerd/v2',
    cgo: 'none',
    tags: [],
    programs: [
      { name: 'containerd', package: 'github.com/containerd/containerd/v2/cmd/containerd', seconds: 64 },
      { name: 'ctr', package: 'github.com/containerd/containerd/v2/cmd/ctr', seconds: 4 },
      { name: 'containerd-shim-runc-v2', package: 'github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2', seconds: 2 },
    ],
  },
  'local-path': {
    name: 'local-path',
    module: 'github.com/rancher/local-path-provisioner',
    cgo: 'none',
    tags: [],
    programs: [{ name: 'local-path-provisioner', package: 'github.com/rancher/local-path-provisioner', seconds: 66 }],
  },
  database: {
    name: 'database',
    // Its own program takes its version from a file that the published module lacks, and ends at once without it.
    module: 'github.com/FerretDB/FerretDB',
    own: { folder: 'database', key: '5b5b7e65', also: ['github.com/mongodb/mongo-tools@v0.0.0-20250715155915-887641268977'] },
    cgo: 'none',
    tags: ['ferretdb_no_postgresql'],
    programs: [
      { name: 'database', package: 'kubelab.local/database', seconds: 45 },
      { name: 'mongoimport', package: 'github.com/mongodb/mongo-tools/mongoimport/main', seconds: 6 },
      { name: 'mongoexport', package: 'github.com/mongodb/mongo-tools/mongoexport/main', seconds: 1 },
    ],
  },
  'nfs-provisioner': {
    name: 'nfs-provisioner',
    module: 'sigs.k8s.io/sig-storage-lib-external-provisioner/v13',
    own: { folder: 'nfs-provisioner', key: '4e4fc18b', also: [] },
    cgo: 'none',
    tags: [],
    programs: [{ name: 'nfs-provisioner', package: 'kubelab.local/nfs-provisioner', seconds: 60 }],
  },
  etcd: {
    name: 'etcd',
    module: 'go.etcd.io/etcd/server/v3',
    cgo: 'none',
    tags: [],
    programs: [{ name: 'etcd', package: 'go.etcd.io/etcd/server/v3', seconds: 33 }],
  },
  etcdctl: {
    name: 'etcdctl',
    module: 'go.etcd.io/etcd/etcdctl/v3',
    cgo: 'none',
    tags: [],
    programs: [{ name: 'etcdctl', package: 'go.etcd.io/etcd/etcdctl/v3', seconds: 4 }],
  },
  etcdutl: {
    name: 'etcdutl',
    module: 'go.etcd.io/etcd/etcdutl/v3',
    cgo: 'none',
    tags: [],
    programs: [{ name: 'etcdutl', package: 'go.etcd.io/etcd/etcdutl/v3', seconds: 6 }],
  },
  runc: {
    name: 'runc',
    module: 'github.com/opencontainers/runc',
    // Without the seccomp tag every container that asks for a profile fails.
    cgo: 'static',
    tags: ['seccomp', 'netgo', 'osusergo'],
    programs: [{ name: 'runc', package: 'github.com/opencontainers/runc', seconds: 17 }],
  },
  cni: {
    name: 'cni',
    module: 'github.com/containernetworking/plugins',
    cgo: 'none',
    tags: [],
    programs: [
      { name: 'bridge', package: 'github.com/containernetworking/plugins/plugins/main/bridge', seconds: 5 },
      { name: 'loopback', package: 'github.com/containernetworking/plugins/plugins/main/loopback', seconds: 1 },
      { name: 'host-local', package: 'github.com/containernetworking/plugins/plugins/ipam/host-local', seconds: 1 },
      { name: 'portmap', package: 'github.com/containernetworking/plugins/plugins/meta/portmap', seconds: 1 },
    ],
  },
  'cni-flannel': {
    name: 'cni-flannel',
    module: 'github.com/containernetworking/plugins',
    cgo: 'none',
    tags: [],
    programs: [{ name: 'flannel', package: 'github.com/containernetworking/plugins/plugins/meta/flannel', seconds: 3 }],
  },
} as const satisfies Record<string, ProgramGroup>;

export type GroupName = keyof typeof programGroups;

/** A group with the version that one lock asks for. */
export interface PinnedGroup {
  readonly group: ProgramGroup;
  /** With the leading `v`. */
  readonly version: string;
}
