import { renderSpecJsonSchema, specJsonSchema } from '../cluster/spec-json-schema.ts';
import { defineCommand } from './command.ts';

export const schema = defineCommand({
  name: 'schema',
  summary: 'print the JSON Schema of kubelab.yaml, for editors',
  args: {},
  flags: {},
  examples: [{ command: 'kubelab schema > kubelab.schema.json', what: 'keep it beside kubelab.yaml' }],
  run: async () => ({ data: specJsonSchema(), human: renderSpecJsonSchema }),
});
