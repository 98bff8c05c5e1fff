import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FieldPathInvalid } from '../../../src/labs/field-path.ts';
import type { Localized } from '../../../src/labs/lab-fields.ts';
import { filterByFields, findDifferences, findDifferencesAt, findMatchMistakes } from '../../../src/labs/check/match.ts';
import { MatchInvalid } from '../../../src/labs/check/match-operators.ts';

const pod = {
  metadata: { name: 'web', labels: { 'app.kubernetes.io/name': 'web' } },
  spec: {
    replicas: 1,
    containers: [
      { name: 'web', image: 'web:1', resources: { limits: { memory: '65536Ki', cpu: '0.5' } }, ports: [{ containerPort: 80 }] },
      { name: 'log', image: 'shell:1', command: ['sh', '-c', 'tail -f /log'] },
    ],
    volumes: [{ name: 'data', emptyDir: {} }],
  },
  status: { phase: 'Running', ready: true, nothing: null },
};

/** Plain data as an API server gives it: no keys that are operators. */
const key = fc.stringMatching(/^[a-z./-]{1,8}$/).filter((text) => text !== '__proto__');
const { data } = fc.letrec<{ data: unknown }>((tie) => ({
  data: fc.oneof(
    { depthSize: 'small' },
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.array(tie('data'), { maxLength: 4 }),
    fc.dictionary(key, tie('data'), { maxKeys: 4 }),
  ),
}));

const english = (texts: readonly Localized[]): string[] => texts.map(({ en }) => en);

describe('a subset', () => {
  it.each([
    [{ spec: { replicas: 1 } }],
    [{ spec: { replicas: '1' } }],
    [{ status: { phase: 'Running', ready: true } }],
    [{ spec: { containers: [{ image: 'shell:1' }] } }],
    [{ spec: { containers: [{ name: 'log' }, { name: 'web', ports: [{ containerPort: '80' }] }] } }],
    [{ spec: { volumes: [{ emptyDir: {} }] } }],
    [{ spec: { initContainers: [] } }],
    [{ status: { nothing: null, absent: null } }],
    [{}],
  ])('matches: %j', (expected) => expect(findDifferences(expected, pod)).toEqual([]));

  it.each([
    [{ spec: { replicas: 3 } }, ['spec.replicas: expected 3, found 1']],
    [
      { status: { phase: 'Failed', reason: 'x' } },
      ['status.phase: expected Failed, found Running', 'status.reason: expected x, found nothing'],
    ],
    [{ status: { ready: 'true' } }, ['status.ready: expected true, found true']],
    [{ status: { conditions: { a: { b: 1 } } } }, ['status.conditions.a.b: expected 1, found nothing']],
    [
      { metadata: { labels: { 'app.kubernetes.io/name': 'db' } } },
      ['metadata.labels["app.kubernetes.io/name"]: expected db, found web'],
    ],
    [{ spec: { containers: [{ name: 'web', image: 'web:2' }] } }, ['spec.containers[0].image: expected web:2, found web:1']],
    [{ spec: { volumes: [{ hostPath: {} }] } }, ['spec.volumes[0].hostPath: expected {}, found nothing']],
    [{ spec: { replicas: { a: 1 } } }, ['spec.replicas: expected {"a":1}, found 1']],
    [{ spec: { replicas: [] } }, ['spec.replicas: expected [], found 1']],
  ])('differs: %j', (expected, differences) => expect(english(findDifferences(expected, pod))).toEqual(differences));

  it.each([
    [{ spec: { replicas: 3 } }, 'spec.replicas: 기대한 값 3, 실제 값 1'],
    [{ status: { reason: 'x' } }, 'status.reason: 기대한 값 x, 실제 값 없음'],
    [{ spec: { replicas: { $gte: 2 } } }, 'spec.replicas: 기대한 값 2 이상, 실제 값 1'],
    [{ spec: { replicas: { $in: [2, 3] } } }, 'spec.replicas: 기대한 값 [2,3] 가운데 하나, 실제 값 1'],
    [{ spec: { replicas: { $exists: false } } }, 'spec.replicas: 기대한 값 없음, 실제 값 1'],
    [{ status: { phase: { $not: 'Running' } } }, 'status.phase: 기대한 값 Running 외의 값, 실제 값 Running'],
  ])('says in Korean what differs: %j', (expected, difference) =>
    expect(findDifferences(expected, pod).map(({ ko }) => ko)).toEqual([difference]),
  );

  it('gives every item of a list a partner of its own', () => {
    const ports = [{ port: 80, name: 'a' }, { port: 80 }];
    expect(findDifferences([{ port: 80 }, { name: 'a' }], ports)).toEqual([]);
    expect(findDifferences([{ port: 80 }, { port: 80 }, { name: 'a' }], ports)).toHaveLength(1);
    expect(findDifferences(['x', 'x'], ['x', 'y'])).toHaveLength(1);
  });

  it('matches every object with itself, and with one that has more', () => {
    fc.assert(
      fc.property(data, (value) => {
        expect(findDifferences(value, value)).toEqual([]);
      }),
    );
    const more = (value: unknown): unknown => {
      if (Array.isArray(value)) return [{ more: 1 }, ...value.map(more).toReversed()];
      if (typeof value !== 'object' || value === null) return value;
      return { ...Object.fromEntries(Object.entries(value).map(([name, below]) => [name, more(below)])), MORE: [1] };
    };
    fc.assert(
      fc.property(data, (value) => {
        expect(findDifferences(value, more(value))).toEqual([]);
      }),
    );
  });

  it('names a difference wherever one value is changed', () => {
    const changed = fc
      .dictionary(key, fc.oneof(fc.integer(), fc.string()), { minKeys: 1 })
      .chain((map) => fc.record({ map: fc.constant(map), name: fc.constantFrom(...Object.keys(map)) }));
    fc.assert(
      fc.property(changed, ({ map, name }) => {
        expect(findDifferences(map, { ...map, [name]: [map[name]] })).toHaveLength(1);
        const { [name]: _, ...less } = map;
        expect(findDifferences(map, less)).toHaveLength(1);
      }),
    );
  });
});

