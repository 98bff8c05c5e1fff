import { stripVTControlCharacters } from 'node:util';

/**
 * Text that came from a tool or a guest, made safe to print: no escapes, no control characters but tab and newline,
 * and of a line that was drawn over again and again only its last state.
 */
export function cleanText(text: string): string {
  return (
    stripVTControlCharacters(text)
      .replaceAll('\r\n', '\n')
      .replaceAll(/[^\n]*\r(?=[^\n])/g, '')
      // eslint-disable-next-line no-control-regex -- control characters are what this removes
      .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '')
  );
}

/** The same for what must stay one line. */
export function cleanLine(text: string): string {
  return cleanText(text)
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim();
}

/** The last lines that are not blank, cleaned. */
export function lastLines(text: string, count: number): string[] {
  const lines = cleanText(text)
    .split('\n')
    .map((line) => line.trimEnd());
  return lines.filter((line) => line !== '').slice(-count);
}
