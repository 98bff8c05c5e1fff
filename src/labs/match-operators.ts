import { parseQuantity } from '../kubernetes/quantity.ts';
import { extendPath } from './field-path.ts';
import { matchesPattern } from './pattern.ts';

/** A map of fields that can not be matched with anything: a mistake in a lab. */
export class MatchInvalid extends Error {
  constructor(path: string, problem: string) {
    super(`${path === '' ? 'match' : path}: ${problem}`);
    this.name = 'MatchInvalid';
  }
}

/** How the operators look at what is below them. */
export type Compare = (expected: unknown, actual: unknown, path: string) => string[];

type Operator = (operand: unknown, actual: unknown, path: string, compare: Compare) => string[];

/** A value as one short piece of JSON. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'string' && /^[\w./:@%+-]+$/.test(value) ? value : (JSON.stringify(value) ?? 'nothing');
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}

/** The one form of a difference. */
export function difference(path: string, expected: string, actual: unknown): string {
  return `${path === '' ? 'object' : path}: expected ${expected}, found ${show(actual)}`;
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

function order(words: string, name: string, holds: (actual: bigint, bound: bigint) => boolean): Operator {
  return (operand, actual, path) => {
    const bound = parseQuantity(operand);
    if (bound === undefined) throw new MatchInvalid(path, `${name} takes a number or a quantity`);
    const value = parseQuantity(actual);
    return value !== undefined && holds(value, bound) ? [] : [difference(path, `${words} ${show(operand)}`, actual)];
  };
}

function sizeOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return 0;
  if (Array.isArray(value)) return value.length;
  return typeof value === 'object' ? Object.keys(value).length : undefined;
}

const operators: Readonly<Record<string, Operator>> = {
  $not: (operand, actual, path, compare) =>
    compare(operand, actual, path).length > 0 ? [] : [difference(path, `anything but ${show(operand)}`, actual)],
  $in: (operand, actual, path, compare) =>
    needList(operand, path, '$in').some((choice) => compare(choice, actual, path).length === 0)
      ? []
      : [difference(path, `one of ${show(operand)}`, actual)],
  $regex: (operand, actual, path) => {
    if (typeof operand !== 'string') throw new MatchInvalid(path, '$regex takes a text');
    checkPattern(operand, path);
    const scalar = typeof actual === 'string' || typeof actual === 'number' || typeof actual === 'boolean';
    return scalar && matchesPattern(operand, String(actual)) ? [] : [difference(path, `a match of /${operand}/`, actual)];
  },
  $exists: (operand, actual, path) => {
    if (typeof operand !== 'boolean') throw new MatchInvalid(path, '$exists takes true or false');
    const there = actual !== undefined && actual !== null;
    return there === operand ? [] : [difference(path, operand ? 'it to be there' : 'nothing', actual)];
  },
  $gte: order('at least', '$gte', (actual, bound) => actual >= bound),
  $lte: order('at most', '$lte', (actual, bound) => actual <= bound),
  $gt: order('more than', '$gt', (actual, bound) => actual > bound),
  $lt: order('less than', '$lt', (actual, bound) => actual < bound),
  $quantity: order('the quantity', '$quantity', (actual, bound) => actual === bound),
  $exact: (operand, actual, path, compare) => {
    const wanted = needList(operand, path, '$exact');
    const list = actual ?? [];
    if (!Array.isArray(list) || list.length !== wanted.length)
      return [difference(path, `exactly ${wanted.length} item${wanted.length === 1 ? '' : 's'} ${show(wanted)}`, actual)];
    return wanted.flatMap((item, index) => compare(item, list[index], extendPath(path, index)));
  },
  $length: (operand, actual, path, compare) => compare(operand, sizeOf(actual), `${path === '' ? 'object' : path} (length)`),
  $every: (operand, actual, path, compare) => {
    if (!Array.isArray(actual) || actual.length === 0) return [difference(path, 'a list with items', actual)];
    return actual.flatMap((item, index) => compare(operand, item, extendPath(path, index)));
  },
};

function checkPattern(pattern: string, path: string): void {
  try {
    RegExp(pattern, 'um');
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
): string[] {
  return Object.entries(map).flatMap(([name, operand]) => {
    const operator = Object.hasOwn(operators, name) ? operators[name] : undefined;
    if (operator === undefined)
      throw new MatchInvalid(path, `${name} is no operator; there are ${Object.keys(operators).join(', ')}`);
    return operator(operand, actual, path, compare);
  });
}
