import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FieldPathInvalid, parseFieldPath, readFieldPath, renderFieldPath } from '../../src/labs/field-path.ts';

it.each([
  ['status', ['status']],
  ['spec.containers[0].image', ['spec', 'containers', 0, 'image']],
  ['metadata.labels["app.kubernetes.io/name"]', ['metadata', 'labels', 'app.kubernetes.io/name']],
  ['data["a\\"b\\\\c"][12]', ['data', 'a"b\\c', 12]],
  ['["a.b"].c', ['a.b', 'c']],
])('%s', (path, steps) => expect(parseFieldPath(path)).toEqual(steps));

it.each(['', '.spec', 'spec.', 'spec..a', 'spec[', 'spec[x]', 'spec["a]', '[0]', 'a b', 'spec["a"]b', 'spec[0]b'])(
  '"%s" is none',
  (path) => expect(() => parseFieldPath(path)).toThrow(FieldPathInvalid),
);

it('reads back what it writes', () => {
  const steps = fc.tuple(fc.string({ minLength: 1 }), fc.array(fc.oneof(fc.string(), fc.nat(999_999))));
  fc.assert(
    fc.property(steps, ([first, rest]) => {
      expect(parseFieldPath(renderFieldPath([first, ...rest]))).toEqual([first, ...rest]);
    }),
  );
});

it('finds nothing where there is nothing, and not what every object has', () => {
  expect(readFieldPath({ a: [{ b: 1 }] }, 'a[0].b')).toBe(1);
  for (const path of ['a[1].b', 'a.length', 'constructor', 'a[0].b.c', 'x.y'])
    expect(readFieldPath({ a: [{ b: 1 }] }, path)).toBeUndefined();
  expect(readFieldPath(undefined, 'a')).toBeUndefined();
});
