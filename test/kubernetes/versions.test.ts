import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KubelabError } from '../../src/errors/errors.ts';
import { minorRows } from '../../src/kubernetes/version-table.ts';
import {
  compareVersions,
  factsFor,
  knownMinors,
  kubeadmImages,
  minorOf,
  nearestVersions,
  newestMinor,
  parseVersionWish,
} from '../../src/kubernetes/versions.ts';

function errorOf(run: () => unknown): KubelabError {
  try {
    run();
  } catch (error) {
    if (error instanceof KubelabError) return error;
  }
  throw new Error('expected a KubelabError');
}

describe('the table', () => {
  test('has every minor from 1.24 on, once, in order', () => {
    expect(minorRows.map((row) => row.minor)).toEqual(Array.from({ length: minorRows.length }, (_, i) => 24 + i));
    expect(knownMinors().at(-1)).toBe(newestMinor);
  });

  test.each(minorRows)('the row of 1.$minor is well formed', (row) => {
    expect(row.released).toMatch(/^\d{4}-\d\d-\d\d$/);
    if (row.endOfLife !== undefined) expect(row.endOfLife > row.released).toBe(true);
    expect(row.pause).toMatch(/^3\.\d+(\.\d+)?$/);
    for (const tags of [row.etcd, row.coredns]) {
      expect(tags[0]?.patch).toBe(0);
      expect(tags.map((tag) => tag.patch)).toEqual(tags.map((tag) => tag.patch).toSorted((a, b) => a - b));
      expect(tags.every((tag) => tag.patch <= row.lastKnownPatch)).toBe(true);
    }
    for (const { tag } of row.etcd) expect(tag).toMatch(/^3\.[567]\.\d+-0$/);
    for (const { tag } of row.coredns) expect(tag).toMatch(/^v1\.\d+\.\d+$/);
    expect(row.containerd.length).toBeGreaterThan(0);
  });

  // From constants.go of kubeadm of exactly these versions.
  test.each([
    ['1.24.17', '3.7', '3.5.6-0', 'v1.8.6'],
    ['1.28.15', '3.9', '3.5.15-0', 'v1.10.1'],
    ['1.30.14', '3.9', '3.5.15-0', 'v1.11.3'],
    ['1.31.14', '3.10', '3.5.24-0', 'v1.11.3'],
    ['1.34.4', '3.10.1', '3.6.5-0', 'v1.12.1'],
    ['1.35.8', '3.10.1', '3.6.6-0', 'v1.13.1'],
    ['1.36.4', '3.10.2', '3.6.8-0', 'v1.14.2'],
    ['1.37.1', '3.10.2', '3.7.0-0', 'v1.14.6'],
  ])('%s has the images of its kubeadm', (version, pause, etcd, coredns) => {
    expect(factsFor(version)).toMatchObject({ pause, etcd, coredns });
  });
});

describe('factsFor', () => {
  test('changes at the patch where the row says so', () => {
    expect(factsFor('1.34.1').etcd).toBe('3.6.4-0');
    expect(factsFor('1.34.2').etcd).toBe('3.6.5-0');
    expect(factsFor('1.31.0').coredns).toBe('v1.11.1');
    expect(factsFor('1.31.1').coredns).toBe('v1.11.3');
  });

  test('a patch newer than the last one known has its facts', () => {
    expect(factsFor('1.36.99')).toMatchObject({ etcd: factsFor('1.36.4').etcd, lastKnownPatch: 4 });
  });

  test.each([
    [
      '1.24.17',
      { kubeadmApi: 'v1beta3', patchesKubeletConfiguration: false, containerRuntimeEndpointField: false, kubeletSkew: 2 },
    ],
    ['1.29.15', { kubeadmApi: 'v1beta3', bridgePreflight: true, crictlRequired: true }],
    [
      '1.30.14',
      {
        kubeadmApi: 'v1beta3',
        bridgePreflight: false,
        crictlRequired: true,
        failCgroupV1Field: false,
        readinessProbes: ['kube-apiserver'],
      },
    ],
    [
      '1.31.14',
      { kubeadmApi: 'v1beta4', crictlRequired: false, failCgroupV1Field: true, readinessProbes: ['kube-apiserver', 'etcd'] },
    ],
    ['1.34.4', { cgroupV1: 'ok', crashLoopBackOffField: false, podInfraContainerImageFlag: true }],
    ['1.35.0', { cgroupV1: 'failsUnlessAllowed', crashLoopBackOffField: true, podInfraContainerImageFlag: false }],
    ['1.37.1', { kubeadmApi: 'v1beta4', kubeletSkew: 3, readinessProbes: ['kube-apiserver', 'etcd', 'kube-scheduler'] }],
  ])('%s', (version, facts) => {
    expect(factsFor(version)).toMatchObject(facts);
  });

  test('a minor newer than the table names the newest known', () => {
    const error = errorOf(() => factsFor('1.38.0'));
    expect(error.code).toBe('KL-VERSION-UNKNOWN');
    expect(error.message).toContain(newestMinor);
  });

  test('a minor older than the table names the oldest', () => {
    expect(errorOf(() => factsFor('1.23.17')).message).toContain('1.24');
  });
});

