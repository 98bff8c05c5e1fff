import { parseQuantity } from '../../kubernetes/quantity.ts';
import { extendPath } from '../field-path.ts';
import type { Localized } from '../lab-fields.ts';
import { both, nothing } from '../localized.ts';
import { matchesPattern } from './pattern.ts';

/** A map of fields that can not be matched with anything: a mistake in a lab. */
export class MatchInvalid extends Error {
  constructor(path: string, problem: string) {
    super(`${path === '' ? 'match' : path}: ${problem}`);
    this.name = 'MatchInvalid';
  }
}

/** How the operators look at what is below them. */
export type Compare = (expected: unknown, actual: unknown, path: string) => Localized[];

type Operator = (operand: unknown, actual: unknown, path: string, compare: Compare) => Localized[];

/** A value as one short piece of JSON. */
export function show(value: unknown): Localized {
  const json = typeof value === 'string' && /^[\w./:@%+-]+$/.test(value) ? value : JSON.stringify(value);
  if (json === undefined) return nothing;
  return both(json.length > 120 ? `${json.slice(0, 119)}…` : json);
}

/** The one form of a difference. */
export function difference(where: string | Localized, expected: Localized, actual: unknown): Localized {
  const place = typeof where === 'string' ? (where === '' ? { en: 'object', ko: '객체' } : both(where)) : where;
  const found = show(actual);
  return {
    en: `${place.en}: expected ${expected.en}, found ${found.en}`,
    ko: `${place.ko}: 기대한 값 ${expected.ko}, 실제 값 ${found.ko}`,
  };
}

/** Equal values; a number equals the text of the same number. */
export function sameScalar(expected: unknown, actual: unknown): boolean {
  if (expected === null) return actual === null || actual === undefined;
  if (expected === actual) return true;
  return sameNumber(expected, actual) || sameNumber(actual, expected);
}

function sameNumber(number: unknown, text: unknown): boolean {
  return typeof number === 'number' && typeof text === 'string' && /^-?\d+(?:\.\d+)?$/.test(text) && Number(text) === number;
}

function needList(operand: unknown, path: string, name: string): readonly unknown[] {
  if (!Array.isArray(operand)) throw new MatchInvalid(path, `${name} takes a list`);
  return operand;
}

function order(say: (bound: string) => Localized, name: string, holds: (actual: bigint, bound: bigint) => boolean): Operator {
  return (operand, actual, path) => {
    const bound = parseQuantity(operand);
    if (bound === undefined) throw new MatchInvalid(path, `${name} takes a number or a quantity`);
    const value = parseQuantity(actual);
    return value !== undefined && holds(value, bound) ? [] : [difference(path, say(show(operand).en), actual)];
  };
}

function sizeOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return 0;
  if (Array.isArray(value)) return value.length;
  return typeof value === 'object' ? Object.keys(value).length : undefined;
}

const operators: Readonly<Record<string, Operator>> = {
  $not: (operand, actual, path, compare) =>
    compare(operand, actual, path).length > 0
      ? []
      : [difference(path, { en: `anything but ${show(operand).en}`, ko: `${show(operand).ko} 외의 값` }, actual)],
  $in: (operand, actual, path, compare) =>
    needList(operand, path, '$in').some((choice) => compare(choice, actual, path).length === 0)
      ? []
      : [difference(path, { en: `one of ${show(operand).en}`, ko: `${show(operand).ko} 가운데 하나` }, actual)],
  $regex: (operand, actual, path) => {
    if (typeof operand !== 'string') throw new MatchInvalid(path, '$regex takes a text');
    withPattern(() => RegExp(operand, 'um'), path);
    const scalar = typeof actual === 'string' || typeof actual === 'number' || typeof actual === 'boolean';
    if (scalar && withPattern(() => matchesPattern(operand, String(actual)), path)) return [];
    return [difference(path, { en: `a match of /${operand}/`, ko: `/${operand}/에 맞는 값` }, actual)];
  },
  $exists: (operand, actual, path) => {
    if (typeof operand !== 'boolean') throw new MatchInvalid(path, '$exists takes true or false');
    const there = actual !== undefined && actual !== null;
    return there === operand ? [] : [difference(path, operand ? { en: 'it to be there', ko: '있음' } : nothing, actual)];
  },
  $gte: order(
    (bound) => ({ en: `at least ${bound}`, ko: `${bound} 이상` }),
    '$gte',
    (actual, bound) => actual >= bound,
  ),
  $lte: order(
    (bound) => ({ en: `at most ${bound}`, ko: `${bound} 이하` }),
    '$lte',
    (actual, bound) => actual <= bound,
  ),
  $gt: order(
    (bound) => ({ en: `more than ${bound}`, ko: `${bound} 초과` }),
    '$gt',
    (actual, bound) => actual > bound,
  ),
  $lt: order(
    (bound) => ({ en: `less than ${bound}`, ko: `${bound} 미만` }),
    '$lt',
    (actual, bound) => actual < bound,
  ),
  $quantity: order(
    (bound) => ({ en: `the quantity ${bound}`, ko: `수량 ${bound}` }),
    '$quantity',
    (actual, bound) => actual === bound,
  ),
  $exact: (operand, actual, path, compare) => {
    const wanted = needList(operand, path, '$exact');
    const list = actual ?? [];
    if (!Array.isArray(list) || list.length !== wanted.length) {
      const items = show(wanted);
      const en = `exactly ${wanted.length} item${wanted.length === 1 ? '' : 's'} ${items.en}`;
      return [difference(path, { en, ko: `정확히 항목 ${wanted.length}개 ${items.ko}` }, actual)];
    }
    return wanted.flatMap((item, index) => compare(item, list[index], extendPath(path, index)));
  },
  $length: (operand, actual, path, compare) => compare(operand, sizeOf(actual), `${path === '' ? 'object' : path} (length)`),
  $every: (operand, actual, path, compare) => {
    if (!Array.isArray(actual) || actual.length === 0)
      return [difference(path, { en: 'a list with items', ko: '항목이 있는 목록' }, actual)];
    return actual.flatMap((item, index) => compare(operand, item, extendPath(path, index)));
  },
};

export const operatorNames: readonly string[] = Object.keys(operators);

/** @throws MatchInvalid for a pattern that is none, or takes too long. */
function withPattern<Result>(work: () => Result, path: string): Result {
  try {
    return work();
  } catch (error) {
    throw new MatchInvalid(path, error instanceof Error ? error.message : 'this is no regular expression');
  }
}

/** Whether a map is one of operators. @throws MatchInvalid when it mixes them with fields. */
export function hasOperators(map: Readonly<Record<string, unknown>>, path: string): boolean {
  const keys = Object.keys(map);
  const count = keys.filter((key) => key.startsWith('$')).length;
  if (count > 0 && count < keys.length) throw new MatchInvalid(path, 'operators and fields can not stand in one map');
  return count > 0;
}

/** Applies every operator of a map. @throws MatchInvalid */
export function applyOperators(
  map: Readonly<Record<string, unknown>>,
  actual: unknown,
  path: string,
  compare: Compare,
): Localized[] {
  return Object.entries(map).flatMap(([name, operand]) => {
    const operator = Object.hasOwn(operators, name) ? operators[name] : undefined;
    if (operator === undefined) throw new MatchInvalid(path, `${name} is no operator; there are ${operatorNames.join(', ')}`);
    return operator(operand, actual, path, compare);
  });
}
