import { z } from 'zod';
import { unwrap } from '../cluster/schema-issues.ts';

/** Keys that begin so are free for extensions: other programs read them, and kubelab never does. */
const prefix = 'x-';

/**
 * What is written in a lab.yaml or a pack.yaml, without its extensions. Only maps of fields have room for them: in one whose keys
 * are names that the author chooses, such as labels, every key is a name.
 */
export function withoutExtensions(schema: z.ZodType, data: unknown): unknown {
  return strip([schema], data);
}

/** @param schemas one, or the branches of a union that the data may be of. */
function strip(schemas: readonly unknown[], data: unknown): unknown {
  if (typeof data !== 'object' || data === null) return data;
  const branches = schemas.flatMap(branchesOf);
  const items = branches.flatMap((branch) => (branch instanceof z.ZodArray ? [branch.element] : []));
  if (Array.isArray(data)) return items.length === 0 ? data : data.map((item) => strip(items, item));
  const maps = branches.flatMap((branch) => (branch instanceof z.ZodObject ? [branch.shape as Record<string, unknown>] : []));
  const values = branches.flatMap((branch) => (branch instanceof z.ZodRecord ? [branch.valueType] : []));
  if (maps.length === 0 && values.length === 0) return data;
  const fields = Object.entries(data).filter(([key]) => maps.length === 0 || !key.startsWith(prefix));
  const schemasOf = (key: string): unknown[] => [
    ...maps.flatMap((map) => (Object.hasOwn(map, key) ? [map[key]] : [])),
    ...values,
  ];
  return Object.fromEntries(fields.map(([key, value]) => [key, strip(schemasOf(key), value)]));
}

function branchesOf(schema: unknown): unknown[] {
  const inner = unwrap(schema);
  return inner instanceof z.ZodUnion ? inner.options.flatMap(branchesOf) : [inner];
}

/** Has the JSON Schema of a map of fields say that it has room for extensions. */
export function describeExtensions({ zodSchema, jsonSchema }: OverriddenSchema): void {
  if (zodSchema instanceof z.ZodObject) jsonSchema.patternProperties = { [`^${prefix}`]: {} };
}

type OverriddenSchema = Parameters<NonNullable<NonNullable<Parameters<typeof z.toJSONSchema>[1]>['override']>>[0];
