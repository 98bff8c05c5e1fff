import { describeFile, renderJsonSchema } from '../cluster/json-schema.ts';
import { describeExtensions } from './extensions.ts';
import { labFields, stepSchema } from './lab.ts';

/** The JSON Schema of what an author writes in lab.yaml, for editors. */
export function labJsonSchema(): Record<string, unknown> {
  const about = {
    $id: 'urn:kubelab:lab:v1',
    title: 'lab.yaml',
    description: 'A guided lab: what has to be there, what the learner does step by step, and how it is checked.',
  };
  return describeFile(labFields, about, {
    reused: 'ref',
    override: (place) => {
      const { zodSchema, jsonSchema } = place;
      describeExtensions(place);
      // Only what kubelab itself writes may be without solutions.
      if (zodSchema === stepSchema) jsonSchema.required = [...(jsonSchema.required ?? []), 'solve'];
    },
  });
}

/** The text of labs/lab.schema.json. */
export function renderLabJsonSchema(): string {
  return renderJsonSchema(labJsonSchema());
}
