import { z } from 'zod';

/**
 * The kinds and fields of Kubernetes' own API at some versions, kept in labs/kubernetes-fields.json. It says what an API
 * server knows, not what it serves by default.
 */
export interface ApiFields {
  /** The minors that were looked at, in order. */
  readonly versions: readonly string[];
  /** By `apiVersion/kind`, such as `apps/v1/Deployment` or `v1/Pod`. */
  readonly kinds: ReadonlyMap<string, ApiKind>;
  /** By name, then by field. */
  readonly types: ReadonlyMap<string, ReadonlyMap<string, ApiField>>;
}

export interface ApiKind {
  readonly type: string;
  readonly namespaced: boolean;
  /** Those of the versions that have it. */
  readonly versions: readonly string[];
}

export interface ApiField {
  readonly shape: Shape;
  /** An API server refuses an object without it. */
  readonly required: boolean;
  readonly versions: readonly string[];
}

/** What a single value is. `mixed` is a text or a number: a quantity, or a port by number or name. */
export type ScalarType = 'text' | 'whole' | 'number' | 'truth' | 'mixed';

/** What a field holds. `any` may hold anything, `scalar` is a single value. */
export type Shape =
  | { readonly is: 'scalar'; readonly value: ScalarType }
  | { readonly is: 'any' }
  | { readonly is: 'list'; readonly of: Shape }
  | { readonly is: 'map'; readonly of: Shape }
  | { readonly is: 'object'; readonly type: string };

const fileSchema = z.strictObject({
  versions: z.array(z.string()),
  kinds: z.record(z.string(), z.string()),
  types: z.record(z.string(), z.string()),
});
export type ApiFieldsFile = z.infer<typeof fileSchema>;

/**
 * Reads the file: a kind is `TYPE namespaced` or `TYPE cluster`, a type is a list of `FIELD:SHAPE`. A shape is a
 * letter for a scalar (`t` text, `i` whole number, `n` number, `b` truth value, `s` text or number), `any`, the name of a
 * type, `[]SHAPE` or `{}SHAPE`. `!` says that a field is required; `@1.30` from which version on something is there,
 * `<1.36` before which one.
 * @throws when the file holds anything else.
 */
export function parseApiFields(text: string): ApiFields {
  const { versions, kinds, types } = fileSchema.parse(JSON.parse(text));
  return {
    versions,
    kinds: new Map(Object.entries(kinds).map(([name, line]) => [name, parseKind(line, versions)])),
    types: new Map(Object.entries(types).map(([name, line]) => [name, parseType(line, versions)])),
  };
}

function parseKind(line: string, versions: readonly string[]): ApiKind {
  const [type = '', scope = '', span = ''] = line.split(' ');
  return { type, namespaced: scope === 'namespaced', versions: parseSpan(span, versions) };
}

function parseType(line: string, versions: readonly string[]): Map<string, ApiField> {
  const fields = line.split(' ').flatMap((part): [string, ApiField][] => {
    const [, name, shape = '', mark, span = ''] = /^([^:]+):([^!@<]+)(!?)(.*)$/.exec(part) ?? [];
    const field = { shape: parseShape(shape), required: mark === '!', versions: parseSpan(span, versions) };
    return name === undefined ? [] : [[name, field]];
  });
  return new Map(fields);
}

const scalarTypes: ReadonlyMap<string, ScalarType> = new Map([
  ['t', 'text'],
  ['i', 'whole'],
  ['n', 'number'],
  ['b', 'truth'],
  ['s', 'mixed'],
]);

function parseShape(text: string): Shape {
  const value = scalarTypes.get(text);
  if (value !== undefined) return { is: 'scalar', value };
  if (text === 'any') return { is: 'any' };
  if (text.startsWith('[]')) return { is: 'list', of: parseShape(text.slice(2)) };
  return text.startsWith('{}') ? { is: 'map', of: parseShape(text.slice(2)) } : { is: 'object', type: text };
}

function parseSpan(span: string, versions: readonly string[]): string[] {
  const from = /@([0-9.]+)/.exec(span)?.[1];
  const until = /<([0-9.]+)/.exec(span)?.[1];
  const first = from === undefined ? 0 : versions.indexOf(from);
  return versions.slice(first, until === undefined ? versions.length : versions.indexOf(until));
}
