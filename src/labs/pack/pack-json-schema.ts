import { z } from 'zod';
import { packSchema } from './pack.ts';

/** The JSON Schema of what an author writes in pack.yaml, for editors. */
export function packJsonSchema(): Record<string, unknown> {
  // Draft 7 is what every editor's YAML support reads.
  const { $schema, ...schema } = z.toJSONSchema(packSchema, { io: 'input', target: 'draft-7' });
  return {
    $schema,
    $id: 'urn:kubelab:pack:v1',
    title: 'pack.yaml',
    description: 'Labs that belong together: what they are called, who made them, and in which order they are done.',
    ...schema,
  };
}

/** The text of labs/pack.schema.json. */
export function renderPackJsonSchema(): string {
  return `${JSON.stringify(packJsonSchema(), undefined, 2)}\n`;
}
