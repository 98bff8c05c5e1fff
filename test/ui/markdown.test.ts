import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderBlocks } from '../../src/ui/block.ts';
import { createColour } from '../../src/ui/colour.ts';
import { renderMarkdown, type MarkdownNode } from '../../src/ui/markdown-block.ts';
import { parseMarkdown } from '../../src/ui/markdown.ts';
import { measureWidth } from '../../src/ui/width.ts';

function render(text: string, { width = 60, colour = false } = {}): string {
  return renderBlocks([{ kind: 'markdown', nodes: parseMarkdown(text) }], {
    colour: createColour({ isTTY: true, env: {}, flag: colour }),
    width,
  });
}

describe('Markdown on a terminal', () => {
  it('sets headings, prose, lists, quotes and tables apart', () => {
    const text = render(
      '# Title\n\nSome *plain*\nprose.\n\n3. three\n4. four\n   - inner\n\n> Predict it.\n\n| a | 나 |\n|---|---|\n| `x` | y |\n\n---\n',
    );
    expect(text).toBe(
      `TITLE\n\nSome plain prose.\n\n  3. three\n  4. four\n       - inner\n\n▎ Predict it.\n\na  나\nx  y\n\n${'─'.repeat(40)}\n`,
    );
  });

  it('gives code as it is, from the first column, so that a here-document can be pasted', () => {
    const code = "kubectl apply -f - <<'EOF'\nkind: Pod\n  name: x\nEOF";
    expect(render(`Do:\n\n\`\`\`sh\n${code}\n\`\`\`\n`, { width: 40 })).toContain(`\n${code}\n`);
  });

  it('sets output in, which nobody pastes', () => {
    expect(render('It answers:\n\n```text\nRunning loop seq 3\n\nend\n```\n')).toBe(
      'It answers:\n\n  Running loop seq 3\n\n  end\n',
    );
  });

  it('shows where a link leads, and an address once', () => {
    expect(render('[docs](https://example.org/x) and <https://example.org>')).toBe(
      'docs (https://example.org/x) and https://example.org\n',
    );
  });

  it('paints nothing over the end of a line', () => {
    const lines = render(`**${'word '.repeat(30).trim()}**`, { colour: true }).split('\n');
    for (const line of lines.filter((one) => one !== ''))
      expect([line.slice(0, 4), line.slice(-5)]).toEqual(['\u001b[1m', '\u001b[22m']);
  });

  it('shows HTML as text and lets no control character through', () => {
    const text = render('a\u001b]0;title\u0007 <b>b</b> \u202Ec\n\n```sh\nx\u001b[2J\n```\n');
    expect(text).toContain('<b>b</b>');
    // oxlint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/u);
  });

  it.each([
    ['takes long to read', '*a_'.repeat(100_000)],
    ['is quoted in quotes', '>'.repeat(300_000)],
    ['is nested deeper than a terminal is wide', `${'> - '.repeat(60)}x`],
  ])('shows a text as it is written that %s', (_, text) => {
    // Not toBe: it would print both.
    expect(render(text) === `  ${text}\n`).toBe(true);
  });

  it('shows a list and a table however long they are', () => {
    expect(render('- a\n'.repeat(130_000))).toContain('- a');
    const cells = [[{ text: 'a' }]];
    const table: MarkdownNode = { kind: 'table', header: cells, rows: Array.from({ length: 130_000 }, () => cells) };
    expect(renderMarkdown([table], createColour({ isTTY: false, env: {} }), 60)).toHaveLength(130_001);
  });

  it('reads what is nested as people write it', () => {
    expect(render('- a\n  - b\n    - c\n      > d\n')).toMatch(/ {8}- c/);
  });

  it('keeps prose within the width, whatever the text', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z가-힣]{1,8}$/), { minLength: 1, maxLength: 60 }), (words) => {
        const lines = render(words.join(' '), { colour: true, width: 40 }).split('\n');
        for (const line of lines) expect(measureWidth(stripVTControlCharacters(line))).toBeLessThanOrEqual(40);
      }),
    );
  });
});