describe('an operator', () => {
  it.each([
    [{ $not: 'Failed' }, 'Running', { $not: 'Running' }],
    [{ $not: 'Failed' }, undefined, { $not: { $exists: false } }],
    [{ $in: ['a', { $regex: '^b' }] }, 'bc', { $in: ['a', 'b'] }],
    [{ $regex: 'unn.*g$' }, 'Running', { $regex: '^unn' }],
    [{ $exists: true }, 0, { $exists: false }],
    [{ $exists: false }, undefined, { $exists: true }],
    [{ $gte: 2, $lt: 4 }, 3, { $gte: 2, $lt: 3 }],
    [{ $gt: '500m' }, '1', { $gt: '1000m' }],
    [{ $lte: '64Mi' }, '65536Ki', { $lte: '64M' }],
    [{ $gte: 100 }, '250', { $gte: 300 }],
    [{ $quantity: '64Mi' }, '65536Ki', { $quantity: '64M' }],
    [{ $quantity: 0.5 }, '500m', { $quantity: 5 }],
    [{ $exact: [1, { a: 1 }] }, [1, { a: 1, b: 2 }], { $exact: [{ a: 1 }, 1] }],
    [{ $exact: [] }, undefined, { $exact: [1] }],
    [{ $length: 2 }, [1, 2], { $length: 3 }],
    [{ $length: { $gte: 1 } }, { a: 1 }, { $length: 0 }],
    [{ $length: 0 }, undefined, { $length: 1 }],
    [{ $every: { ready: true } }, [{ ready: true }, { ready: true, x: 1 }], { $every: { x: 1 } }],
  ])('%j holds for %j, and %j does not', (holds, actual, fails) => {
    expect(findDifferences(holds, actual)).toEqual([]);
    expect(findDifferences(fails, actual)).not.toEqual([]);
  });

  it('does not compare what is no number, and needs an item for $every', () => {
    expect(english(findDifferences({ $gte: 1 }, 'many'))).toEqual(['object: expected at least 1, found many']);
    expect(findDifferences({ $every: 1 }, [])).toHaveLength(1);
    expect(english(findDifferences({ $every: { ready: true } }, [{ ready: true }, {}], 'list'))).toEqual([
      'list[1].ready: expected true, found nothing',
    ]);
    expect(english(findDifferences({ a: { $length: 1 } }, { a: [] }))).toEqual(['a (length): expected 1, found 0']);
  });

  it.each([[{ $gte: 'many' }], [{ $in: 1 }], [{ $exists: 'yes' }], [{ $unknown: 1 }], [{ $gte: 1, field: 2 }], [{ $regex: 1 }]])(
    '%j is refused',
    (expected) => expect(() => findDifferences(expected, 1)).toThrow(MatchInvalid),
  );

  it('gives up a regular expression that takes too long', () => {
    const mistake = new MatchInvalid('', 'the regular expression /^(a+)+$/ takes too long');
    expect(() => findDifferences({ $regex: '^(a+)+$' }, `${'a'.repeat(40)}b`)).toThrow(mistake);
  });
});

