import { KubelabError } from '../errors/errors.ts';
import { type FromPatch, type MinorRow, minorRows } from './version-table.ts';

export interface Version {
  readonly major: 1;
  readonly minor: number;
  readonly patch: number;
}

/** What a person asked for: an exact patch, or a minor whose patch is still to be chosen. */
export type VersionWish =
  | { readonly kind: 'minor'; readonly minor: string }
  | { readonly kind: 'exact'; readonly minor: string; readonly version: string };

/** Everything that one exact version decides. */
export interface VersionFacts {
  readonly version: string;
  /** Such as `1.36`. */
  readonly minor: string;
  readonly released: string;
  readonly endOfLife: string | undefined;
  readonly lastKnownPatch: number;
  /** The kubeadm configuration API to write: v1beta4 is read from 1.31 on, and 1.37 reads nothing else. */
  readonly kubeadmApi: 'v1beta3' | 'v1beta4';
  /** Image tags, as kubeadm of this version names them. */
  readonly pause: string;
  readonly etcd: string;
  readonly coredns: string;
  /** The lowest tested patch of each containerd branch, newest branch first. */
  readonly containerd: readonly string[];
  /** From 1.35 kubelet refuses to start on cgroup v1 unless `failCgroupV1: false` (release notes 1.35 #134298). */
  readonly cgroupV1: 'ok' | 'failsUnlessAllowed';
  /** KubeletConfiguration knows `failCgroupV1` (from 1.31). */
  readonly failCgroupV1Field: boolean;
  /** KubeletConfiguration takes `crashLoopBackOff` without a feature gate (from 1.35, `KubeletCrashLoopBackOffMax`). */
  readonly crashLoopBackOffField: boolean;
  /** KubeletConfiguration knows `containerRuntimeEndpoint` (from 1.27); before it is a flag. */
  readonly containerRuntimeEndpointField: boolean;
  /** kubeadm takes patches for the target `kubeletconfiguration` (from 1.25). */
  readonly patchesKubeletConfiguration: boolean;
  /** kubeadm takes patches for the target `corednsdeployment` (documented from 1.32). */
  readonly patchesCoreDns: boolean;
  /**
   * The static pods that kubeadm gives a readiness probe: the API server, etcd from 1.31, the scheduler from 1.32
   * (`controlplane/manifests.go` and `etcd/local.go` of kubeadm 1.24 to 1.37).
   */
  readonly readinessProbes: readonly string[];
  /** kubelet knows `--pod-infra-container-image`; from 1.35 it fails when the flag is passed. */
  readonly podInfraContainerImageFlag: boolean;
  /** kubeadm runs `crictl` and fails without it (up to 1.30); later ones speak CRI themselves. */
  readonly crictlRequired: boolean;
  /** kubeadm's preflight reads /proc/sys/net/bridge (up to 1.29). */
  readonly bridgePreflight: boolean;
  /** How many minors a kubelet may be older than the API server (version skew policy). */
  readonly kubeletSkew: 2 | 3;
}

const newest = minorRows[minorRows.length - 1];
const oldest = minorRows[0];
const oldestMinor = `1.${oldest?.minor}`;

/** The newest minor that the table has, such as `1.37`. */
export const newestMinor = `1.${newest?.minor}`;

function versionError(what: string, cure?: string): KubelabError {
  return new KubelabError('KL-VERSION-UNKNOWN', what, cure === undefined ? {} : { cure });
}

/** Takes `1.36.4` apart. @throws KubelabError `KL-VERSION-UNKNOWN` when it is not an exact version. */
export function parseVersion(version: string): Version {
  const match = /^1\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/.exec(version);
  if (!match) throw versionError(`"${version}" is not an exact Kubernetes version`, 'Write it like 1.36.4.');
  return { major: 1, minor: Number(match[1]), patch: Number(match[2]) };
}

/** The minor of an exact version: `1.36` of `1.36.4`. @throws KubelabError `KL-VERSION-UNKNOWN` */
export function minorOf(version: string): string {
  return `1.${parseVersion(version).minor}`;
}

/** Negative when `a` is older than `b`. Both exact. @throws KubelabError `KL-VERSION-UNKNOWN` */
export function compareVersions(a: string, b: string): number {
  const left = parseVersion(a);
  const right = parseVersion(b);
  return left.minor - right.minor || left.patch - right.patch;
}

function rowOf(minor: number, asked: string): MinorRow {
  const row = minorRows.find((candidate) => candidate.minor === minor);
  if (row) return row;
  if (newest && minor > newest.minor)
    throw versionError(`Kubernetes ${asked} is newer than this kubelab knows: the newest minor known is ${newestMinor}`);
  throw versionError(
    `Kubernetes ${asked} is older than kubelab supports: the oldest minor is ${oldestMinor}`,
    // YAML reads an unquoted 1.30 as the number 1.3.
    minor < 10 ? `If you meant 1.${minor}0, put it in quotes: "1.${minor}0".` : undefined,
  );
}

