import { boundLine } from '../cluster/plain-text.ts';
import { readFieldPath, valueText } from './field-path.ts';
import type { Localized } from './lab-fields.ts';
import { nothing } from './localized.ts';

/**
 * What a look found, for messages: `actual` is the first object selected; exec, http and run have `stdout`, `stderr`,
 * `exitCode`, `body`, `status`, `node`, `pod`; answers have `answer`. `count` is how many objects are as described.
 */
export type Found = Readonly<Record<string, unknown>>;

// Spaces are cut off afterwards: a pattern that looks for them could take very long over a text made for that.
const placeholder = /\{\{([^{}|]*)(?:\|([^{}]*))?\}\}/g;

/** The field paths that a message names, each once. */
export function fieldsIn(message: string): string[] {
  return [...new Set([...message.matchAll(placeholder)].map((match) => (match[1] ?? '').trim()).filter((path) => path !== ''))];
}

/** Fills in `{{actual.status.phase|missing}}`; after the bar stands what to say where there is nothing. @throws FieldPathInvalid */
export function fillMessage(message: Localized, found: Found): Localized {
  return { en: fillText(message.en, found, nothing.en), ko: fillText(message.ko, found, nothing.ko) };
}

function fillText(text: string, found: Found, absent: string): string {
  return text.replaceAll(placeholder, (whole, path: string, otherwise: string | undefined) => {
    if (path.trim() === '') return whole;
    const value = readFieldPath(found, path.trim());
    if (value === undefined || value === null || value === '') return otherwise?.trim() ?? absent;
    return boundLine(valueText(value));
  });
}
