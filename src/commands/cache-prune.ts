import { KubelabError } from '../errors/errors.ts';
import { removeItems, takeInventory } from './cache-inventory.ts';
import { type CacheItem, choosePrunable } from './cache-item.ts';
import { countThings, sumBytes, tabulate } from './cache-list.ts';
import { type CommandResult, defineCommand } from './command.ts';
import type { Context } from './context.ts';

export const cachePrune = defineCommand({
  name: 'prune',
  summary: 'remove what no cluster on this host was made from',
  description:
    'System containers are copies of their own, and what virtual machines were cloned from stays, so that even --all harms none; what is gone is made or downloaded anew when it is needed. What was used in the last ten minutes stays, as another run may need it. Asks first, or needs --yes.',
  args: {},
  flags: {
    days: { type: 'number', value: 'count', summary: 'keep what was used in this many days' },
    all: { type: 'boolean', summary: 'also what clusters were made from, and what was used a moment ago' },
  },
  examples: [
    { command: 'kubelab cache prune --days 30', what: 'what nobody used for a month' },
    { command: 'kubelab cache prune --all --yes', what: 'everything, without asking' },
  ],
  needsRoot: true,
  run: async ({ flags }, context) => {
    const { days, all } = flags;
    if (days !== undefined && days < 0) throw new KubelabError('KL-USE', '--days takes a number of days, 0 or more.');
    const choice = { all, now: new Date(), ...(days === undefined ? {} : { days }) };
    return pruneItems(context, choosePrunable(await takeInventory(context), choice));
  },
});

/** Removes items of the cache, after the person agreed. */
export async function pruneItems(context: Context, items: readonly CacheItem[]): Promise<CommandResult> {
  const bytes = sumBytes(items);
  if (items.length === 0) return { data: { removed: [], bytes: 0 }, human: () => 'There is nothing to remove.' };
  for (const { name } of context.globals.yes ? [] : items) context.events({ type: 'note', text: `to be removed: ${name}` });
  if (!(await context.ask({ text: `Remove ${countThings(items)}?`, flag: '--yes' })))
    return { data: { removed: [], bytes: 0 }, human: () => 'Nothing was removed.' };
  await removeItems(context, items);
  return {
    data: { removed: items, bytes },
    human: () => [tabulate(items), { kind: 'text', tone: 'good', text: `Removed ${countThings(items)}.` }],
  };
}
