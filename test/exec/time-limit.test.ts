import { expect, it } from 'vitest';
import { withinTime } from '../../src/exec/time-limit.ts';

const forEver = (): never => {
  for (;;);
};

it('gives back what the work does, also inside of other work', () => {
  const inner = (): number | undefined => withinTime(() => 2, 1000);
  expect(withinTime(() => [1, inner(), 3], 1000)).toEqual([1, 2, 3]);
});

it('breaks off what takes too long, and goes on with other work', () => {
  expect(withinTime(forEver, 50)).toBeUndefined();
  expect(withinTime(() => [withinTime(forEver, 50), 'after'], 5000)).toEqual([undefined, 'after']);
  expect(withinTime(() => withinTime(forEver, 5000), 50)).toBeUndefined();
  expect(withinTime(() => 'again', 1000)).toBe('again');
});

it('throws what the work throws', () => {
  const work = (): never => {
    throw new RangeError('too far');
  };
  expect(() => withinTime(work, 1000)).toThrow(new RangeError('too far'));
});
