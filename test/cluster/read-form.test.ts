import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { describeFindings, readForm } from '../../src/cluster/read-form.ts';
import { list, map, text } from '../../src/cluster/spec-fields.ts';

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
