import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { describeFindings, readForm } from '../../src/cluster/read-form.ts';
import { list, map, text } from '../../src/cluster/spec-fields.ts';
import { withinTime } from '../../src/exec/time-limit.ts';

const action = z.union(
  [
    map({ apply: text('a path') }),
    map({ on: text('a node'), run: text('a script'), quiet: z.literal(true, 'expected true').optional() }),
  ],
  'expected {apply: FILE} or {on: NODE, run: SCRIPT}',
);
const form = { schema: map({ setup: list(action, 9) }), empty: 'expected a setup', example: 'setup: []' };

function findings(written: string): string[] {
  const { findings: found, document } = readForm(written, form);
  return describeFindings(found, document, 'x.yaml').details;
}

describe('readForm with a choice between maps', () => {
  it('takes what fits one', () => {
    expect(readForm('setup: [{apply: a}, {on: b, run: c}]', form).value).toEqual({
      setup: [{ apply: 'a' }, { on: 'b', run: 'c' }],
    });
  });

  it.each([
    // The branch that knows most of what is written was meant, wherever it stands.
    ['setup: [{on: b, run: 7}]', ['x.yaml:1:22 setup[0].run: expected a script, found 7']],
    ['setup: [{on: b}]', ['x.yaml:1:9 setup[0].run: missing, expected a script']],
    ['setup: [{on: b, run: c, quit: true}]', ['x.yaml:1:25 setup[0]: unknown key "quit"; did you mean "quiet"?']],
    ['setup: [{apply: a, on: b}]', ['x.yaml:1:20 setup[0]: the key "on" does not go with "apply"']],
    // Where none knows anything, all are named.
    [
      'setup: [{aply: a}]',
      ['x.yaml:1:9 setup[0]: expected {apply: FILE} or {on: NODE, run: SCRIPT}, found a map; did you mean apply?'],
    ],
    ['setup: [5]', ['x.yaml:1:9 setup[0]: expected {apply: FILE} or {on: NODE, run: SCRIPT}, found 5']],
    ['setup: [{}]', ['x.yaml:1:9 setup[0]: expected {apply: FILE} or {on: NODE, run: SCRIPT}, found a map']],
  ])('%s', (written, expected) => {
    expect(findings(written)).toEqual(expected);
  });
});

/** As many keys as asked for, with what stands between a key and the next one. */
function keys(count: number, value = ''): string {
  return Array.from({ length: count }, (_, index) => `k${index}${value}`).join(', ');
}

describe('readForm with a file that is made to take long', () => {
  // Each takes a second at most, and took minutes: broken off, it is undefined.
  const read = (written: string, schema: z.ZodType) =>
    withinTime(() => {
      const { findings: found, document } = readForm(written, { ...form, schema });
      return { count: found.length, ...describeFindings(found, document, 'x.yaml') };
    }, 10_000);

  it('says what is wrong with every value behind an alias', () => {
    const schema = map({ one: z.unknown(), files: z.record(z.string(), text('a digest')) });
    const all = read(`one: &f {${keys(20_000, ': 7')}}\nfiles: *f\n`, schema);
    expect(all).toMatchObject({ count: 20_000, what: '20000 errors in x.yaml' });
    expect(all?.details[1]).toBe('x.yaml:1:21 files.k1: expected a digest, found 7');
  });

  it('names a hundred unknown keys of a map, and how many more there are', () => {
    const all = read(`setup: [{apply: a, ${keys(40_000)}}]`, form.schema);
    expect(all).toMatchObject({ count: 101, what: '40000 errors in x.yaml' });
    expect(all?.details.at(-1)).toBe('and 39950 more');
    expect(all?.details[0]).toBe('x.yaml:1:20 setup[0]: unknown key "k0"; known here: apply');
    const few = readForm(`setup: [{apply: a, ${keys(103)}}]`, form).findings.map((finding) => finding.text);
    expect(few.slice(99)).toEqual(['setup[0]: unknown key "k99"; known here: apply', 'setup[0]: unknown keys: and 3 more']);
    expect(readForm(`setup: [{apply: a, ${keys(100)}}]`, form).findings.at(-1)?.text).toContain('unknown key "k99"');
  });

  it('finds the branch of a union by what it knows, however much is written', () => {
    const parts = map({ on: text('a node'), parts: z.array(map({ name: text('a name').optional() })) });
    const schema = map({ setup: z.union([map({ apply: text('a path') }), parts], 'expected a part') });
    const all = read(`setup: {on: a, ${keys(30_000)}, parts: [${'{nam: a}, '.repeat(20_000)}]}`, schema);
    expect(all?.count).toBe(20_101);
  });
});