it('looks at field paths', () => {
  const where = { 'spec.containers[1].name': 'log', 'metadata.labels["app.kubernetes.io/name"]': { $in: ['web'] } };
  expect(findDifferencesAt(where, pod)).toEqual([]);
  expect(english(findDifferencesAt({ 'spec.containers[2].name': 'x' }, pod))).toEqual([
    'spec.containers[2].name: expected x, found nothing',
  ]);
});

describe('filterByFields', () => {
  // Over such a text the pattern takes longer than it may, which is an error.
  const slow = { $regex: '^(a+)+$' };
  const note = `${'a'.repeat(40)}b`;
  const events = Array.from({ length: 3000 }, (_, index) => ({
    note,
    involvedObject: { name: `web-${index % 3}` },
    count: index,
  }));

  it('evaluates no pattern for objects that differ in anything else', () => {
    expect(filterByFields({ note: slow, 'involvedObject.name': 'db' }, events)).toEqual([]);
    expect(filterByFields({ note: slow, count: { $gte: 3000 } }, events)).toEqual([]);
    expect(filterByFields({ note: { $not: { $in: [slow] } }, count: { $in: ['x'] } }, events)).toEqual([]);
    expect(() => filterByFields({ note: slow, count: 7 }, events)).toThrow(MatchInvalid);
  });

  it('keeps what has all fields, in its order', () => {
    const found = filterByFields({ note: { $regex: 'b$' }, 'involvedObject.name': 'web-2', count: { $lt: 6 } }, events);
    expect(found).toEqual([events[2], events[5]]);
    expect(filterByFields({}, [1, 2])).toEqual([1, 2]);
  });

  it('finds a mistake whatever the objects are', () => {
    expect(() => filterByFields({ name: 'x', count: { $gte: 'many' } }, events)).toThrow(MatchInvalid);
    expect(() => filterByFields({ count: { $inn: [] } }, [])).toThrow(MatchInvalid);
    expect(() => filterByFields({ 'a..b': 1 }, [])).toThrow(FieldPathInvalid);
  });
});

it('finds mistakes without an object to look at', () => {
  const spec = {
    a: [{ b: { $gte: 'x' } }],
    c: { $in: [{ $nope: 1 }] },
    d: { $regex: '(' },
    e: { $exact: [{ $not: { $exists: 1 } }] },
    f: { $gt: 1, g: 2 },
  };
  expect(findMatchMistakes({ spec })).toEqual([
    'spec.a[0].b: $gte takes a number or a quantity',
    expect.stringMatching(/^spec.c.\$in\[0\]: \$nope is no operator/),
    expect.stringMatching(/^spec.d: .*\(/),
    'spec.e.$exact[0].$not: $exists takes true or false',
    'spec.f: operators and fields can not stand in one map',
  ]);
  expect(findMatchMistakes({ spec: { a: 1, b: [{ $not: 'x' }], c: { $length: { $gte: 1 } }, d: { $regex: '^a' } } })).toEqual([]);
});
