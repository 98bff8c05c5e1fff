import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface InitialSpec {
  /** The cluster's name. */
  readonly name: string;
  /** Where the JSON Schema is: a path or a URL, for the first line, which editors read. */
  readonly schema: string;
  /** A minor or an exact patch. Default: the default of the format. */
  readonly kubernetes?: string;
}

/**
 * The kubelab.yaml that `kubelab init` writes: every field, what it means, and its default, which the more seldom ones
 * have commented out. Removing a `#` that no space follows always leaves a valid spec.
 */
export function renderInitialSpec({ name, schema, kubernetes = '1.36' }: InitialSpec): string {
  return `# yaml-language-server: $schema=${schemaReference(schema)}
# A Kubernetes cluster on machines of its own: kubelab up makes it. Everything but the name may be left out.
# What this version can not do yet, kubelab says when it reads the file.
${head(name, kubernetes)}
${machines}
${parts}
${kubeadm}`;
}

/** Editors take the reference up to the first space, and read a path with a space only as a URL. */
function schemaReference(schema: string): string {
  if (!/\s/.test(schema)) return schema;
  return isAbsolute(schema) ? pathToFileURL(schema).href : schema.replaceAll(/\s/g, encodeURIComponent);
}

function head(name: string, kubernetes: string): string {
  return `apiVersion: kubelab/v1
kind: Cluster

# Lower-case letters, digits and hyphens. The nodes are named after it.
name: ${name}

# A minor such as "1.36", resolved once and then kept in kubelab.lock, or an exact patch such as "1.36.4". 1.24 is the oldest.
# The quotes matter: without them 1.30 is read as 1.3.
kubernetes: "${kubernetes}"

# What runs the machines: auto, libvirt, virtualbox or nspawn. auto takes what works best on this host and says why.
#provider: auto

# Where programs and images come from. auto asks upstream, then takes what is at hand.
#   upstream             packages, programs and images as Kubernetes publishes them
#   go                   built from Go modules, for networks that reach no registry
#   {bundle: ./FILE}     a file made by kubelab bundle create; needs no network
#   {mirror: URL}        a kubelab that serves on the local network
#source: auto
`;
}

const machines = `controlPlane:
  # 1, or 3 or 5 for high availability.
  count: 1
  # At least 2, which kubeadm insists on.
  cpus: 2
  # Sizes are in MiB or GiB. At least 1700MiB, which kubeadm insists on.
  memory: 2GiB
  # How the API server is reached when there are several: auto, kube-vip or haproxy.
  #endpoint: auto

workers:
  # 0 to 100. With 0 the control plane runs the workload.
  count: 2
  cpus: 2
  # At least 512MiB.
  memory: 2GiB
  # Extra empty disks of each worker, such as [10GiB, 10GiB].
  #disks: []

# An NFS server outside the Kubernetes cluster: 0 or 1. With 0 the control plane exports when a lab asks for it.
storage:
  count: 0
  #cpus: 1
  #memory: 1GiB

# stacked (on the control plane), or {external: 3} for nodes of its own: 1, 3 or 5.
#etcd: stacked
`;

const parts = `# containerd, cri-o or docker; or with an exact version: {name: containerd, version: "2.3.7"}
#runtime: containerd

# How Kubernetes is installed: auto, packages or binaries. auto takes what the source has.
#install: auto

network:
  # auto finds a range that nothing on this host uses; or name one, such as 10.83.7.0/24.
  nodes: auto
  # Each node gets a /24 of it.
  pods: 10.244.0.0/16
  services: 10.96.0.0/12
  # flannel, calico or none. With none, nodes stay NotReady until you install one.
  plugin: flannel

# metrics-server, local-path, nfs-provisioner, prometheus, rook; or [] for none.
addons: [metrics-server]

# The operating system of the nodes: a known name, or a local folder or file such as ./my-box.tar.
#box: debian-12
`;

const kubeadm = `# What you add to the configuration that kubelab writes for kubeadm.
kubeadm:
  # Flags of apiServer, controllerManager, scheduler and etcd, such as {apiServer: {v: 4}}.
  extraArgs: {}
  # Paths of the node to mount into apiServer, controllerManager or scheduler, such as
  # {apiServer: [{name: audit, hostPath: /etc/audit, mountPath: /etc/audit, readOnly: true, pathType: Directory}]}.
  extraVolumes: {}
  # More names and addresses for the certificate of the API server, such as [api.example.com].
  certSANs: []
  # Fields of KubeletConfiguration, such as {maxPods: 50}.
  kubelet: {}
  # Fields of KubeProxyConfiguration, such as {mode: nftables}.
  kubeProxy: {}
  # Feature gates of kubeadm itself, such as {ControlPlaneKubeletLocalMode: true}.
  featureGates: {}
  # A folder with kubeadm patches, relative to this file. There is none by default.
  #patches: ./kubeadm-patches
`;

/** The spec of the quickstart: the smallest cluster that shows pods on more than one node. */
export function renderQuickstartSpec(): string {
  return `# A small cluster to begin with. kubelab init writes a file with every field explained.
name: quickstart
kubernetes: "1.36"
controlPlane: {count: 1, cpus: 2, memory: 2GiB}
workers: {count: 1, cpus: 2, memory: 2GiB}
addons: [metrics-server]
`;
}
