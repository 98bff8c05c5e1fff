import { z } from 'zod';
import { labFields, stepSchema } from './lab.ts';

/** The JSON Schema of what an author writes in lab.yaml, for editors. */
export function labJsonSchema(): Record<string, unknown> {
  // Draft 7 is what every editor's YAML support reads.
  const { $schema, ...schema } = z.toJSONSchema(labFields, {
    io: 'input',
    target: 'draft-7',
    reused: 'ref',
    // Only what kubelab itself writes may be without solutions.
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema === stepSchema) jsonSchema.required = [...(jsonSchema.required ?? []), 'solve'];
    },
  });
  return {
    $schema,
    $id: 'urn:kubelab:lab:v1',
    title: 'lab.yaml',
    description: 'A guided lab: what has to be there, what the learner does step by step, and how it is checked.',
    ...schema,
  };
}

/** The text of labs/lab.schema.json. */
export function renderLabJsonSchema(): string {
  return `${JSON.stringify(labJsonSchema(), undefined, 2)}\n`;
}
