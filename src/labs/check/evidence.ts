import { boundLine } from '../../cluster/plain-text.ts';
import { fieldAt, type PathStep, renderFieldPath, textAt, valueText } from '../field-path.ts';
import type { Check } from '../lab-check.ts';
import type { Found } from '../message.ts';
import { conditionOf, type KubeObject } from '../snapshot.ts';

/** Of one check; more says nothing new. */
const mostLines = 12;

/**
 * What a look saw, to be kept beside its verdict: which object it was, the fields that the check is about, what was
 * answered or printed. Bounded, safe to print, and without what a Secret holds.
 */
export function describeEvidence({ object }: Pick<Check, 'object'>, { actual, ...said }: Found): string[] {
  const lines = [
    ...(isObject(actual) ? [nameObject(actual, object?.kind), ...describeFields(actual, object)] : []),
    ...Object.entries(said)
      .map(([name, value]) => [name, valueText(value)] as const)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => `${name}: ${value}`),
  ];
  return lines.slice(0, mostLines).map((line) => boundLine(line));
}

function isObject(value: unknown): value is KubeObject {
  return typeof value === 'object' && value !== null;
}

/** Enough to tell it from one of the same name that was made later. */
function nameObject(object: KubeObject, kind = ''): string {
  const { name, namespace, uid, resourceVersion } = textFields(object);
  const place = namespace === '' ? name : `${namespace}/${name}`;
  return `${kind} ${place}, uid ${uid}, resourceVersion ${resourceVersion}`.trim();
}

function textFields(object: KubeObject) {
  const text = (field: string): string => textAt(object, 'metadata', field);
  return { name: text('name'), namespace: text('namespace'), uid: text('uid'), resourceVersion: text('resourceVersion') };
}

function describeFields(actual: KubeObject, check: Check['object']): string[] {
  if (check === undefined) return [];
  const secret = check.kind === 'Secret' ? ['data', 'stringData'] : [];
  return [
    ...leavesOf(check.match ?? {}, [])
      .filter(([first]) => !secret.includes(String(first)))
      .map((path) => `${renderFieldPath(path)}: ${valueText(fieldAt(actual, ...path))}`),
    ...Object.keys(check.conditions ?? {}).map((type) => `condition ${type}: ${textAt(conditionOf(actual, type), 'status')}`),
  ];
}

/** Where what is matched stands: down to texts, numbers, lists and operators. */
function leavesOf(match: unknown, path: readonly PathStep[]): (readonly PathStep[])[] {
  const isLeaf = typeof match !== 'object' || match === null || Array.isArray(match);
  const fields = isLeaf ? [] : Object.entries(match);
  if (fields.length === 0 || fields.some(([key]) => key.startsWith('$'))) return path.length === 0 ? [] : [path];
  return fields.flatMap(([key, value]) => leavesOf(value, [...path, key]));
}
