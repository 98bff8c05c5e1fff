import { compareVersions, minorOf } from '../kubernetes/versions.ts';

/** The versions of what Kubernetes does not bring along itself, none with a `v`. */
export interface Pairing {
  readonly containerd: string;
  readonly runc: string;
  readonly cniPlugins: string;
  readonly crictl: string;
  readonly flannel: string;
  readonly flannelCniPlugin: string;
  readonly metricsServer: string;
  readonly localPath: string;
  /** The reference of the image with a shell and small tools. */
  readonly toolbox: string;
  /** The references of images that only labs use, by role. */
  readonly labs: Readonly<Record<string, string>>;
}

/** What goes with a minor, and every later one until the next row. */
interface PairingRow {
  readonly from: string;
  readonly containerd: string;
  readonly metricsServer: string;
}

/**
 * Oldest first. containerd: a branch that its RELEASES.md lists as tested with the minor, and that spoke the CRI of its
 * time. metrics-server: its compatibility matrix.
 */
const rows: readonly PairingRow[] = [
  { from: '1.24', containerd: '1.7.29', metricsServer: '0.6.4' },
  { from: '1.27', containerd: '1.7.29', metricsServer: '0.7.2' },
  { from: '1.31', containerd: '2.1.5', metricsServer: '0.8.1' },
  { from: '1.34', containerd: '2.1.5', metricsServer: '0.9.0' },
  { from: '1.35', containerd: '2.2.4', metricsServer: '0.9.0' },
];

/** Later crictl releases speak the same CRI version, so the newest one known serves every newer minor too. */
const newestCrictl = '1.35.0';

/** What goes with an exact Kubernetes version. @throws KubelabError `KL-VERSION-UNKNOWN` when it is not an exact version. */
export function pairingFor(kubernetes: string): Pairing {
  const first = `${minorOf(kubernetes)}.0`;
  const row = rows.findLast((candidate) => compareVersions(`${candidate.from}.0`, first) <= 0) ?? rows[0];
  if (row === undefined) throw new Error('the table of pairings is empty');
  return {
    containerd: row.containerd,
    runc: '1.3.4',
    cniPlugins: '1.9.1',
    crictl: compareVersions(first, newestCrictl) > 0 ? newestCrictl : first,
    flannel: '0.28.9',
    flannelCniPlugin: '1.9.1-flannel3',
    metricsServer: row.metricsServer,
    localPath: '0.0.37',
    toolbox: 'docker.io/library/busybox:1.37',
    labs: {
      database: 'docker.io/library/mongo:7.0',
      'nfs-provisioner': 'registry.k8s.io/sig-storage/nfs-subdir-external-provisioner:v4.0.2',
    },
  };
}
