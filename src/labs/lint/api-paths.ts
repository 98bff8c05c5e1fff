import semver from 'semver';
import { nearest } from '../../cluster/near-miss.ts';
import { showText, type YamlPath } from '../../cluster/yaml-document.ts';
import { FieldPathInvalid, parseFieldPath, type PathStep } from '../field-path.ts';
import { placeholdersIn } from '../interpolate.ts';
import type { ApiField, ApiFields, ScalarType, Shape } from '../../kubernetes/api-fields.ts';

/** A field that Kubernetes does not have, or that can not have such a value. */
export interface FieldProblem {
  readonly path: YamlPath;
  readonly message: string;
  /** Some of the claimed versions have it. */
  readonly partly: boolean;
  /** The type that a single value, which the problem is about, is not of. */
  readonly wanted?: ScalarType | 'several';
}

/** The versions of the API that a lab is judged by. */
export interface ClaimedVersions {
  readonly versions: readonly string[];
  /** The lab claims none of them: they are the nearest below and above. What one of them has may be there. */
  readonly nearest: boolean;
}

/** What is looked up: the API, and the versions of it that a lab claims. */
export interface ApiView extends ClaimedVersions {
  readonly api: ApiFields;
  /** Maps of operators, such as `{$in: [...]}`, stand for values; and values are compared, and not sent to an API server. */
  readonly operators: boolean;
  /** The data are whole objects, which have every field that is required. */
  readonly whole?: boolean;
}

/** Of the versions that the API was looked at, those that all of the ranges have; where they have none, the nearest ones. */
export function claimedVersions({ versions }: Pick<ApiFields, 'versions'>, ranges: readonly string[]): ClaimedVersions {
  const claimed = versions.filter((minor) => ranges.every((range) => semver.intersects(range, `${minor}.x`)));
  if (claimed.length > 0) return { versions: claimed, nearest: false };
  const below = versions.findLast((minor) => ranges.some((range) => semver.ltr(`${minor}.0`, range)));
  const above = versions.find((minor) => ranges.some((range) => semver.gtr(`${minor}.0`, range)));
  const near = [below, above].flatMap((minor) => minor ?? []);
  return { versions: near.length > 0 ? near : versions, nearest: true };
}

const listOperators = new Set(['$exact', '$in']);
/** The fields of data that its type does not have, and those that it lacks. */
export function judgeData(data: unknown, shape: Shape, path: YamlPath, view: ApiView): FieldProblem[] {
  const resolved = resolve(shape, view.api);
  if (data === null || data === undefined || resolved.is === 'any') return [];
  if (typeof data !== 'object') return judgeScalar(data, resolved, path, view);
  if (Array.isArray(data)) {
    if (resolved.is !== 'list') return [{ path, message: `expected ${sayShape(resolved)}, found a list`, partly: false }];
    return data.flatMap((item, index) => judgeData(item, resolved.of, [...path, index], view));
  }
  const entries = Object.entries(data);
  if (view.operators && entries.some(([key]) => key.startsWith('$'))) return judgeOperators(entries, shape, path, view);
  if (resolved.is === 'scalar' || resolved.is === 'list')
    return [{ path, message: `expected ${sayShape(resolved)}, found a map`, partly: false }];
  const lacking = view.whole === true && resolved.is === 'object' ? findLacking(data, resolved.type, path, view) : [];
  const inner = entries.flatMap(([key, value]) => {
    if (resolved.is === 'map') return judgeData(value, resolved.of, [...path, key], view);
    const { field, problem } = lookUp(key, resolved.type, [...path, key], view);
    // An API server fills in the status, and leaves out what somebody else writes there.
    const whole = view.whole === true && key !== 'status';
    return [...problem, ...(field === undefined ? [] : judgeData(value, field.shape, [...path, key], { ...view, whole }))];
  });
  return [...lacking, ...inner];
}

function findLacking(data: object, type: string, path: YamlPath, { api, versions }: ApiView): FieldProblem[] {
  const given = new Map<string, unknown>(Object.entries(data));
  return [...(api.types.get(type) ?? [])].flatMap(([name, field]) => {
    const isAsked = field.required && versions.every((version) => field.versions.includes(version));
    const value = given.get(name);
    if (!isAsked || (value !== undefined && value !== null)) return [];
    const message = `expected the field ${showText(name)}, which every ${type.split('.').at(-1)} has`;
    return [{ path, message, partly: false }];
  });
}

function judgeScalar(value: unknown, shape: Shape, path: YamlPath, { operators }: ApiView): FieldProblem[] {
  if (operators && typeof value === 'string' && placeholdersIn(value).length > 0) return [];
  if (shape.is === 'scalar' && isOf(shape.value, value, operators)) return [];
  const wanted = shape.is === 'scalar' ? shape.value : 'several';
  const found = typeof value === 'string' ? showText(value) : String(value);
  const hint = wanted === 'text' ? '; write it in quotes' : '';
  return [{ path, message: `expected ${sayShape(shape)}, found ${found}${hint}`, partly: false, wanted }];
}

