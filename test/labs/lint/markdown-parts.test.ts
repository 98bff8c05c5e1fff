import { describe, expect, it } from 'vitest';
import { processorTime } from './processor-time.ts';
import { readMarkdown } from '../../../src/labs/lint/markdown-parts.ts';

describe('readMarkdown', () => {
  it('finds code blocks wherever they stand, without their indentation', () => {
    const { blocks, headings } = readMarkdown('- a\n\n  ```sh\n  # b\n    c\n  ```\n~~~\n```\n~~~\n````\n```\n````\n# d\n');
    expect(blocks).toEqual([
      { language: 'sh', text: '# b\n  c\n', line: 3, column: 3 },
      { language: '', text: '```\n', line: 7, column: 1 },
      { language: '', text: '```\n', line: 10, column: 1 },
    ]);
    expect(headings).toEqual([{ level: 1, line: 13, column: 1 }]);
  });

  it('finds links of every kind, and no code', () => {
    const { links, images, html } = readMarkdown(
      '[a](b) `[c](d) <e>` [f [g]](h "i")\n![j](k)\n\n[l]: m\n<https://n> ``o`<p>`` <q/>',
    );
    expect(links).toEqual([
      { target: 'b', line: 1, column: 3 },
      { target: 'h', line: 1, column: 27 },
      { target: 'm', line: 4, column: 1 },
      { target: 'https://n', line: 5, column: 1 },
    ]);
    expect(images).toEqual([{ target: 'k', line: 2, column: 1 }]);
    expect(html).toEqual([{ text: '<q/>', line: 5, column: 23 }]);
  });

  it.each(['![', '[', '`a``b', '<a', '](', '[\n', '- - ', '```\n', '<!--', '\\`'])(
    'is not slowed down by a flood of %j',
    (text) => {
      readMarkdown(text.repeat((128 * 1024) / text.length));
    },
  );

  it.each([
    ['a fence with a backtick after it', `${'~'.repeat(100_000)}\``],
    ['a fence with spaces and a backtick after it', `\`\`\`${' '.repeat(100_000)}\``],
    ['addresses that do not end', '<a:'.repeat(60_000)],
  ])('is not slowed down by %s', async (_, text) => {
    expect(await processorTime(() => void readMarkdown(text))).toBeLessThan(2000);
  });

  it('reads a code block of as many lines as a file holds', () => {
    const { blocks } = readMarkdown(`\`\`\`\n${'x\n'.repeat(400_000)}\`\`\`\n`);
    expect(blocks[0]?.text.length).toBe(800_000);
  });

  it('knows a fence whatever stands around its mark', () => {
    const { blocks } = readMarkdown('> ~~~~  sh \n> ~~~\n> ~~~~ \n``` a`b\n~~~ a`b\n');
    expect(blocks).toEqual([{ language: 'sh', text: '> ~~~\n', line: 1, column: 3 }]);
  });
});
