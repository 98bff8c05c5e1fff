import { lexer, type Token, type Tokens } from 'marked';
import type { MarkdownNode, Span, SpanStyle } from './markdown-block.ts';

/**
 * Reads Markdown as far as labs use it. HTML in it is shown as the text that it is, and nothing in it reaches the terminal
 * as a control character.
 */
export function parseMarkdown(text: string): readonly MarkdownNode[] {
  return readNodes(lexer(text.replaceAll(/(?![\n\t])\p{Cc}|\p{Bidi_Control}/gu, '')));
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
      return shown === href ? inner : [...inner, { text: ` (${href})`, style: 'faint' }];
    }
    const own = styles[token.type] ?? style;
    if (token.type !== 'codespan' && 'tokens' in token && token.tokens !== undefined) return readSpans(token.tokens, own);
    const text = 'text' in token && typeof token.text === 'string' ? token.text : token.raw;
    // A line break in the source is only a space; the terminal decides where lines end.
    return [{ text: text.replaceAll(/\s*\n\s*/g, ' '), ...(own === undefined ? {} : { style: own }) }];
  });
}
