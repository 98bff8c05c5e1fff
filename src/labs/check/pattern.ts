import { KubelabError } from '../../errors/errors.ts';
import { withinTime } from '../../exec/time-limit.ts';

const longest = 64 * 1024;

/**
 * Whether a text has a part that the regular expression describes; flags `u` and `m`. Patterns come from labs and texts
 * from clusters, so it is given up after a second.
 * @throws Error when the pattern is none.
 * @throws KubelabError `KL-LAB-INVALID` when it takes too long.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  const found = withinTime(() => new RegExp(pattern, 'um').test(text.slice(0, longest)), 1000);
  if (found === undefined) throw new KubelabError('KL-LAB-INVALID', `the regular expression /${pattern}/ takes too long`);
  return found;
}
