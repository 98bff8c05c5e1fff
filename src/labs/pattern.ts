import { runInNewContext } from 'node:vm';

const longest = 64 * 1024;

/**
 * Whether a text has a part that the regular expression describes; flags `u` and `m`. Patterns come from labs and texts
 * from clusters, so it is given up after a second.
 * @throws Error when the pattern is none, or takes too long.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  const context = { pattern, text: text.slice(0, longest) };
  return runInNewContext('new RegExp(pattern, "um").test(text)', context, { timeout: 1000 }) === true;
}
