import type { Attempt } from '../../../src/labs/attempt/attempt.ts';

/** An attempt at its first step, of which nothing has been looked at. */
export const sampleAttempt: Attempt = {
  apiVersion: 'kubelab/v1',
  cluster: 'study-1a2b3c',
  made: '2026-01-01T00:00:00.000Z',
  lab: 'emptydir',
  version: '1.0.0',
  folder: '/labs/emptydir',
  mode: 'guided',
  language: 'ko',
  startedAt: '2026-01-02T03:04:05.000Z',
  step: 'share',
  ready: true,
  vars: { TOKEN: 'abc' },
  answers: {},
  latched: {},
  steps: {},
};
