import { describe, expect, it } from 'vitest';
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
});
