/** The patches of a minor from `patch` on carry this tag, until the next row. */
export interface FromPatch {
  readonly patch: number;
  readonly tag: string;
}

/** What is known of one minor. A new minor is a new row here and a test. */
export interface MinorRow {
  readonly minor: number;
  /** ISO dates. `endOfLife` is absent where it is not announced. */
  readonly released: string;
  readonly endOfLife?: string;
  /** The newest patch known when the row was written; the source says what can really be had. */
  readonly lastKnownPatch: number;
  readonly pause: string;
  readonly etcd: readonly FromPatch[];
  readonly coredns: readonly FromPatch[];
  /** The lowest tested patch of each containerd branch, newest branch first. */
  readonly containerd: readonly string[];
}

const same = (tag: string): readonly FromPatch[] => [{ patch: 0, tag }];
const etcd = (...rows: readonly (readonly [number, string])[]): readonly FromPatch[] =>
  rows.map(([patch, version]) => ({ patch, tag: `${version}-0` }));

/**
 * Minors that kubelab knows, oldest first.
 *
 * Sources: dates from endoflife.date; image tags from minikube's constants_kubeadm_images.go and, for 1.24.17, 1.28.15,
 * 1.30.14, 1.31.14, 1.34.4, 1.35.8, 1.36.4 and 1.37.1, from `SupportedEtcdVersion`, `CoreDNSVersion` and `PauseVersion` in
 * kubeadm's own constants.go; containerd from its RELEASES.md. containerd lists nothing for 1.37: the row repeats 1.36.
 */
export const minorRows: readonly MinorRow[] = [
  {
    minor: 24,
    released: '2022-05-03',
    endOfLife: '2023-07-28',
    lastKnownPatch: 17,
    pause: '3.7',
    etcd: etcd([0, '3.5.3'], [8, '3.5.5'], [9, '3.5.6']),
    coredns: same('v1.8.6'),
    containerd: ['1.7.0', '1.6.4'],
  },
  {
    minor: 25,
    released: '2022-08-23',
    endOfLife: '2023-10-27',
    lastKnownPatch: 16,
    pause: '3.8',
    etcd: etcd([0, '3.5.4'], [4, '3.5.5'], [5, '3.5.6'], [15, '3.5.9']),
    coredns: same('v1.9.3'),
    containerd: ['1.7.0', '1.6.4'],
  },
  {
    minor: 26,
    released: '2022-12-08',
    endOfLife: '2024-02-28',
    lastKnownPatch: 15,
    pause: '3.9',
    etcd: etcd([0, '3.5.6'], [10, '3.5.9'], [13, '3.5.10']),
    coredns: same('v1.9.3'),
    containerd: ['1.7.0', '1.6.15'],
  },
  {
    minor: 27,
    released: '2023-04-11',
    endOfLife: '2024-06-28',
    lastKnownPatch: 16,
    pause: '3.9',
    etcd: etcd([0, '3.5.7'], [7, '3.5.9'], [10, '3.5.10'], [12, '3.5.12']),
    coredns: same('v1.10.1'),
    containerd: ['1.7.0', '1.6.15'],
  },
  {
    minor: 28,
    released: '2023-08-15',
    endOfLife: '2024-10-28',
    lastKnownPatch: 15,
    pause: '3.9',
    etcd: etcd([0, '3.5.9'], [6, '3.5.10'], [8, '3.5.12'], [14, '3.5.15']),
    coredns: same('v1.10.1'),
    containerd: ['1.7.0', '1.6.15'],
  },
  {
    minor: 29,
    released: '2023-12-13',
    endOfLife: '2025-02-28',
    lastKnownPatch: 15,
    pause: '3.9',
    etcd: etcd([0, '3.5.10'], [3, '3.5.12'], [9, '3.5.15'], [11, '3.5.16']),
    coredns: same('v1.11.1'),
    containerd: ['1.7.11', '1.6.27'],
  },
  {
    minor: 30,
    released: '2024-04-17',
    endOfLife: '2025-07-15',
    lastKnownPatch: 14,
    pause: '3.9',
    etcd: etcd([0, '3.5.12'], [5, '3.5.15']),
    coredns: [
      { patch: 0, tag: 'v1.11.1' },
      { patch: 5, tag: 'v1.11.3' },
    ],
    containerd: ['2.1.0', '2.0.0', '1.7.13', '1.6.28'],
  },
  {
    minor: 31,
    released: '2024-08-13',
    endOfLife: '2025-11-11',
    lastKnownPatch: 14,
    pause: '3.10',
    etcd: etcd([0, '3.5.15'], [14, '3.5.24']),
    coredns: [
      { patch: 0, tag: 'v1.11.1' },
      { patch: 1, tag: 'v1.11.3' },
    ],
    containerd: ['2.1.0', '2.0.0', '1.7.20', '1.6.34'],
  },
  {
    minor: 32,
    released: '2024-12-11',
    endOfLife: '2026-02-28',
    lastKnownPatch: 13,
    pause: '3.10',
    etcd: etcd([0, '3.5.16'], [10, '3.5.24']),
    coredns: same('v1.11.3'),
    containerd: ['2.1.0', '2.0.1', '1.7.24', '1.6.36'],
  },
  {
    minor: 33,
    released: '2025-04-23',
    endOfLife: '2026-06-28',
    lastKnownPatch: 13,
    pause: '3.10',
    etcd: etcd([0, '3.5.21'], [6, '3.5.24']),
    coredns: same('v1.12.0'),
    containerd: ['2.1.0', '2.0.4', '1.7.24', '1.6.36'],
  },
  {
    minor: 34,
    released: '2025-08-27',
    endOfLife: '2026-10-27',
    lastKnownPatch: 11,
    pause: '3.10.1',
    etcd: etcd([0, '3.6.4'], [2, '3.6.5']),
    coredns: same('v1.12.1'),
    containerd: ['2.1.3', '2.0.6', '1.7.28', '1.6.39'],
  },
  {
    minor: 35,
    released: '2025-12-17',
    endOfLife: '2027-02-28',
    lastKnownPatch: 8,
    pause: '3.10.1',
    etcd: etcd([0, '3.6.6']),
    coredns: same('v1.13.1'),
    containerd: ['2.2.0', '2.1.5', '1.7.28'],
  },
  {
    minor: 36,
    released: '2026-04-22',
    endOfLife: '2027-06-28',
    lastKnownPatch: 4,
    pause: '3.10.2',
    etcd: etcd([0, '3.6.8']),
    coredns: same('v1.14.2'),
    containerd: ['2.3.0', '2.2.0'],
  },
  {
    minor: 37,
    released: '2026-08-26',
    lastKnownPatch: 1,
    pause: '3.10.2',
    etcd: etcd([0, '3.7.0']),
    coredns: same('v1.14.6'),
    containerd: ['2.3.0', '2.2.0'],
  },
];
