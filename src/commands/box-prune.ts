import { takeInventory } from './cache-inventory.ts';
import { choosePrunable, isBox } from './cache-item.ts';
import { pruneItems } from './cache-prune.ts';
import { defineCommand } from './command.ts';

export const boxPrune = defineCommand({
  name: 'prune',
  summary: 'remove the base boxes that no cluster on this host was made from',
  description:
    'Node images of system containers are copies of their own and stay. What virtual machines were cloned from stays while they are there. Asks first, or needs --yes.',
  args: {},
  flags: { all: { type: 'boolean', summary: 'all of them' } },
  examples: [{ command: 'kubelab box prune --all --yes', what: 'so that the next up makes one anew' }],
  needsRoot: true,
  run: async ({ flags }, context) => {
    const boxes = (await takeInventory(context)).filter(({ kind }) => isBox(kind));
    return pruneItems(context, choosePrunable(boxes, { all: flags.all, now: new Date() }));
  },
});
