import { compareVersions, minorOf } from '../../kubernetes/versions.ts';

/**
 * Which published module version goes with a Kubernetes minor, where the Kubernetes version table does not say.
 * Each of them is one that the public module mirrors really serve; many releases are not among them.
 */
export interface GoPairing {
  readonly containerd: string;
  readonly runc: string;
  readonly cni: string;
  readonly cniFlannel: string;
  readonly flannel: string;
  readonly metricsServer: string;
  readonly localPath: string;
  readonly ferretdb: string;
  /** Of the library that makes a program a provisioner of volumes. */
  readonly provisionerLibrary: string;
}

const common = {
  containerd: '2.2.9',
  runc: '1.3.3',
  cni: '1.9.1',
  // The last release of the plugins that still has the flannel plugin; later ones moved it to a repository that is no module.
  cniFlannel: '0.9.1',
  flannel: '0.26.7',
  localPath: '0.0.30',
  // The last minor that keeps its data in files of its own; later ones need a PostgreSQL beside them.
  ferretdb: '1.24.2',
  provisionerLibrary: '13.0.0',
} as const;

/** From which minor on which metrics-server holds; newest first. https://github.com/kubernetes-sigs/metrics-server#compatibility-matrix */
const metricsServerRows = [
  { from: '1.34', version: '0.9.0' },
  { from: '1.24', version: '0.7.2' },
] as const;

export function goPairing(kubernetes: string): GoPairing {
  const minor = minorOf(kubernetes);
  const row =
    metricsServerRows.find((candidate) => compareVersions(`${minor}.0`, `${candidate.from}.0`) >= 0) ?? metricsServerRows[0];
  return { ...common, metricsServer: row.version };
}
