import { expect } from 'vitest';
import type { LabTest } from '../../../src/labs/prove/test-lab.ts';
import { explainFailure } from './cluster.ts';
import type { Ended } from './kubelab-run.ts';

/** Demands that `lab test` of one lab found nothing wrong. */
export function proveTest(ended: Ended): void {
  const { tests } = (ended.data ?? { tests: [] }) as { tests: readonly LabTest[] };
  const failed = tests.flatMap(({ cases }) => cases).filter(({ passed }) => !passed);
  expect(failed.map(({ name, details }) => [name, ...details].join('\n  '))).toEqual([]);
  if (ended.exitCode !== 0) throw explainFailure(ended);
  expect(tests.length).toBe(1);
}