describe('reading versions', () => {
  test('an exact version and a minor, with or without a v', () => {
    expect(parseVersionWish('1.36')).toEqual({ kind: 'minor', minor: '1.36' });
    expect(parseVersionWish('v1.36.4')).toEqual({ kind: 'exact', minor: '1.36', version: '1.36.4' });
  });

  test('1.3 is what YAML makes of 1.30', () => {
    expect(errorOf(() => parseVersionWish('1.3')).cure).toContain('"1.30"');
  });

  test.each(['', 'latest', '1', '2.0', '1.36.4.1', '1.36.x', '1.36.04', '1.36-rc.1', '1.36.4-rc.1', '-1.36', '1.036'])(
    '%j is refused',
    (wish) => {
      expect(errorOf(() => parseVersionWish(wish)).code).toBe('KL-VERSION-UNKNOWN');
    },
  );

  test('never anything but a wish or a KubelabError', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseVersionWish(text);
        } catch (error) {
          expect(error).toBeInstanceOf(KubelabError);
        }
      }),
    );
  });

  test('minorOf takes exact versions only', () => {
    expect(minorOf('1.36.4')).toBe('1.36');
    expect(errorOf(() => minorOf('1.36')).code).toBe('KL-VERSION-UNKNOWN');
  });

  test('compareVersions counts in numbers', () => {
    expect(['1.36.10', '1.24.17', '1.36.9', '1.9.0'].toSorted(compareVersions)).toEqual([
      '1.9.0',
      '1.24.17',
      '1.36.9',
      '1.36.10',
    ]);
  });
});

describe('nearestVersions', () => {
  const offered = ['1.24.17', '1.34.4', '1.35.0', '1.35.4', '1.35.8', '1.36.4', '1.37.0', '1.37.1'];

  test('the same minor first, the closest patch first', () => {
    expect(nearestVersions('1.35.5', offered, 3)).toEqual(['1.35.4', '1.35.8', '1.35.0']);
  });

  test('then the minors beside it, their newest patch first', () => {
    expect(nearestVersions('1.36.5', offered, 4)).toEqual(['1.36.4', '1.37.1', '1.37.0', '1.35.8']);
  });

  test('a minor wants its newest patch', () => {
    expect(nearestVersions('1.35', offered, 1)).toEqual(['1.35.8']);
  });

  test('something unreadable gets the newest, and few offered are few', () => {
    expect(nearestVersions('latest', offered, 1)).toEqual(['1.37.1']);
    expect(nearestVersions('1.36', [], 3)).toEqual([]);
  });
});

test('kubeadmImages names what `kubeadm config images list` of 1.36.4 names', () => {
  expect(kubeadmImages('1.36.4')).toEqual([
    'registry.k8s.io/kube-apiserver:v1.36.4',
    'registry.k8s.io/kube-controller-manager:v1.36.4',
    'registry.k8s.io/kube-scheduler:v1.36.4',
    'registry.k8s.io/kube-proxy:v1.36.4',
    'registry.k8s.io/coredns/coredns:v1.14.2',
    'registry.k8s.io/pause:3.10.2',
    'registry.k8s.io/etcd:3.6.8-0',
  ]);
  expect(kubeadmImages('1.36.4', 'kubelab.local')[4]).toBe('kubelab.local/coredns:v1.14.2');
});
