import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoteArgument, quoteCommand } from '../../src/exec/quote.ts';

/** Any text that an argument of a program can be. */
const argument = fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.replaceAll('\0', ''));

describe('quoting for a remote shell', () => {
  it('hands every argument on unchanged', () => {
    fc.assert(
      fc.property(fc.array(argument, { minLength: 1, maxLength: 6 }), (words) => {
        const printed = execFileSync('sh', ['-c', `printf '%s\\0' ${quoteCommand(words)}`]);
        const expected = Buffer.concat(words.map((word) => Buffer.from(`${word}\0`)));
        expect(printed.equals(expected)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    ['plain', 'plain'],
    ['', "''"],
    ["it's", `'it'\\''s'`],
    ['$(reboot)', "'$(reboot)'"],
    ['a b', "'a b'"],
    ['-n', '-n'],
  ])('writes %j as %s', (word, quoted) => expect(quoteArgument(word)).toBe(quoted));

  it('refuses what no argument can hold', () => expect(() => quoteArgument('a\0b')).toThrow(RangeError));
});
