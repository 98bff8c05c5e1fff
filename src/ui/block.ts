import { cleanLine, cleanText } from '../cluster/plain-text.ts';
import type { Colour } from './colour.ts';
import { type MarkdownNode, renderMarkdown } from './markdown-block.ts';
import { renderTable, type Table } from './table.ts';
import { unreachable } from './unreachable.ts';
import { padToWidth, measureWidth, wrapText } from './width.ts';

/** A piece of what a command shows to people: plain text, which is cleaned when it is shown. Blocks are set apart by a blank line. */
export type Block =
  | { readonly kind: 'heading'; readonly text: string }
  /** Prose, wrapped to the terminal. */
  | { readonly kind: 'text'; readonly text: string; readonly tone?: 'good' | 'bad' | 'careful' }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'table'; readonly table: Table }
  /** Printed as it is, but for control characters: files, commands to paste. */
  | { readonly kind: 'verbatim'; readonly text: string }
  /** A long text with structure; `parseMarkdown` makes it. */
  | { readonly kind: 'markdown'; readonly nodes: readonly MarkdownNode[] }
  /** Commands that the reader may want next, with what each does. */
  | {
      readonly kind: 'commands';
      readonly title: string;
      readonly commands: readonly { readonly command: string; readonly what: string }[];
    };

export interface Page {
  readonly colour: Colour;
  /** Columns to wrap prose at. */
  readonly width: number;
}

/** The blocks as text that ends with a newline. A heading stands right above what follows it. */
export function renderBlocks(blocks: readonly Block[], page: Page): string {
  return blocks
    .map((block, index) => {
      const apart = index > 0 && blocks[index - 1]?.kind !== 'heading';
      return (apart ? '\n' : '') + renderBlock(block, page);
    })
    .join('');
}

function renderBlock(block: Block, page: Page): string {
  const { colour, width } = page;
  switch (block.kind) {
    case 'heading':
      return `${colour.strong(cleanLine(block.text))}\n`;
    case 'text':
      return `${wrapText(cleanText(block.text), width)
        .map((line) => (block.tone === undefined ? line : colour[block.tone](line)))
        .join('\n')}\n`;
    case 'list':
      return block.items.map((item) => `  - ${wrapText(cleanText(item), width - 4).join('\n    ')}\n`).join('');
    case 'table':
      return renderTable(block.table, colour);
    case 'verbatim': {
      const text = cleanText(block.text);
      return text.endsWith('\n') ? text : `${text}\n`;
    }
    case 'markdown':
      return `${renderMarkdown(block.nodes, colour, width).join('\n')}\n`;
    case 'commands': {
      const commands = block.commands.map(({ command, what }) => ({ command: cleanLine(command), what: cleanLine(what) }));
      const wide = Math.max(...commands.map(({ command }) => measureWidth(command)));
      const lines = commands.map(({ command, what }) => `  ${colour.accent(padToWidth(command, wide))}  ${what}\n`);
      return `${colour.strong(block.title)}\n${lines.join('')}`;
    }
    default:
      return unreachable(block);
  }
}
