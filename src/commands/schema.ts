import { renderSpecJsonSchema, specJsonSchema } from '../cluster/spec-json-schema.ts';
import { KubelabError } from '../errors/errors.ts';
import { defineCommand } from './command.ts';

export const schema = defineCommand({
  name: 'schema',
  summary: 'print the JSON Schema of kubelab.yaml, for editors',
  args: {},
  flags: {
    lab: { type: 'boolean', summary: 'that of a lab.yaml instead' },
    pack: { type: 'boolean', summary: 'that of a pack.yaml instead' },
  },
  examples: [
    { command: 'kubelab schema > kubelab.schema.json', what: 'keep it beside kubelab.yaml' },
    { command: 'kubelab schema --lab > lab.schema.json', what: 'keep it beside the folders of labs' },
    { command: 'kubelab schema --pack > pack.schema.json', what: 'keep it beside pack.yaml' },
  ],
  run: async ({ flags }) => {
    if (flags.lab && flags.pack) throw new KubelabError('KL-USE', 'give --lab or --pack, and not both');
    if (flags.pack) {
      const { packJsonSchema, renderPackJsonSchema } = await import('../labs/pack/pack-json-schema.ts');
      return { data: packJsonSchema(), human: renderPackJsonSchema };
    }
    if (!flags.lab) return { data: specJsonSchema(), human: renderSpecJsonSchema };
    const { labJsonSchema, renderLabJsonSchema } = await import('../labs/lab-json-schema.ts');
    return { data: labJsonSchema(), human: renderLabJsonSchema };
  },
});
