import { minorOf } from './versions.ts';

interface GateRow {
  readonly name: string;
  /** The first minor whose kubeadm knows the gate. */
  readonly since: number;
  /** The first minor that no longer knows it: kubeadm refuses a configuration that names it. */
  readonly removed?: number;
  /** The first minor where it is on for good. */
  readonly lockedOn?: number;
}

/**
 * The feature gates of kubeadm itself since 1.24.
 * Sources: `InitFeatureGates` in kubeadm's features.go for 1.24, 1.28, 1.30, 1.31, 1.34, 1.35, 1.36 and 1.37; the release
 * notes in between.
 */
const gateRows: readonly GateRow[] = [
  { name: 'ControlPlaneKubeletLocalMode', since: 31, lockedOn: 35, removed: 36 },
  { name: 'EtcdLearnerMode', since: 27, lockedOn: 32, removed: 33 },
  { name: 'NodeLocalCRISocket', since: 32, lockedOn: 36, removed: 37 },
  { name: 'PublicKeysECDSA', since: 19, removed: 37 },
  { name: 'RootlessControlPlane', since: 22 },
  { name: 'UnversionedKubeletConfigMap', since: 23, removed: 26 },
  { name: 'UpgradeAddonsBeforeControlPlane', since: 28, removed: 31 },
  { name: 'WaitForAllControlPlaneComponents', since: 30, lockedOn: 34, removed: 35 },
];

/**
 * One sentence per kubeadm feature gate that this version would refuse; empty when all are fine.
 * @param version exact, such as `1.36.4`.
 */
export function findFeatureGateProblems(gates: Readonly<Record<string, boolean>>, version: string): readonly string[] {
  const minor = Number(minorOf(version).slice(2));
  const known = gateRows.filter((row) => row.since <= minor && (row.removed === undefined || minor < row.removed));
  const names = known.map((row) => row.name).join(', ');
  return Object.entries(gates).flatMap(([name, on]) => {
    const row = gateRows.find((candidate) => candidate.name === name);
    if (!row) return [`${name}: kubeadm has no such feature gate; 1.${minor} knows ${names}`];
    if (minor < row.since) return [`${name}: kubeadm knows it from 1.${row.since}, this is 1.${minor}`];
    if (row.removed !== undefined && minor >= row.removed)
      return [`${name}: kubeadm dropped it in 1.${row.removed}, this is 1.${minor}`];
    if (row.lockedOn !== undefined && minor >= row.lockedOn && !on)
      return [`${name}: it is on for good from 1.${row.lockedOn} and can not be turned off`];
    return [];
  });
}
