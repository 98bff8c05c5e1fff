import { placesIn, type TextPlace } from './finding.ts';

/** What lint looks at in a Markdown text. Places are lines and columns from 1. */
export interface MarkdownParts {
  readonly headings: readonly Part<{ level: number }>[];
  readonly blocks: readonly Part<{ language: string; text: string }>[];
  readonly links: readonly Part<{ target: string }>[];
  readonly images: readonly Part<{ target: string }>[];
  /** Where HTML begins. */
  readonly html: readonly Part<{ text: string }>[];
}

export type Part<Content> = Content & TextPlace;

// After the mark stands anything but the mark: where the line turns out to be no fence, a shorter mark is not tried as well.
const fenceLine = /^[\s>]*(?:(?:[-*+]|\d+[.)])\s+)*(`{3,}(?!`)|~{3,}(?!~))([^`]*)$/;

/**
 * Takes a Markdown text apart, as far as lint needs. Where Markdown is not certain it finds too much rather than too
 * little: what is indented by four spaces counts as prose.
 */
export function readMarkdown(text: string): MarkdownParts {
  const lines = text.split(/\r?\n/);
  const blocks: Part<{ language: string; text: string }>[] = [];
  const prose: string[] = [];
  let open: { mark: string; block: { language: string; text: string; line: number; column: number } } | undefined;
  for (const [index, line] of lines.entries()) {
    const fence = fenceLine.exec(line);
    if (open !== undefined) {
      if (fence !== null && fence[1]!.startsWith(open.mark) && fence[2]!.trim() === '') open = undefined;
      else open.block.text += `${line.trimEnd()}\n`;
      prose.push('');
    } else if (fence === null) prose.push(line);
    else {
      const block = { language: fence[2]!.trim(), text: '', line: index + 1, column: line.indexOf(fence[1]!) + 1 };
      blocks.push(block);
      open = { mark: fence[1]!, block };
      prose.push('');
    }
  }
  return { blocks: blocks.map(unindent), ...readProse(prose) };
}

function unindent<Block extends { readonly text: string }>(block: Block): Block {
  const lines = block.text.split('\n');
  let least = 100;
  // Not Math.min(...indents): more arguments than the stack holds are an error.
  for (const line of lines) if (line.trim() !== '') least = Math.min(least, line.length - line.trimStart().length);
  return { ...block, text: lines.map((line) => line.slice(Math.min(least, line.length))).join('\n') };
}

function readProse(lines: readonly string[]): Omit<MarkdownParts, 'blocks'> {
  const text = blankCode(lines.join('\n'));
  const locate = placesIn(text);
  const find = <Content>(pattern: RegExp, content: (found: RegExpExecArray) => Content): Part<Content>[] =>
    [...text.matchAll(pattern)].map((found) => ({ ...content(found), ...locate(found.index) }));
  const target = (found: RegExpExecArray) => ({ target: found[1] ?? '' });
  const images = find(/!\[[^\]]{0,500}\]\(\s*<?([^\s)>]*)/g, target);
  const all = [
    ...find(/\]\(\s*<?([^\s)>]*)/g, target),
    ...find(/^ {0,3}\[[^\]]{1,500}\]:\s*<?([^\s>]+)/gm, target),
    ...find(/<([A-Za-z][A-Za-z0-9+.-]*:[^\s<>]*)>/g, target),
  ];
  const shown = new Set(images.map(({ line, target: to }) => `${line} ${to}`));
  return {
    headings: find(/^ {0,3}(#{1,6})(?:\s|$)/gm, (found) => ({ level: found[1]!.length })),
    images,
    links: all.filter(({ line, target: to }) => !shown.has(`${line} ${to}`)),
    html: find(/<(?:[A-Za-z][A-Za-z0-9-]*(?=[\s/>])|\/[A-Za-z]|!--|![A-Z[]|\?)[^\n>]*>?/g, (found) => ({ text: found[0] })),
  };
}

/** The text with code between backticks blanked out, so that what is left stays in its place. */
function blankCode(text: string): string {
  const runs = [...text.matchAll(/`+/g)];
  // The next run of the same length closes one. From the end, so that each run is looked at once.
  const next = new Map<number, number>();
  const closing = runs.map(() => -1);
  for (let at = runs.length - 1; at >= 0; at--) {
    const { length } = runs[at]![0];
    closing[at] = next.get(length) ?? -1;
    next.set(length, at);
  }
  const parts: string[] = [];
  let done = 0;
  for (let at = 0; at < runs.length; at++) {
    const close = closing[at]!;
    if (close < 0) continue;
    const end = runs[close]!.index + runs[close]![0].length;
    parts.push(text.slice(done, runs[at]!.index), text.slice(runs[at]!.index, end).replaceAll(/[^\n]/g, ' '));
    done = end;
    at = close;
  }
  return parts.join('') + text.slice(done);
}
