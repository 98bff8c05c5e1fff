import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderBlocks } from '../../src/ui/block.ts';
import { createColour } from '../../src/ui/colour.ts';
import { formatBytes, formatClock, formatSeconds } from '../../src/ui/format.ts';
import { cleanLine, cleanText, lastLines } from '../../src/cluster/plain-text.ts';
import { renderJsonResult } from '../../src/ui/json.ts';
import { parseMarkdown } from '../../src/ui/markdown.ts';
import { renderTable } from '../../src/ui/table.ts';
import { cutToWidth, measureWidth, padToWidth, wrapText } from '../../src/ui/width.ts';

const plain = createColour({ isTTY: false, env: {} });

describe('durations and sizes', () => {
  it.each([
    [0, '0.0 s'],
    [2.13, '2.1 s'],
    [9.96, '10 s'],
    [59.4, '59 s'],
    [59.6, '1:00'],
    [65, '1:05'],
    [3725, '1:02:05'],
  ])('%d seconds are %s', (seconds, text) => expect(formatSeconds(seconds)).toBe(text));

  it('are shown as a clock', () => expect([0, 21.4, 600].map(formatClock)).toEqual(['0:00', '0:21', '10:00']));

  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [4.5 * 1024 ** 2, '4.5 MiB'],
    [1024 ** 2 - 1, '1.0 MiB'],
    [120 * 1024 ** 2, '120 MiB'],
    [3 * 1024 ** 5, '3072 TiB'],
  ])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});

describe('width', () => {
  it.each([
    ['node', 4],
    ['노드', 4],
    ['ノード', 6],
    ['e\u0301', 1],
    ['\u001b[31mred\u001b[39m', 3],
    ['🚀', 2],
    ['✔ done', 6],
    ['\u1100\u1161\u11a8', 2],
  ])('of %j is %d', (text, width) => expect(measureWidth(text)).toBe(width));

  it('is never passed by a cut, and never missed by a pad', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '노', '🚀', ' ', 'é') });
    fc.assert(
      fc.property(text, fc.nat(20), (value, width) => {
        expect(measureWidth(cutToWidth(value, width))).toBeLessThanOrEqual(width);
        expect(measureWidth(padToWidth(value, width))).toBe(Math.max(width, measureWidth(value)));
      }),
    );
  });

  it('breaks prose at spaces and keeps long words whole', () => {
    expect(wrapText('one two three https://example.org/long\nnext', 9)).toEqual([
      'one two',
      'three',
      'https://example.org/long',
      'next',
    ]);
  });
});

describe('text from tools', () => {
  it('loses escapes, control characters and what was drawn over', () => {
    expect(cleanText('\u001b]0;title\u0007\u001b[2Jone\r\n10%\r50%\r100%\nb\u0008ell\u0007\ttab')).toBe('one\n100%\nbell\ttab');
    expect(cleanLine(' one \n two ')).toBe('one two');
  });

  it('loses what makes it look other than it is', () => {
    expect(cleanText('\u009b31mred \u202eabc\u202c \u2066x\u2069 \u061c\u200e\u0085\u2028line\u007f')).toBe('red abc x line');
    expect(cleanText('\u001b]8;;https://evil.example\u001b\\text\u001b]8;;\u001b\\')).not.toMatch(/\p{Cc}/u);
    expect(cleanText('한국어 ✓ 👩‍👩‍👧 e\u0301')).toBe('한국어 ✓ 👩‍👩‍👧 e\u0301');
  });

  it('may be as long as it likes', () => {
    const line = 'x'.repeat(4_000_000);
    expect(cleanText(line)).toBe(line);
    expect(cleanText(`${line}\r${line}\r\n`)).toBe(`${line}\n`);
    expect(lastLines(`${line}\nend`, 1)).toEqual(['end']);
    expect(cleanLine(' '.repeat(1_000_000))).toBe('');
    // Longer than what the pattern that finds escapes can take.
    expect(cleanText(`\u009b${'0;'.repeat(8_000_000)}`)).not.toMatch(/\p{Cc}/u);
  });

  it('any text, with no control character left', () => {
    const unit = fc.constantFrom(
      'a',
      '\r',
      '\n',
      '\t',
      '\u001b',
      '[',
      ']',
      '0;',
      'm',
      '\u009b',
      '\u0007',
      '\u202e',
      '\u2028',
      '🙂',
    );
    fc.assert(
      fc.property(fc.string({ unit }), (text) => {
        expect(cleanText(text)).not.toMatch(/[^\P{Cc}\t\n]|[\u2028\u2029]|\p{Bidi_Control}/u);
        expect(cleanLine(text)).not.toContain('\n');
        expect(cleanText(cleanText(text))).toBe(cleanText(text));
      }),
    );
  });

  it('ends in its last lines that are not blank', () => {
    expect(lastLines('1\n\n2\n3  \n\n', 2)).toEqual(['2', '3']);
  });
});