/**
 * Reads what a person wrote: `1.36` or `1.36.4`, with or without a `v`.
 * @throws KubelabError `KL-VERSION-UNKNOWN` when it is neither, or the table has no such minor.
 */
export function parseVersionWish(wish: string): VersionWish {
  const text = wish.trim().replace(/^v/, '');
  const short = /^1\.(0|[1-9]\d{0,2})$/.exec(text);
  if (short) {
    rowOf(Number(short[1]), text);
    return { kind: 'minor', minor: text };
  }
  if (!/^1\.\d+\.\d+$/.test(text))
    throw versionError(`"${wish}" is not a Kubernetes version`, 'Write a minor like "1.36" or an exact patch like "1.36.4".');
  const version = parseVersion(text);
  rowOf(version.minor, text);
  return { kind: 'exact', minor: `1.${version.minor}`, version: text };
}

function tagAt(rows: readonly FromPatch[], patch: number): string {
  const row = rows.findLast((candidate) => candidate.patch <= patch);
  if (!row) throw new Error('a row of the version table does not begin at patch 0');
  return row.tag;
}

/**
 * All that is known of an exact version. A patch newer than the last one known has the facts of that one.
 * @throws KubelabError `KL-VERSION-UNKNOWN` for a minor that the table does not have.
 */
export function factsFor(version: string): VersionFacts {
  const { minor, patch } = parseVersion(version);
  const row = rowOf(minor, version);
  return {
    version,
    minor: `1.${minor}`,
    released: row.released,
    endOfLife: row.endOfLife,
    lastKnownPatch: row.lastKnownPatch,
    kubeadmApi: minor >= 31 ? 'v1beta4' : 'v1beta3',
    pause: row.pause,
    etcd: tagAt(row.etcd, patch),
    coredns: tagAt(row.coredns, patch),
    containerd: row.containerd,
    cgroupV1: minor >= 35 ? 'failsUnlessAllowed' : 'ok',
    failCgroupV1Field: minor >= 31,
    crashLoopBackOffField: minor >= 35,
    containerRuntimeEndpointField: minor >= 27,
    patchesKubeletConfiguration: minor >= 25,
    patchesCoreDns: minor >= 32,
    readinessProbes: ['kube-apiserver', ...(minor >= 31 ? ['etcd'] : []), ...(minor >= 32 ? ['kube-scheduler'] : [])],
    podInfraContainerImageFlag: minor <= 34,
    crictlRequired: minor <= 30,
    bridgePreflight: minor <= 29,
    kubeletSkew: minor >= 28 ? 3 : 2,
  };
}

/** The minors of the table, oldest first, such as `1.24`. */
export function knownMinors(): readonly string[] {
  return minorRows.map((row) => `1.${row.minor}`);
}

/**
 * The references that kubeadm of this version runs, in the order of `kubeadm config images list`.
 * With another repository CoreDNS loses its inner folder, as kubeadm does it (kubeadm images.go, GetDNSImage).
 */
export function kubeadmImages(version: string, repository = 'registry.k8s.io'): readonly string[] {
  const facts = factsFor(version);
  const coredns = repository === 'registry.k8s.io' ? 'coredns/coredns' : 'coredns';
  return [
    ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'].map(
      (name) => `${repository}/${name}:v${version}`,
    ),
    `${repository}/${coredns}:${facts.coredns}`,
    `${repository}/pause:${facts.pause}`,
    `${repository}/etcd:${facts.etcd}`,
  ];
}

/**
 * The offered versions that come closest to what was wanted, closest first: same minor before any other, newer before
 * older at the same distance. `wanted` is an exact version or a minor; a minor wants its newest patch.
 */
export function nearestVersions(wanted: string, offered: readonly string[], count: number): readonly string[] {
  const wish = /^1\.(\d+)(?:\.(\d+))?$/.exec(wanted.replace(/^v/, ''));
  if (!wish) return [...offered].sort((a, b) => compareVersions(b, a)).slice(0, count);
  const minor = Number(wish[1]);
  const patch = wish[2] === undefined ? Number.POSITIVE_INFINITY : Number(wish[2]);
  const key = (version: string): readonly number[] => {
    const parsed = parseVersion(version);
    // In another minor the asked patch means nothing: its newest patches come first.
    const counts = parsed.minor === minor && patch !== Number.POSITIVE_INFINITY;
    return [Math.abs(parsed.minor - minor), -parsed.minor, counts ? Math.abs(parsed.patch - patch) : 0, -parsed.patch];
  };
  return [...offered]
    .sort((a, b) => {
      const right = key(b);
      return key(a).reduce((order, part, i) => order || part - (right[i] ?? 0), 0);
    })
    .slice(0, count);
}
