import { stripVTControlCharacters } from 'node:util';

/** How much of a text from the cluster a result keeps. */
const longestText = 4000;
const longestLine = 300;

/**
 * A text that came from the cluster, made safe to show and to keep: no escapes, no control characters but tab and newline,
 * nothing that turns the direction of writing, and no longer than a screen or two.
 */
export function boundText(text: string, limit = longestText): string {
  // Twice the limit first: stripping all of a huge text takes long, and escapes are shorter than what they leave.
  const clean = stripVTControlCharacters(text.slice(0, limit * 2))
    .replaceAll('\r\n', '\n')
    .replaceAll(/[^\P{Cc}\t\n]|[\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '');
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