/** @param compared a number matches the text of the same number, which an API server would refuse. */
function isOf(type: ScalarType, value: unknown, compared: boolean): boolean {
  const isNumber = typeof value === 'number';
  const isText = typeof value === 'string';
  switch (type) {
    case 'text':
      return isText || (compared && isNumber);
    case 'mixed':
      return isText || isNumber;
    case 'whole':
      return Number.isInteger(value) || (compared && isText && /^-?\d+$/.test(value));
    case 'number':
      return isNumber || (compared && isText && /^-?\d+(?:\.\d+)?$/.test(value));
    case 'truth':
      return typeof value === 'boolean';
  }
}

function judgeOperators(entries: readonly [string, unknown][], shape: Shape, path: YamlPath, view: ApiView): FieldProblem[] {
  const resolved = resolve(shape, view.api);
  return entries.flatMap(([key, value]) => {
    const at = [...path, key];
    if (key === '$not') return judgeData(value, shape, at, view);
    if (key === '$every' && resolved.is === 'list') return judgeData(value, resolved.of, at, view);
    if (!listOperators.has(key) || !Array.isArray(value)) return [];
    const item: Shape = key === '$exact' && resolved.is === 'list' ? resolved.of : shape;
    return value.flatMap((one, index) => judgeData(one, item, [...at, index], view));
  });
}

/** What is wrong with a field path such as `spec.containers[0].image`; undefined where nothing is. */
export function judgeFieldPath(text: string, shape: Shape, at: YamlPath, view: ApiView): FieldProblem[] {
  let parts: readonly PathStep[];
  try {
    parts = parseFieldPath(text);
  } catch (error) {
    if (!(error instanceof FieldPathInvalid)) throw error;
    return [{ path: at, message: error.message, partly: false }];
  }
  const problems: FieldProblem[] = [];
  let here = shape;
  for (const [index, part] of parts.entries()) {
    const resolved = resolve(here, view.api);
    if (resolved.is === 'any') return problems;
    if (resolved.is === 'map' || (resolved.is === 'list' && typeof part === 'number')) here = resolved.of;
    else if (resolved.is === 'object' && typeof part === 'string') {
      const { field, problem } = lookUp(part, resolved.type, at, view);
      problems.push(...problem);
      if (field === undefined) return problems;
      here = field.shape;
    } else {
      const before = parts.slice(0, index).join('.');
      return [
        ...problems,
        { path: at, message: `${before} is ${sayShape(resolved)}, and has no ${showText(String(part))}`, partly: false },
      ];
    }
  }
  return problems;
}

function lookUp(
  name: string,
  type: string,
  path: YamlPath,
  { api, versions, nearest: isNearest }: ApiView,
): { field: ApiField | undefined; problem: FieldProblem[] } {
  const fields = api.types.get(type) ?? new Map<string, ApiField>();
  const field = fields.get(name);
  const without = versions.filter((version) => field?.versions.includes(version) !== true);
  if (without.length === 0 || (isNearest && without.length < versions.length)) return { field, problem: [] };
  const what = type.split('.').at(-1) ?? type;
  if (field !== undefined && without.length < versions.length)
    return {
      field,
      problem: [{ path, message: `${what} has no field ${showText(name)} in Kubernetes ${without.join(' and ')}`, partly: true }],
    };
  const near = nearest(name, [...fields.keys()]);
  const hint = near === undefined || near === name ? '' : `; did you mean ${near}?`;
  const where =
    field === undefined ? '' : isNearest ? ` in Kubernetes ${sayNearest(versions)}` : ' in the versions that the lab claims';
  return { field, problem: [{ path, message: `${what} has no field ${showText(name)}${where}${hint}`, partly: false }] };
}

/** A type of which no fields are known may hold anything. */
function resolve(shape: Shape, api: ApiFields): Shape {
  return shape.is === 'object' && (api.types.get(shape.type)?.size ?? 0) === 0 ? { is: 'any' } : shape;
}

/** The versions that stand for those that a lab claims, and of which nothing is known. */
export function sayNearest(versions: readonly string[]): string {
  return `${versions.join(' and ')}, the nearest known to what the lab claims`;
}

const scalarWords: Readonly<Record<ScalarType, string>> = {
  text: 'a text',
  whole: 'a whole number',
  number: 'a number',
  truth: 'true or false',
  mixed: 'a text or a number',
};

function sayShape(shape: Shape): string {
  return shape.is === 'list' ? 'a list' : shape.is === 'scalar' ? scalarWords[shape.value] : 'a map';
}
