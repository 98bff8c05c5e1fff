import { takeInventory } from './cache-inventory.ts';
import { choosePrunable } from './cache-item.ts';
import { pruneItems } from './cache-prune.ts';
import { defineCommand } from './command.ts';

export const boxPrune = defineCommand({
  name: 'prune',
  summary: 'remove the base boxes that no cluster on this host was made from',
  description: 'Node images are copies of their own and stay. Asks first, or needs --yes.',
  args: {},
  flags: { all: { type: 'boolean', summary: 'all of them' } },
  examples: [{ command: 'kubelab box prune --all --yes', what: 'so that the next up makes one anew' }],
  needsRoot: true,
  run: async ({ flags }, context) => {
    const boxes = (await takeInventory(context)).filter(({ kind }) => kind === 'base');
    return pruneItems(context, choosePrunable(boxes, { all: flags.all, now: new Date() }));
  },
});
