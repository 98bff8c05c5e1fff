import { takeInventory } from './cache-inventory.ts';
import { isBox } from './cache-item.ts';
import { sumBytes, tabulate } from './cache-list.ts';
import { defineCommand } from './command.ts';

export const boxList = defineCommand({
  name: 'list',
  summary: 'list the base boxes that are there',
  args: {},
  flags: {},
  examples: [{ command: 'kubelab box list --json', what: 'for scripts' }],
  needsRoot: true,
  run: async (_, context) => {
    const boxes = (await takeInventory(context)).filter(({ kind }) => isBox(kind));
    return {
      data: { boxes, bytes: sumBytes(boxes) },
      human: () => (boxes.length === 0 ? 'There is no base box yet: up makes one, or kubelab box build.' : [tabulate(boxes)]),
    };
  },
});
