import type { EventSink } from '../events.ts';
import type { Runner } from '../exec/runner.ts';

export type SourceKind = 'go' | 'upstream' | 'bundle';

/** What a cluster wants from a source: enough to decide on every artifact. */
export interface Want {
  /** Exact, without the `v`: `1.36.4`. */
  readonly kubernetes: string;
  /** containerd's version, or `default` for the one that the source pairs with this Kubernetes. */
  readonly containerd: string;
  readonly architecture: 'amd64' | 'arm64';
  readonly plugin: 'flannel' | 'none';
  readonly addons: readonly string[];
  readonly install: 'binaries' | 'packages';
}

/**
 * One thing that goes into a node image.
 * `path` is where it lies in the artifacts folder that provision/ reads:
 * - `bin/NAME` kubeadm, kubelet, kubectl, crictl: to /usr/local/bin
 * - `runtime/NAME` containerd, ctr, containerd-shim-runc-v2, runc: to /usr/local/bin
 * - `cni/NAME` CNI plugins: to /opt/cni/bin
 * - `packages/NAME.deb` packages to install
 * - `images/NAME.tar` OCI or docker archives to import
 */
export interface Artifact {
  readonly path: string;
  readonly version: string;
  /** Where it comes from: a URL, or `go:MODULE/PACKAGE@VERSION`. */
  readonly from: string;
  /** `sha256:...`; absent only for what is built and was not built yet. */
  readonly digest?: string;
  readonly bytes?: number;
  /** The reference that nodes know the image by; for images only. */
  readonly image?: string;
}

/** The exact list that a plan resolved to; what `kubelab.lock` holds. */
export interface Lock {
  readonly apiVersion: 'kubelab/v1';
  readonly source: SourceKind;
  /** With source `bundle`: the source that the artifacts in the bundle came from. */
  readonly origin?: Exclude<SourceKind, 'bundle'>;
  readonly kubernetes: string;
  readonly containerd: string;
  readonly architecture: 'amd64' | 'arm64';
  /** The version of each component that manifests and configuration need: etcd, coredns, pause, flannel, metrics-server, local-path. */
  readonly components: Readonly<Record<string, string>>;
  /** The image that plays each role, such as `pause`, `coredns`, `toolbox`. */
  readonly images: Readonly<Record<string, string>>;
  readonly artifacts: readonly Artifact[];
}

/** Whether all that a lock names was obtained: only then does every artifact have a digest. */
export function isObtained({ artifacts }: Pick<Lock, 'artifacts'>): boolean {
  return artifacts.every(({ digest }) => digest !== undefined);
}

export interface SourceContext {
  readonly runner: Runner;
  readonly signal: AbortSignal;
  readonly events: EventSink;
  /** The user cache folder: everything that a source keeps lies under it. */
  readonly cache: string;
}

/** Where artifacts come from. */
export interface Source {
  readonly kind: SourceKind;
  /**
   * The exact patches that can be had, oldest first; of one minor (`1.36`) or of all.
   */
  versions(minor: string | undefined): Promise<readonly string[]>;
  /** Decides on every artifact without fetching or building any. @throws KubelabError `KL-VERSION-UNKNOWN` */
  resolve(want: Want): Promise<Lock>;
  /**
   * The references of the images that play roles in labs, beside the cluster of a lock: for those of the roles that this
   * source has an image for. Asks no network.
   */
  roleImages(lock: Lock, roles: readonly string[]): Promise<Readonly<Record<string, string>>>;
  /**
   * Decides on the images that play roles in labs, without fetching or building any.
   * @returns a lock whose `images` are `roleImages`, and which holds only artifacts that the cluster's own has not.
   */
  resolveRoles(lock: Lock, roles: readonly string[]): Promise<Lock>;
  /** Artifacts of the lock that are not in the cache yet. */
  missing(lock: Lock): Promise<readonly Artifact[]>;
  /** Fetches or builds what is missing and returns the lock with every digest and size filled in. */
  obtain(lock: Lock): Promise<Lock>;
  /** The file in the cache that holds an artifact. */
  file(artifact: Artifact): string;
}
