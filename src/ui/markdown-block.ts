import type { Colour } from './colour.ts';
import { measureWidth, padToWidth, wrapText } from './width.ts';

export type SpanStyle = 'strong' | 'emphasis' | 'code' | 'faint';

/** A run of text in one style. */
export interface Span {
  readonly text: string;
  readonly style?: SpanStyle;
}

/** A text with structure, as Markdown has it. */
export type MarkdownNode =
  | { readonly kind: 'heading'; readonly depth: number; readonly spans: readonly Span[] }
  | { readonly kind: 'paragraph'; readonly spans: readonly Span[] }
  | { readonly kind: 'code'; readonly language: string; readonly text: string }
  /** `first` is the number of the first item; absent for a list without numbers. */
  | { readonly kind: 'list'; readonly first: number | undefined; readonly items: readonly (readonly MarkdownNode[])[] }
  | { readonly kind: 'quote'; readonly nodes: readonly MarkdownNode[] }
  | {
      readonly kind: 'table';
      readonly header: readonly (readonly Span[])[];
      readonly rows: readonly (readonly (readonly Span[])[])[];
    }
  | { readonly kind: 'rule' };

/** The nodes as lines of at most `width` columns; only code and tables may be wider. */
export function renderMarkdown(nodes: readonly MarkdownNode[], colour: Colour, width: number): string[] {
  return nodes.flatMap((node, index) => {
    const lines = renderNode(node, colour, width);
    return index === 0 ? lines : ['', ...lines];
  });
}

function renderNode(node: MarkdownNode, colour: Colour, width: number): string[] {
  switch (node.kind) {
    case 'heading':
      return wrapText(plainText(node.spans), width).map((line) => colour.strong(node.depth === 1 ? line.toUpperCase() : line));
    case 'paragraph':
      return wrapSpans(node.spans, colour, width);
    case 'code':
      return renderCode(node.text, node.language, colour, width);
    case 'list':
      return renderList(node.items, node.first, colour, width);
    case 'quote':
      return renderMarkdown(node.nodes, colour, width - 2).map((line) => `${colour.careful('▎')} ${line}`.trimEnd());
    case 'table':
      return renderGrid(node.header, node.rows, colour);
    case 'rule':
      return [colour.faint('─'.repeat(Math.min(width, 40)))];
  }
}

/** What is pasted stands in the first column, since an indented here-document would not end; what is only read is set in. */
function renderCode(text: string, language: string, colour: Colour, width: number): string[] {
  if (language === 'text') return text.split('\n').map((line) => (line === '' ? '' : `  ${colour.faint(line)}`));
  const edge = colour.faint('╌'.repeat(Math.min(width, 40)));
  const isShell = ['sh', 'bash', 'shell', 'console'].includes(language);
  return [edge, ...text.split('\n').map((line) => (isShell ? colour.accent(line) : line)), edge];
}

function renderList(
  items: readonly (readonly MarkdownNode[])[],
  first: number | undefined,
  colour: Colour,
  width: number,
): string[] {
  const last = first === undefined ? '' : `${first + items.length - 1}.`;
  const indent = first === undefined ? 4 : 3 + last.length;
  const loose = items.some((item) => item.some((node, index) => index > 0 && node.kind !== 'list'));
  return items.flatMap((item, index) => {
    const mark = first === undefined ? '  - ' : `  ${`${first + index}.`.padEnd(last.length)} `;
    const lines = item.flatMap((node, place) => {
      const inner = renderNode(node, colour, width - indent);
      return place > 0 && node.kind !== 'list' ? ['', ...inner] : inner;
    });
    const shown = lines.map((line, place) => (place === 0 ? mark : ' '.repeat(line === '' ? 0 : indent)) + line);
    return index > 0 && loose ? ['', ...shown] : shown;
  });
}

function renderGrid(
  header: readonly (readonly Span[])[],
  rows: readonly (readonly (readonly Span[])[])[],
  colour: Colour,
): string[] {
  // Not Math.max(...widths): more arguments than the stack holds are an error.
  const widths = header.map((cell, column) =>
    rows.reduce((most, row) => Math.max(most, measureWidth(plainText(row[column] ?? []))), measureWidth(plainText(cell))),
  );
  const line = (cells: readonly (readonly Span[])[], paint: (spans: readonly Span[]) => string): string =>
    widths
      .map((wide, column) => padToWidth(paint(cells[column] ?? []), wide))
      .join('  ')
      .trimEnd();
  return [
    line(header, (spans) => colour.strong(plainText(spans))),
    ...rows.map((row) => line(row, (spans) => paintSpans(spans, colour))),
  ];
}

function plainText(spans: readonly Span[]): string {
  return spans.map(({ text }) => text).join('');
}

/** Each word is painted for itself, so that a style never runs over the end of a line. */
function wrapSpans(spans: readonly Span[], colour: Colour, width: number): string[] {
  const painted = spans
    .map((span) =>
      span.text
        .split(/( |\n)/)
        .map((word) => (/^\s*$/.test(word) ? word : paint({ ...span, text: word }, colour)))
        .join(''),
    )
    .join('');
  return wrapText(painted, width);
}

function paintSpans(spans: readonly Span[], colour: Colour): string {
  return spans.map((span) => paint(span, colour)).join('');
}

function paint({ text, style }: Span, colour: Colour): string {
  if (style === 'code') return colour.accent(text);
  if (style === 'faint') return colour.faint(text);
  return style === undefined ? text : colour.strong(text);
}
