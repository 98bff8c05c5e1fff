import { lexer, type Token, type Tokens } from 'marked';
import { cleanText } from '../cluster/plain-text.ts';
import { withinTime } from '../exec/time-limit.ts';
import type { MarkdownNode, Span, SpanStyle } from './markdown-block.ts';

/** How long a text may take to read. One that is meant to be read takes milliseconds. */
const longestRead = 2000;
const deepest = 12;

/**
 * Reads Markdown as far as labs use it. HTML in it is shown as the text that it is, and nothing in it reaches the terminal
 * as a control character. A text that takes too long, or is nested too deeply, is shown as it is written.
 */
export function parseMarkdown(text: string): readonly MarkdownNode[] {
  const clean = cleanText(text);
  const nodes = withinTime(() => readOrGiveUp(clean), longestRead);
  return nodes ?? [{ kind: 'code', language: 'text', text: clean }];
}

function readOrGiveUp(text: string): MarkdownNode[] | undefined {
  try {
    const nodes = readNodes(lexer(text));
    return depthOf(nodes) <= deepest ? nodes : undefined;
  } catch (error) {
    // The stack is used up.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** How many nodes lie in each other at most. */
function depthOf(nodes: readonly MarkdownNode[]): number {
  const depths = nodes.map((node) => {
    if (node.kind === 'quote') return 1 + depthOf(node.nodes);
    return node.kind === 'list' ? 1 + largest(node.items.map(depthOf)) : 1;
  });
  return largest(depths);
}

/** Not Math.max(...numbers): more arguments than the stack holds are an error. */
function largest(numbers: readonly number[]): number {
  return numbers.reduce((most, number) => Math.max(most, number), 0);
}

function readNodes(tokens: readonly Token[]): MarkdownNode[] {
  return tokens.flatMap((token) => readNode(token));
}

function readNode(token: Token): MarkdownNode[] {
  switch (token.type) {
    case 'heading':
      return [{ kind: 'heading', depth: (token as Tokens.Heading).depth, spans: readSpans(childrenOf(token)) }];
    case 'paragraph':
    case 'text':
      return [{ kind: 'paragraph', spans: readSpans(childrenOf(token)) }];
    case 'code': {
      const { lang = '', text } = token as Tokens.Code;
      return [{ kind: 'code', language: lang.split(/\s/)[0] ?? '', text }];
    }
    case 'list': {
      const { ordered, start, items } = token as Tokens.List;
      return [{ kind: 'list', first: ordered ? start || 1 : undefined, items: items.map((item) => readNodes(item.tokens)) }];
    }
    case 'blockquote':
      return [{ kind: 'quote', nodes: readNodes(childrenOf(token)) }];
    case 'table': {
      const { header, rows } = token as Tokens.Table;
      const cells = (row: readonly Tokens.TableCell[]): Span[][] => row.map((cell) => readSpans(cell.tokens));
      return [{ kind: 'table', header: cells(header), rows: rows.map(cells) }];
    }
    case 'hr':
      return [{ kind: 'rule' }];
    case 'space':
    case 'def':
    case 'checkbox':
      return [];
    default:
      return [{ kind: 'paragraph', spans: [{ text: token.raw.trim() }] }];
  }
}

function childrenOf(token: Token): readonly Token[] {
  return 'tokens' in token && token.tokens !== undefined ? token.tokens : [{ type: 'text', raw: token.raw, text: token.raw }];
}

const styles: Readonly<Record<string, SpanStyle>> = { strong: 'strong', em: 'emphasis', codespan: 'code', del: 'emphasis' };

function readSpans(tokens: readonly Token[], style?: SpanStyle): Span[] {
  return tokens.flatMap((token): Span[] => {
    if (token.type === 'br') return [{ text: '\n' }];
    if (token.type === 'link') {
      const { href } = token as Tokens.Link;
      const inner = readSpans(childrenOf(token), style);
      const shown = inner.map((span) => span.text).join('');
      return shown === href ? inner : [...inner, { text: cleanText(` (${href})`), style: 'faint' }];
    }
    const own = styles[token.type] ?? style;
    if (token.type !== 'codespan' && 'tokens' in token && token.tokens !== undefined) return readSpans(token.tokens, own);
    const text = 'text' in token && typeof token.text === 'string' ? token.text : token.raw;
    // Cleaned once more, as `&#27;` is an escape by now. A line break in the source is only a space.
    return [{ text: cleanText(text).replaceAll(/\s*\n\s*/g, ' '), ...(own === undefined ? {} : { style: own }) }];
  });
}