describe('a table', () => {
  it('aligns wide characters, and numbers on the right', () => {
    const table = {
      columns: ['LAB', 'TITLE', 'MIN'],
      rows: [
        ['scaling', '스케일링', '5'],
        ['storage', 'Storage', '25'],
      ],
      right: [2],
    };
    expect(renderTable(table, plain)).toMatchInlineSnapshot(`
      "LAB      TITLE     MIN
      scaling  스케일링    5
      storage  Storage    25
      "
    `);
  });
});

describe('blocks', () => {
  it('stand apart, a heading above what follows it', () => {
    const text = renderBlocks(
      [
        { kind: 'text', text: 'cluster study is ready', tone: 'good' },
        { kind: 'heading', text: 'Nodes' },
        { kind: 'table', table: { columns: ['NAME', 'ROLE'], rows: [['control1', 'control-plane']] } },
        { kind: 'list', items: ['nodes share the kernel of this host', 'kernel NFS is not there'] },
        { kind: 'verbatim', text: 'kubectl get nodes' },
        { kind: 'commands', title: 'Next', commands: [{ command: 'kubelab status', what: 'look at it' }] },
      ],
      { colour: plain, width: 24 },
    );
    expect(text).toMatchInlineSnapshot(`
      "cluster study is ready

      Nodes
      NAME      ROLE
      control1  control-plane

        - nodes share the
          kernel of this host
        - kernel NFS is not
          there

      kubectl get nodes

      Next
        kubelab status  look at it
      "
    `);
  });
});

describe('colour', () => {
  it.each([
    ['a terminal', { isTTY: true, env: {} }, true],
    ['no terminal', { isTTY: false, env: {} }, false],
    ['NO_COLOR', { isTTY: true, env: { NO_COLOR: '1' } }, false],
    ['an empty NO_COLOR', { isTTY: true, env: { NO_COLOR: '' } }, true],
    ['FORCE_COLOR', { isTTY: false, env: { FORCE_COLOR: '1' } }, true],
    ['FORCE_COLOR=0', { isTTY: true, env: { FORCE_COLOR: '0' } }, false],
    ['FORCE_COLOR over NO_COLOR', { isTTY: false, env: { FORCE_COLOR: '1', NO_COLOR: '1' } }, true],
    ['a dumb terminal', { isTTY: true, env: { TERM: 'dumb' } }, false],
    ['the flag over all', { isTTY: true, env: { FORCE_COLOR: '1' }, flag: false }, false],
  ])('%s', (_, choice, enabled) => {
    const colour = createColour(choice);
    expect(colour.enabled).toBe(enabled);
    expect(colour.bad('x')).toBe(enabled ? '\u001b[31mx\u001b[39m' : 'x');
  });
});

describe('what a command shows', () => {
  const evil = 'a\u001b]52;c;ZXZpbA==\u0007b\u009b2Jc\u202ed\u007f&#27;&#x9b;&#8238;';

  it('is cleaned in every kind of block', () => {
    const shown = renderBlocks(
      [
        { kind: 'heading', text: evil },
        { kind: 'text', text: evil },
        { kind: 'list', items: [evil] },
        { kind: 'table', table: { columns: [evil], rows: [[evil], ['x\ny']] } },
        { kind: 'verbatim', text: `${evil}\n\tindented` },
        {
          kind: 'markdown',
          nodes: parseMarkdown(`# ${evil}\n\n\`${evil}\` [${evil}](http://${evil})\n\n\`\`\`\n${evil}\n\`\`\``),
        },
        { kind: 'commands', title: 'Next:', commands: [{ command: evil, what: evil }] },
      ],
      { colour: plain, width: 80 },
    );
    expect(shown).toContain('abcd');
    expect(shown).toContain('x y\n');
    expect(shown).toContain('\n\tindented\n');
    expect(shown).not.toMatch(/[^\P{Cc}\t\n]|\p{Bidi_Control}/u);
  });

  it('as JSON is the same data, with nothing in it that a terminal acts on', () => {
    const text = renderJsonResult({ text: evil }, 0);
    expect(text).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u);
    expect(JSON.parse(text)).toEqual({ type: 'result', exitCode: 0, data: { text: evil } });
  });
});
