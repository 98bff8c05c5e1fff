import { describeFile, renderJsonSchema } from '../../cluster/json-schema.ts';
import { describeExtensions } from '../extensions.ts';
import { packSchema } from './pack.ts';

/** The JSON Schema of what an author writes in pack.yaml, for editors. */
export function packJsonSchema(): Record<string, unknown> {
  const about = {
    $id: 'urn:kubelab:pack:v1',
    title: 'pack.yaml',
    description: 'Labs that belong together: what they are called, who made them, and in which order they are done.',
  };
  return describeFile(packSchema, about, { override: describeExtensions });
}

/** The text of labs/pack.schema.json. */
export function renderPackJsonSchema(): string {
  return renderJsonSchema(packJsonSchema());
}
