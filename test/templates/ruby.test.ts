import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { localRunner } from '../../src/exec/local.ts';
import { rubyArray, rubyInteger, rubyString } from '../../src/templates/ruby.ts';

const hostile = [
  '',
  'plain-name',
  '#{`id`}',
  '\\#{exit}',
  '#$0 #@a #@@b',
  `"; exit; "`,
  `'\\'`,
  'ends with \\',
  'line\nbreak\r\n\t\0\u0004\u001a\u007f',
  '\n__END__\n',
  '\n=begin\n',
  '%q(a) <<~X ?a \\u0041 \\x41 \\101',
  '{{name}}',
  '한국어 é 🦊 \u2028 \u0085 \ufeff',
];

async function evaluate(literals: readonly string[]): Promise<unknown> {
  const input = `require "json"\nprint JSON.generate([\n${literals.join(',\n')}\n])\n`;
  const result = await localRunner().run(['ruby', '-'], { timeout: 30_000, signal: new AbortController().signal, input });
  return JSON.parse(result.stdout);
}

const missing = await evaluate([]).then(
  () => undefined,
  () => 'ruby is not installed',
);

describe('rubyString', () => {
  test('writes plain text plainly', () => {
    expect(rubyString('worker1')).toBe('"worker1"');
  });

  test('leaves nothing to interpolate or to end the string', () => {
    expect(rubyString('#{`id`}')).toBe('"\\#{`id`}"');
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => /^"(?:[^"\\#\p{Cc}]|\\.)*"$/u.test(rubyString(text))));
  });

  test('refuses half of a surrogate pair', () => {
    expect(() => rubyString('\ud800')).toThrow(RangeError);
  });

  test.skipIf(missing !== undefined)(
    `is read back by Ruby unchanged${missing === undefined ? '' : ` (skipped: ${missing})`}`,
    async () => {
      const alphabet = fc.constantFrom('#', '{', '}', '$', '@', '"', "'", '\\', '\n', '\0', 'u', 'x', '0', 'M', '-', '한');
      const texts = [
        ...hostile,
        ...fc.sample(fc.string({ unit: 'binary' }), 500),
        ...fc.sample(
          fc.array(alphabet).map((characters) => characters.join('')),
          500,
        ),
      ];
      expect(await evaluate(texts.map(rubyString))).toEqual(texts);
    },
  );
});

describe('rubyInteger', () => {
  test('writes a whole number', () => {
    expect([0, 2048].map(rubyInteger)).toEqual(['0', '2048']);
  });

  test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60])('refuses %s', (value) => {
    expect(() => rubyInteger(value)).toThrow(RangeError);
  });
});

test('rubyArray', () => {
  expect(rubyArray([])).toBe('[]');
  expect(rubyArray(['1', '"a"'])).toBe('[1, "a"]');
});
