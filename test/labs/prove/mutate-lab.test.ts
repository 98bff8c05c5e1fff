import { expect, it } from 'vitest';
import type { CheckStatus } from '../../../src/labs/check/check-result.ts';
import { check } from '../../../src/labs/lab-check.ts';
import { judge } from '../../../src/labs/prove/mutate-lab.ts';

const message = { en: 'Not yet.', ko: '아직입니다.' };
const checks = [
  check.parse({ id: 'seen', object: { kind: 'Pod', name: 'web' }, message }),
  check.parse({ id: 'served', needs: ['seen'], object: { kind: 'Service', name: 'web' }, message }),
  check.parse({ id: 'why', answer: { question: { en: 'Why?', ko: '왜?' }, is: ['so'] }, message }),
];

const judged = (...statuses: readonly CheckStatus[]) => {
  const results = statuses.map((status, index) => ({ check: checks[index]!.id, status, points: 1, milliseconds: 1 }));
  return judge({ checks }, { results, spoiled: [] });
};

it.each([
  ['all pass', ['pass', 'pass', 'pass'], []],
  ['only an answer is missing', ['pass', 'pass', 'notYet'], []],
  ['a check has something against it', ['notYet', 'blocked', 'notYet'], ['seen']],
  ['two have', ['notYet', 'notYet', 'pass'], ['seen', 'served']],
  ['a check broke, as it does where a container ends again and again', ['error', 'blocked', 'pass'], ['seen']],
] as const)('a slip in a solution, where %s', (_, statuses, by) => {
  expect(judged(...statuses)).toEqual({ end: by.length > 0 ? 'caught' : 'survived', by });
});
