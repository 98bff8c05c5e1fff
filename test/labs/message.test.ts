import { expect, it } from 'vitest';
import { boundLine, boundText } from '../../src/cluster/plain-text.ts';
import { fieldsIn, fillMessage } from '../../src/labs/message.ts';
import { wrapScript } from '../../src/labs/check/check-run.ts';

const found = {
  actual: {
    status: { phase: 'Pending', list: [1, { a: 'b' }], empty: '', no: false, zero: 0 },
    metadata: { labels: { 'a.b/c': 'x' } },
  },
  exitCode: 0,
};

it.each([
  ['{{actual.status.phase|missing}}', 'Pending'],
  ['{{ actual.status.phase }} and {{actual.status.gone | none at all}}', 'Pending and none at all'],
  ['{{actual.metadata.labels["a.b/c"]}}', 'x'],
  ['{{actual.status.list[1].a}} {{actual.status.list}}', 'b [1,{"a":"b"}]'],
  ['{{actual.status.no}} {{actual.status.zero}} {{exitCode}}', 'false 0 0'],
  ['{{actual.status.empty}} {{actual.status.empty|}}.', 'nothing .'],
  ['{no} {{}} ${x}', '{no} {{}} ${x}'],
])('%s', (message, text) => expect(fillMessage({ en: message, ko: message }, found).en).toBe(text));

it('has a word for nothing in each language', () => {
  expect(fillMessage({ en: '{{a.b}}', ko: '{{a.b}}' }, {})).toEqual({ en: 'nothing', ko: '없음' });
});

it('does not fill in what came from the cluster once more', () => {
  expect(fillMessage({ en: '{{stdout}}', ko: '{{stdout}}' }, { stdout: '{{actual.x|y}}' }).en).toBe('{{actual.x|y}}');
});

it('names the fields that a message uses', () => {
  expect(fieldsIn('{{actual.a|b}} {{stdout}} {{actual.a}}')).toEqual(['actual.a', 'stdout']);
});

it('bounds texts and lines', () => {
  expect(boundLine('a\r\n b\tc\n')).toBe('a b c');
  expect(boundLine('x'.repeat(500))).toHaveLength(300);
  expect(boundText('\u0007a\u001B[2Jb\nc\td\r\ne')).toBe('ab\nc\td\ne');
  expect(boundText('x'.repeat(9000))).toHaveLength(4000);
  expect(boundText('한국어 ✓ 🙂')).toBe('한국어 ✓ 🙂');
});

it('hands a script over whole', () => {
  expect(wrapScript('cat')).toBe('{\ncat\n} </dev/null\n');
});
