import { describeFile, renderJsonSchema } from './json-schema.ts';
import { specSchema } from './spec.ts';

/** The JSON Schema of what a user writes in kubelab.yaml, for editors. */
export function specJsonSchema(): Record<string, unknown> {
  return describeFile(specSchema, {
    $id: 'urn:kubelab:cluster:v1',
    title: 'kubelab.yaml',
    description: 'A Kubernetes cluster on machines of its own, as kubelab makes it. Everything but the name has a default.',
  });
}

/** The text of kubelab.schema.json. */
export function renderSpecJsonSchema(): string {
  return renderJsonSchema(specJsonSchema());
}
