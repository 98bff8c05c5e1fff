import { describe, expect, it } from 'vitest';
import { earlierSteps } from '../../src/labs/earlier-steps.ts';
import type { Step } from '../../src/labs/lab.ts';

/** Steps by their ids, each with those that it needs. */
function stepsOf(needs: Record<string, readonly string[] | undefined>): { steps: Step[] } {
  return {
    steps: Object.entries(needs).map(([id, list]) => ({ id, ...(list === undefined ? {} : { needs: [...list] }) }) as Step),
  };
}

describe('the steps that a step builds on', () => {
  const lab = stepsOf({ one: undefined, two: undefined, alone: [], third: ['two'], fourth: ['one'], last: ['fourth'], end: [] });

  it.each([
    ['one', []],
    ['two', ['one']],
    // The learner goes on to those that build on one and two.
    ['alone', ['one', 'two']],
    ['third', ['one', 'two']],
    ['fourth', ['one']],
    ['last', ['one', 'fourth']],
    ['end', []],
    ['unknown', []],
  ])('%s', (id, before) => expect(earlierSteps(lab, id).map((step) => step.id)).toEqual(before));

  it('are never later ones, nor the step itself', () => {
    const wrong = stepsOf({ one: ['two', 'one'], two: ['two'] });
    expect(earlierSteps(wrong, 'one')).toEqual([]);
    expect(earlierSteps(wrong, 'two')).toEqual([]);
  });
});
