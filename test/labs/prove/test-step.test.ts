import { expect, it } from 'vitest';
import type { CheckStatus } from '../../../src/labs/check/check-result.ts';
import { check } from '../../../src/labs/lab-check.ts';
import { judgeWrong } from '../../../src/labs/prove/test-step.ts';

const message = { en: 'Not yet.', ko: '아직입니다.' };
const checks = [
  check.parse({ id: 'made', object: { kind: 'Pod', name: 'web' }, message }),
  check.parse({ id: 'ready', needs: ['made'], object: { kind: 'Pod', name: 'web' }, message }),
  check.parse({ id: 'served', needs: ['ready'], http: { service: 'web', port: 80 }, message }),
];

it.each([
  ['refuses it itself', ['pass', 'pass', 'notYet'], true],
  ['finds something broken', ['pass', 'pass', 'spoiled'], true],
  ['passes', ['pass', 'pass', 'pass'], false],
  ['broke', ['pass', 'pass', 'error'], false],
  ['makes no sense there', ['pass', 'pass', 'notApplicable'], false],
  ['waits for one that refuses it', ['pass', 'notYet', 'blocked'], true],
  ['waits for one that waits for one that refuses it', ['notYet', 'blocked', 'blocked'], true],
  ['waits for one that broke', ['pass', 'error', 'blocked'], false],
  ['waits for one that waits for one that broke', ['error', 'blocked', 'blocked'], false],
] as const)('a wrong answer, where the check named %s', (_, statuses: readonly CheckStatus[], isRefused) => {
  const results = statuses.map((status, index) => ({ check: checks[index]!.id, status, points: 1, milliseconds: 1 }));
  const said = judgeWrong({ mustFail: ['served'] }, { checks }, { results });
  expect(said).toEqual(isRefused ? [] : [expect.stringContaining(`served should have refused it and says ${statuses[2]}`)]);
});
