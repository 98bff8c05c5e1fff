import { extendPath, fieldAt, parseFieldPath, readFieldPath } from '../field-path.ts';
import type { Localized } from '../lab-fields.ts';
import { applyOperators, difference, hasOperators, MatchInvalid, sameScalar, show } from './match-operators.ts';

/**
 * Compares what a lab expects with what was found, as a subset: what is written has to be there, whatever else is. Every
 * item of a list has to match an item of its own. Maps whose keys begin with `$` are operators.
 * @returns one line per difference, such as `spec.replicas: expected 3, found 1`; none when it matches.
 * @throws MatchInvalid for what can not be matched with anything.
 */
export function findDifferences(expected: unknown, actual: unknown, path = ''): Localized[] {
  if (Array.isArray(expected)) return compareLists(expected, actual, path);
  if (typeof expected !== 'object' || expected === null)
    return sameScalar(expected, actual) ? [] : [difference(path, show(expected), actual)];
  const map = expected as Readonly<Record<string, unknown>>;
  if (hasOperators(map, path)) return applyOperators(map, actual, path, findDifferences);
  if (typeof actual !== 'object' || actual === null || Array.isArray(actual)) return compareAbsent(map, actual, path);
  return Object.entries(map).flatMap(([key, value]) =>
    findDifferences(
      value,
      Object.hasOwn(actual, key) ? (actual as Record<string, unknown>)[key] : undefined,
      extendPath(path, key),
    ),
  );
}

/** The same for a map of field paths. @throws FieldPathInvalid, MatchInvalid */
export function findDifferencesAt(where: Readonly<Record<string, unknown>>, actual: unknown): Localized[] {
  return Object.entries(where).flatMap(([path, expected]) => findDifferences(expected, readFieldPath(actual, path), path));
}

/**
 * Those of some objects that have what a map of field paths says. Plain values are compared first and patterns last, and no more
 * of an object once one field differs: there may be thousands of objects, and a pattern takes as long as hundreds of values.
 * @throws FieldPathInvalid, MatchInvalid also where there is no object
 */
export function filterByFields<Item>(where: Readonly<Record<string, unknown>>, objects: readonly Item[]): Item[] {
  // A mistake in one field would go unseen where another field always differs before it.
  findDifferencesAt(where, undefined);
  const fields = Object.entries(where)
    .map(([path, expected]) => ({ path, steps: parseFieldPath(path), expected, effort: effortOf(expected) }))
    .toSorted((one, other) => one.effort - other.effort);
  return objects.filter((object) =>
    fields.every(({ path, steps, expected }) => findDifferences(expected, fieldAt(object, ...steps), path).length === 0),
  );
}

/** How much there is to do for a comparison: 0 for plain values, 1 where there are operators, 2 where there is a pattern. */
function effortOf(expected: unknown): number {
  if (typeof expected !== 'object' || expected === null) return 0;
  let most = 0;
  for (const [key, value] of Object.entries(expected))
    most = Math.max(most, key === '$regex' ? 2 : key.startsWith('$') ? 1 : 0, effortOf(value));
  return most;
}

/** What can not be matched with anything in what a lab expects: one line per mistake, none when all is well. */
export function findMatchMistakes(expected: unknown, path = ''): string[] {
  if (typeof expected !== 'object' || expected === null) return [];
  if (Array.isArray(expected)) return expected.flatMap((item, index) => findMatchMistakes(item, extendPath(path, index)));
  const map = expected as Readonly<Record<string, unknown>>;
  return [
    ...mistakeIn(() => hasOperators(map, path) && applyOperators(map, undefined, path, () => [])),
    ...Object.entries(map).flatMap(([key, value]) => findMatchMistakes(value, extendPath(path, key))),
  ];
}

function mistakeIn(look: () => unknown): string[] {
  try {
    look();
    return [];
  } catch (error) {
    if (error instanceof MatchInvalid) return [error.message];
    throw error;
  }
}

/** Where there is no map, its fields may still be wanted absent. */
function compareAbsent(map: Readonly<Record<string, unknown>>, actual: unknown, path: string): Localized[] {
  const fields = Object.entries(map);
  if ((actual !== undefined && actual !== null) || fields.length === 0) return [difference(path, show(map), actual)];
  return fields.flatMap(([key, value]) => findDifferences(value, undefined, extendPath(path, key)));
}

function compareLists(expected: readonly unknown[], actual: unknown, path: string): Localized[] {
  if (expected.length === 0 && (actual === undefined || actual === null)) return [];
  if (!Array.isArray(actual)) return [difference(path, show(expected), actual)];
  const items: readonly unknown[] = actual;
  const found = expected.map((item) =>
    items.map((candidate, index) => findDifferences(item, candidate, extendPath(path, index))),
  );
  const partners = pairUp(found.map((row) => row.flatMap((differences, index) => (differences.length === 0 ? [index] : []))));
  const free = new Set(items.keys());
  for (const partner of partners) if (partner !== undefined) free.delete(partner);
  return expected.flatMap((item, index) => {
    if (partners[index] !== undefined) return [];
    const meant = isMap(item) ? meantItem(item, items) : undefined;
    const differences = meant === undefined || !free.has(meant) ? [] : (found[index]?.[meant] ?? []);
    if (differences.length > 0) return differences;
    return [difference(path, { en: `an item ${show(item).en}`, ko: `항목 ${show(item).ko}` }, items)];
  });
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Which item is meant, so that the difference can say what is wrong in it: the one of that name, or the only one. */
function meantItem(item: Readonly<Record<string, unknown>>, items: readonly unknown[]): number | undefined {
  if (typeof item['name'] !== 'string') return items.length === 1 ? 0 : undefined;
  const index = items.findIndex((other) => isMap(other) && other['name'] === item['name']);
  return index === -1 ? undefined : index;
}

/**
 * Gives as many as possible a partner of their own (Kuhn's algorithm).
 * @param choices for each, whom it can be paired with.
 */
function pairUp(choices: readonly (readonly number[])[]): (number | undefined)[] {
  const taken = new Map<number, number>();
  const seek = (one: number, tried: Set<number>): boolean => {
    for (const choice of choices[one] ?? []) {
      if (tried.has(choice)) continue;
      tried.add(choice);
      const holder = taken.get(choice);
      if (holder !== undefined && !seek(holder, tried)) continue;
      taken.set(choice, one);
      return true;
    }
    return false;
  };
  for (const one of choices.keys()) seek(one, new Set());
  const partners: (number | undefined)[] = choices.map(() => undefined);
  for (const [choice, one] of taken) partners[one] = choice;
  return partners;
}
