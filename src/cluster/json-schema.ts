import { z } from 'zod';

type JsonSchemaOptions = Omit<NonNullable<Parameters<typeof z.toJSONSchema>[1]>, 'io' | 'target'>;

/** The JSON Schema of what is written in a file, for editors. */
export function describeFile(
  schema: z.ZodType,
  about: { readonly $id: string; readonly title: string; readonly description: string },
  options: JsonSchemaOptions = {},
): Record<string, unknown> {
  // Draft 7 is what every editor's YAML support reads.
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input', target: 'draft-7', ...options });
  return { $schema, ...about, ...rest };
}

/** As such a file is kept. */
export function renderJsonSchema(schema: Record<string, unknown>): string {
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}
