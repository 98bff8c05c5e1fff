import { boundLine } from '../../cluster/plain-text.ts';
import type { TextExpectation } from '../lab-check.ts';
import type { Localized } from '../lab-fields.ts';
import { both, mapLanguages, nothing } from '../localized.ts';
import { matchesPattern } from './pattern.ts';

/** What is wrong with a value: nothing, or what was expected and what was found. */
export type Mismatch = { readonly expected: Localized; readonly actual: Localized } | undefined;

/** Compares a text without its outer spaces. @throws Error for a regular expression that is none. */
export function checkText(what: string, expected: TextExpectation | undefined, text: string): Mismatch {
  if (expected === undefined) return undefined;
  const { equals, contains, matches, lacks } = expected;
  const actual = text.trim();
  const found = { actual: mapLanguages(actual === '' ? nothing : both(boundLine(actual)), (text) => `${what}: ${text}`) };
  if (equals !== undefined && actual !== equals.trim()) return { expected: both(`${what}: ${equals.trim()}`), ...found };
  if (contains !== undefined && !actual.includes(contains))
    return { expected: { en: `${what} with ${contains}`, ko: `${what}에 들어 있을 것: ${contains}` }, ...found };
  if (matches !== undefined && !matchesPattern(matches, actual))
    return { expected: { en: `${what} like /${matches}/`, ko: `/${matches}/에 맞는 ${what}` }, ...found };
  if (lacks !== undefined && actual.includes(lacks))
    return { expected: { en: `${what} without ${lacks}`, ko: `${what}에 없을 것: ${lacks}` }, ...found };
  return undefined;
}

/** What the numbers that are compared are called. */
export const exitCodeWords: Localized = { en: 'exit code', ko: '종료 코드' };
export const statusWords: Localized = { en: 'status', ko: '상태 코드' };

export function checkNumber(what: Localized, expected: number, actual: number): Mismatch {
  if (expected === actual) return undefined;
  const withNumber = (number: number): Localized => mapLanguages(what, (words) => `${words} ${number}`);
  return { expected: withNumber(expected), actual: withNumber(actual) };
}
