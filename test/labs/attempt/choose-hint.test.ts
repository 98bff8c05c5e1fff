import { describe, expect, it } from 'vitest';
import { chooseHint } from '../../../src/labs/attempt/choose-hint.ts';
import type { CheckStatus } from '../../../src/labs/check/check-result.ts';
import type { Step } from '../../../src/labs/lab.ts';

type Hints = Step['hints'];
const hint = (tier: 1 | 2 | 3, check?: string): Hints[number] => ({
  tier,
  cost: 0,
  text: { en: 'x', ko: 'x' },
  ...(check === undefined ? {} : { when: { check, is: 'notYet' } }),
});
const checks = ['first', 'second'].map((id) => ({ id })) as Step['checks'];

function choose(hints: Hints, shown: readonly number[], results: Record<string, CheckStatus> = {}): number | undefined {
  return chooseHint({ hints, checks }, { hints: [...shown], results });
}

describe('the next hint', () => {
  it('comes by tier, each once', () => {
    const hints = [hint(2), hint(1), hint(3)];
    expect(choose(hints, [])).toBe(1);
    expect(choose(hints, [1])).toBe(0);
    expect(choose(hints, [1, 0])).toBe(2);
    expect(choose(hints, [0, 1, 2])).toBeUndefined();
  });

  it('is first for the check that stands first in the step, then a general one', () => {
    const hints = [hint(1), hint(1, 'second'), hint(1, 'first')];
    const results = { first: 'notYet', second: 'notYet' } as const;
    expect(choose(hints, [], results)).toBe(2);
    expect(choose(hints, [2], results)).toBe(1);
    expect(choose(hints, [2, 1], results)).toBe(0);
  });

  it('is never for something that did not fail', () => {
    const hints = [hint(1, 'first'), hint(2)];
    expect(choose(hints, [], { first: 'pass' })).toBe(1);
    expect(choose(hints, [], { first: 'blocked' })).toBe(1);
    expect(choose([hint(1, 'first')], [])).toBeUndefined();
  });
});
