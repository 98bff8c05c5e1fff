import { stripVTControlCharacters } from 'node:util';

/** How much of a text from a cluster a result keeps. */
const longestText = 4000;
const longestLine = 300;

/**
 * Text that came from a tool, a guest or a lab, made safe to print and to keep: no escapes, no control characters but tab
 * and newline, nothing that breaks lines or turns the direction of writing unseen, and of a line that was drawn over again
 * and again only its last state. Takes any text, however large.
 */
export function cleanText(text: string): string {
  return stripEscapes(text)
    .split('\n')
    .map(lastState)
    .join('\n')
    .replaceAll(/[^\P{Cc}\t\n]|[\u2028\u2029]|\p{Bidi_Control}/gu, '');
}

function stripEscapes(text: string): string {
  try {
    return stripVTControlCharacters(text);
  } catch (error) {
    // An escape of millions of parameters, which nothing writes that means well: it loses what makes it one anyway.
    if (error instanceof RangeError) return text;
    throw error;
  }
}

/** What is seen of a line that a carriage return was used in. */
function lastState(line: string): string {
  const ended = line.endsWith('\r') ? line.slice(0, -1) : line;
  return ended.slice(ended.lastIndexOf('\r') + 1);
}

/** The same for what must stay one line. */
export function cleanLine(text: string): string {
  return cleanText(text)
    .split('\n')
    .map((line) => line.trim())
    .join(' ')
    .trim();
}

/** What a terminal would act on, and what would end the line, written as escapes: for names, of which nothing may be lost. */
export function showControls(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (character) => `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`,
  );
}

/** The last lines that are not blank, cleaned. */
export function lastLines(text: string, count: number): string[] {
  const lines = cleanText(text)
    .split('\n')
    .map((line) => line.trimEnd());
  return lines.filter((line) => line !== '').slice(-count);
}

/** Cleaned, and no longer than a screen or two. */
export function boundText(text: string, limit = longestText): string {
  // Twice the limit first: cleaning all of a huge text takes long, and escapes are shorter than what they leave.
  const clean = cleanText(text.slice(0, limit * 2));
  return clean.length > limit ? `${clean.slice(0, limit - 1)}…` : clean;
}

/** The same for what must stay one line. */
export function boundLine(text: string, limit = longestLine): string {
  const line = boundText(text, limit * 4)
    .replaceAll(/\s+/g, ' ')
    .trim();
  return line.length > limit ? `${line.slice(0, limit - 1)}…` : line;
}

/** What went wrong, in its own words. */
export function errorText(error: unknown): string {
  return boundLine(error instanceof Error ? error.message : String(error));
}
