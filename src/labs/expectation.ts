import { boundLine } from '../cluster/plain-text.ts';
import type { TextExpectation } from './lab-check.ts';
import { matchesPattern } from './pattern.ts';

/** What is wrong with a value: nothing, or what was expected and what was found. */
export type Mismatch = { readonly expected: string; readonly actual: string } | undefined;

/** Compares a text without its outer spaces. @throws Error for a regular expression that is none. */
export function checkText(what: string, expected: TextExpectation | undefined, text: string): Mismatch {
  if (expected === undefined) return undefined;
  const { equals, contains, matches, lacks } = expected;
  const actual = text.trim();
  const found = { actual: actual === '' ? `${what}: nothing` : `${what}: ${boundLine(actual)}` };
  if (equals !== undefined && actual !== equals.trim()) return { expected: `${what}: ${equals.trim()}`, ...found };
  if (contains !== undefined && !actual.includes(contains)) return { expected: `${what} with ${contains}`, ...found };
  if (matches !== undefined && !matchesPattern(matches, actual)) return { expected: `${what} like /${matches}/`, ...found };
  if (lacks !== undefined && actual.includes(lacks)) return { expected: `${what} without ${lacks}`, ...found };
  return undefined;
}

export function checkNumber(what: string, expected: number, actual: number): Mismatch {
  return expected === actual ? undefined : { expected: `${what} ${expected}`, actual: `${what} ${actual}` };
}
