import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { readShell } from '../../../src/labs/lint/shell-commands.ts';

function words(script: string): string[][] {
  return readShell(script).commands.map((command) => [...command.words]);
}

describe('readShell', () => {
  it.each([
    ['a b; c\nd', [['a', 'b'], ['c'], ['d']]],
    [`a 'b c' "d $e" f\\ g`, [['a', 'b c', 'd $e', 'f g']]],
    ['a \\\n  b # c\n# d\ne', [['a', 'b'], ['e']]],
    ['x=$(kubectl get pods | wc -l)', [['kubectl', 'get', 'pods'], ['wc', '-l'], ['x=$(kubectl get pods | wc -l)']]],
    [
      'echo "is $(a "b c") `d e`"',
      [
        ['a', 'b c'],
        ['d', 'e'],
        ['echo', 'is $(a "b c") `d e`'],
      ],
    ],
    ['[ "$(a)" = "it\'s (b" ] && c', [['a'], ['[', '$(a)', '=', "it's (b", ']'], ['c']]],
    ['if a; then b; elif c; then d; else e; fi', [['a'], ['b'], ['c'], ['d'], ['e']]],
    [
      'for x in 1 2; do a "$x"; done',
      [
        ['for', 'x', 'in', '1', '2'],
        ['a', '$x'],
      ],
    ],
    ['while ! a; do b; done; c', [['a'], ['b'], ['c']]],
    ['case $x in\n  a|b) c ;;\n  *) d\n  ;;\nesac\ne', [['case', '$x', 'in'], ['c'], ['d'], ['e']]],
    ['f() { a; }\nf', [['a'], ['f']]],
    ['( a; b ) | c', [['a'], ['b'], ['c']]],
    ['a <<EOF | b\nrm -rf /\nEOF\nc', [['a'], ['b'], ['c']]],
    ['cat <<-EOF\n\tx\n\tEOF\nc', [['cat'], ['c']]],
    ['n=$((1 + 2)); a ${b:-"c d"}', [['n=$((1 + 2))'], ['a', '${b:-"c d"}']]],
    ['echo done', [['echo', 'done']]],
    ['', []],
  ])('%s', (script, expected) => {
    expect(words(script)).toEqual(expected);
    expect(readShell(script).problem).toBeUndefined();
  });

  it('knows redirections, what comes before a command, and lines', () => {
    const { commands } = readShell('a >/dev/null 2>&1 ||\n  b >> "$f"\n\nc && d');
    expect(commands).toEqual([
      {
        words: ['a'],
        redirects: [
          { operator: '>', target: '/dev/null' },
          { operator: '>&', target: '1' },
        ],
        line: 0,
        before: '',
      },
      { words: ['b'], redirects: [{ operator: '>>', target: '$f' }], line: 1, before: '||' },
      { words: ['c'], redirects: [], line: 3, before: ';' },
      { words: ['d'], redirects: [], line: 3, before: '&&' },
    ]);
  });

  it('knows whose output is taken', () => {
    const { commands } = readShell('a "$(b `c`)"; d');
    expect(commands.map(({ words: [word], captured }) => [word, captured])).toEqual([
      ['c', true],
      ['b', true],
      ['a', undefined],
      ['d', undefined],
    ]);
  });

  it('knows loops', () => {
    const { loops } = readShell('while true; do\n  sleep 1\ndone\nfor i in 1 2; do a; done');
    expect(loops.map(({ keyword, line, commands }) => [keyword, line, commands.map(({ words: [word] }) => word)])).toEqual([
      ['while', 0, ['true', 'sleep']],
      ['for', 3, ['for', 'a']],
    ]);
  });

  it.each([
    ["a 'b", 0, "a ' is not closed"],
    ['a\n"b', 1, 'a " is not closed'],
    ['a $(b', 0, '$( is not closed'],
    ['if a; then b', 0, 'if is not ended'],
    ['a\nfi', 1, 'fi stands here without if'],
    ['for x in y; a; done', 0, 'done stands here without do'],
    ['a )', 0, ') stands here without ('],
    ['a <<EOF\nb', 0, 'the here-document is not ended by EOF'],
    ['echo "$(if a; then)"', 0, 'if is not ended'],
  ])('refuses %s', (script, line, text) => {
    expect(readShell(script).problem).toEqual({ line, text });
  });

  it.each(['$(', '`', '"', '$((', '${', 'if ', '( ', 'a;', 'case x in ', '<<E\n', '$(a) '])(
    'is not slowed down by a flood of %j',
    (text) => {
      readShell(text.repeat((128 * 1024) / text.length));
    },
  );

  it('reads as many commands in a substitution as a file holds', () => {
    expect(readShell(`x "$(${'a\n'.repeat(200_000)})"`).commands).toHaveLength(200_001);
  });

  it('gives up on loops in loops without end, which would each keep the commands of all others', () => {
    const nested = (count: number) => readShell(`${'while a; do '.repeat(count)}b; ${'done; '.repeat(count)}`).problem;
    expect([nested(20), nested(300)]).toEqual([undefined, { line: 0, text: 'loops and conditions are nested too deeply' }]);
  });

  it.each(['constructor', 'toString', '__proto__'])('takes %s for a command like any other', (name) => {
    expect(readShell(`${name} x`)).toMatchObject({ commands: [{ words: [name, 'x'] }], problem: undefined });
  });

  it('ends, whatever it is given', () => {
    const parts = fc.constantFrom(
      'a',
      ' ',
      '\n',
      "'",
      '"',
      '$(',
      ')',
      '`',
      '${',
      '}',
      '\\',
      'if',
      'fi',
      'do',
      'done',
      'case x in',
      ';;',
      '<<E',
      '#',
      ';',
      '(',
      '$((',
    );
    fc.assert(fc.property(fc.array(parts, { maxLength: 30 }), (all) => void readShell(all.join(''))));
  });
});
