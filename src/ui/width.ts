import { stripVTControlCharacters } from 'node:util';

/** How many columns of a terminal a text takes: Hangul, CJK and emoji take two, combining marks and escapes none. */
export function measureWidth(text: string): number {
  const visible = stripVTControlCharacters(text);
  // Printable ASCII is most of what is measured, and needs no segmenting.
  if (/^[\x20-\x7e]*$/.test(visible)) return visible.length;
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(visible)) width += measureGrapheme(segment);
  return width;
}

/** The width to wrap prose at. A terminal that does not know its size says 0. */
export function choosePageWidth(stream: { readonly columns?: number }): number {
  return Math.max(40, Math.min(stream.columns || 100, 100));
}

/** Fills with spaces on the right up to a width; a text that is already wider stays as it is. */
export function padToWidth(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - measureWidth(text)));
}

/** Cuts a text without escapes to a width, with an ellipsis where something is left out. */
export function cutToWidth(text: string, width: number): string {
  if (width <= 0) return '';
  if (measureWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    const step = measureGrapheme(segment);
    if (used + step > width - 1) break;
    kept += segment;
    used += step;
  }
  return `${kept}…`;
}

/** Breaks prose at spaces so that no line is wider than `width`; a longer word gets a line of its own. */
export function wrapText(text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => wrapParagraph(paragraph, width));
}

function wrapParagraph(paragraph: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of paragraph.split(' ')) {
    if (line === '') line = word;
    else if (measureWidth(line) + 1 + measureWidth(word) <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

function measureGrapheme(grapheme: string): number {
  const point = grapheme.codePointAt(0) ?? 0;
  if (point < 0x20 || (point >= 0x7f && point < 0xa0)) return 0;
  if (/^[\p{Mark}\p{Default_Ignorable_Code_Point}]+$/u.test(grapheme)) return 0;
  return isWide(point) || /^\p{Emoji_Presentation}/u.test(grapheme) || grapheme.includes('\ufe0f') ? 2 : 1;
}

/** Unicode's East Asian Width W and F, as ranges of first and last code point. */
const wideRanges: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1b000, 0x1b2ff],
  [0x20000, 0x3fffd],
];

function isWide(point: number): boolean {
  return wideRanges.some(([first, last]) => point >= first && point <= last);
}
