/**
 * Text as a Ruby string literal on one line, which Ruby reads back unchanged and never evaluates any part of.
 * @throws RangeError for half of a surrogate pair, which no file can hold.
 */
export function rubyString(text: string): string {
  if (/\p{Surrogate}/u.test(text)) throw new RangeError('text for Ruby must be well-formed Unicode');
  return `"${text.replace(/["#\\]|[\p{Cc}\u2028\u2029]/gu, (character) =>
    character < ' ' || character > '~' ? `\\u{${character.codePointAt(0)?.toString(16)}}` : `\\${character}`,
  )}"`;
}

/** @throws RangeError unless it is a whole number, not negative. */
export function rubyInteger(value: number): string {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is not a whole number`);
  return String(value);
}

/** A Ruby array of what are Ruby expressions already. */
export function rubyArray(items: readonly string[]): string {
  return `[${items.join(', ')}]`;
}
