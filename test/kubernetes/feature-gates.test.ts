import { expect, test } from 'vitest';
import { findFeatureGateProblems } from '../../src/kubernetes/feature-gates.ts';

test.each([
  ['1.30.14', { PublicKeysECDSA: true, EtcdLearnerMode: false, RootlessControlPlane: true }],
  ['1.33.13', { WaitForAllControlPlaneComponents: false }],
  ['1.34.4', { WaitForAllControlPlaneComponents: true }],
  ['1.37.1', {}],
])('%s takes %j', (version, gates) => {
  expect(findFeatureGateProblems(gates, version)).toEqual([]);
});

test.each([
  ['1.37.1', { PublicKeysECDSA: true }, 'dropped it in 1.37'],
  ['1.33.0', { EtcdLearnerMode: true }, 'dropped it in 1.33'],
  ['1.30.14', { NodeLocalCRISocket: true }, 'from 1.32'],
  ['1.34.4', { WaitForAllControlPlaneComponents: false }, 'on for good from 1.34'],
  ['1.36.4', { SidecarContainers: true }, 'no such feature gate; 1.36 knows'],
])('%s refuses %j', (version, gates, why) => {
  const problems = findFeatureGateProblems(gates, version);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(why);
});

test('all problems come at once', () => {
  expect(findFeatureGateProblems({ PublicKeysECDSA: true, Nope: true, RootlessControlPlane: true }, '1.37.1')).toHaveLength(2);
});
