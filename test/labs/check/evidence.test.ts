import { expect, it } from 'vitest';
import { check } from '../../../src/labs/lab-check.ts';
import { describeEvidence } from '../../../src/labs/check/evidence.ts';

const message = { en: 'Not yet.', ko: '아직입니다.' };

function evidenceOf(fields: Readonly<Record<string, unknown>>, found: Readonly<Record<string, unknown>>): string[] {
  return describeEvidence(check.parse({ id: 'one', message, ...fields }), found);
}

const deployment = {
  metadata: { name: 'web', namespace: 'lab-x', uid: 'u1', resourceVersion: '42' },
  spec: { replicas: 3, template: { spec: { containers: [{ name: 'web', image: 'web:1' }] } }, paused: false },
  status: { conditions: [{ type: 'Available', status: 'True' }] },
};

it('of an object is which one it was, and what the check is about', () => {
  const object = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    name: 'web',
    conditions: { Available: 'True' },
    match: { spec: { replicas: { $gte: 2 }, template: { spec: { containers: [{ name: 'web' }] } } } },
  };
  expect(evidenceOf({ object }, { actual: deployment, count: 1, selected: 1 })).toEqual([
    'Deployment lab-x/web, uid u1, resourceVersion 42',
    'spec.replicas: 3',
    'spec.template.spec.containers: [{"name":"web","image":"web:1"}]',
    'condition Available: True',
    'count: 1',
    'selected: 1',
  ]);
});

it('of a Secret says nothing of what it holds', () => {
  const actual = {
    metadata: { name: 'key', namespace: 'lab-x', uid: 'u2', resourceVersion: '7' },
    data: { key: 'aHVudGVyMg==' },
  };
  const object = { kind: 'Secret', name: 'key', match: { data: { key: 'aHVudGVyMg==' }, type: 'Opaque' } };
  expect(evidenceOf({ object }, { actual })).toEqual(['Secret lab-x/key, uid u2, resourceVersion 7', 'type:']);
});

it('of what was printed or answered is bounded, and acts on no terminal', () => {
  const exec = { pod: 'web', command: ['cat', '/data'] };
  const lines = evidenceOf({ exec }, { pod: 'web', stdout: `\u001b[2J${'x'.repeat(5000)}`, stderr: '', exitCode: 0 });
  expect(lines.map((line) => line.slice(0, 12))).toEqual(['pod: web', 'stdout: xxxx', 'exitCode: 0']);
  expect(lines[1]?.length).toBeLessThanOrEqual(300);
  expect(evidenceOf({ answer: { question: message, is: ['4'] } }, { answer: 'four\u202e' })).toEqual(['answer: four']);
});
