import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseQuantity } from '../../src/kubernetes/quantity.ts';

it.each([
  ['64Mi', '65536Ki'],
  ['1Gi', 1024 ** 3],
  ['1.5Gi', '1536Mi'],
  ['500m', 0.5],
  ['1', '1000m'],
  ['250000u', '0.25'],
  ['1e3', '1k'],
  ['1E3', '1000'],
  ['1E', '1000P'],
  ['5e-1', '500m'],
  ['-1', '-1000m'],
  ['1.', '1'],
  ['.5', '0.50'],
  ['+2', 2],
])('%s is %s', (a, b) => {
  expect(parseQuantity(a)).toBeDefined();
  expect(parseQuantity(a)).toBe(parseQuantity(b));
});

it.each(['', '.', 'Mi', '1 Gi', '1mi', '1KiB', 'x', '1e', '--1', undefined, null, {}, true])('%s is none', (value) =>
  expect(parseQuantity(value)).toBeUndefined(),
);

it('keeps the order of numbers', () => {
  const number = fc.integer({ min: -1e9, max: 1e9 });
  fc.assert(
    fc.property(number, number, (a, b) => {
      expect(parseQuantity(`${a}m`)! < parseQuantity(`${b}m`)!).toBe(a < b);
    }),
  );
  expect(parseQuantity('64M')! < parseQuantity('64Mi')!).toBe(true);
});
