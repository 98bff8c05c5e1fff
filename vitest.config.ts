import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** A folder for reports that a program can add up, beside what a person reads. */
const reports = process.env['KUBELAB_TEST_REPORTS'];

export default defineConfig({
  test: {
    reporters: reports === undefined ? ['default'] : ['verbose', ['json', { outputFile: join(reports, `vitest-${process.pid}.json`) }]],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/vm/**', 'test/bench/**'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          // Real clusters: each file takes the host for itself, and minutes.
          fileParallelism: false,
          testTimeout: 30 * 60_000,
          hookTimeout: 30 * 60_000,
        },
      },
      {
        test: {
          name: 'vm',
          include: ['test/vm/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 60 * 60_000,
          hookTimeout: 60 * 60_000,
        },
      },
    ],
  },
});
