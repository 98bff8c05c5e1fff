import { renderSpecJsonSchema, specJsonSchema } from '../cluster/spec-json-schema.ts';
import { defineCommand } from './command.ts';

export const schema = defineCommand({
  name: 'schema',
  summary: 'print the JSON Schema of kubelab.yaml, for editors',
  args: {},
  flags: { lab: { type: 'boolean', summary: 'that of a lab.yaml instead' } },
  examples: [
    { command: 'kubelab schema > kubelab.schema.json', what: 'keep it beside kubelab.yaml' },
    { command: 'kubelab schema --lab > lab.schema.json', what: 'keep it beside the folders of labs' },
  ],
  run: async ({ flags }) => {
    if (!flags.lab) return { data: specJsonSchema(), human: renderSpecJsonSchema };
    const { labJsonSchema, renderLabJsonSchema } = await import('../labs/lab-json-schema.ts');
    return { data: labJsonSchema(), human: renderLabJsonSchema };
  },
});
