import { z } from 'zod';
import { specSchema } from './spec.ts';

/** The JSON Schema of what a user writes in kubelab.yaml, for editors. */
export function specJsonSchema(): Record<string, unknown> {
  // Draft 7 is what every editor's YAML support reads.
  const { $schema, ...schema } = z.toJSONSchema(specSchema, { io: 'input', target: 'draft-7' });
  return {
    $schema,
    $id: 'urn:kubelab:cluster:v1',
    title: 'kubelab.yaml',
    description: 'A Kubernetes cluster on machines of its own, as kubelab makes it. Everything but the name has a default.',
    ...schema,
  };
}

/** The text of kubelab.schema.json. */
export function renderSpecJsonSchema(): string {
  return `${JSON.stringify(specJsonSchema(), undefined, 2)}\n`;
}
