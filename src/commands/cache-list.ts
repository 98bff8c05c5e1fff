import type { Block } from '../ui/block.ts';
import { formatBytes } from '../ui/format.ts';
import { takeInventory } from './cache-inventory.ts';
import { type CacheItem, kindNames } from './cache-item.ts';
import { defineCommand } from './command.ts';

export const cacheList = defineCommand({
  name: 'list',
  summary: 'list what is kept for all clusters, and which of them use it',
  description: 'Sizes are before compression, and what a node image shares with machines is not counted.',
  args: {},
  flags: {},
  examples: [{ command: 'kubelab cache list --json', what: 'for scripts' }],
  needsRoot: true,
  run: async (_, context) => {
    const items = await takeInventory(context);
    const { cache } = context.folders;
    return { data: { folder: cache, items, bytes: sumBytes(items) }, human: () => describe(cache, items) };
  },
});

export function sumBytes(items: readonly CacheItem[]): number {
  return items.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** How many, and how large together. */
export function countThings(items: readonly CacheItem[]): string {
  return `${items.length} ${items.length === 1 ? 'thing' : 'things'}, ${formatBytes(sumBytes(items))}`;
}

function describe(cache: string, items: readonly CacheItem[]): Block[] {
  if (items.length === 0) return [{ kind: 'text', text: `The cache is empty (${cache}).` }];
  return [
    { kind: 'text', text: `${countThings(items)}, in ${cache}` },
    tabulate(items),
    { kind: 'commands', title: 'Next:', commands: [{ command: 'kubelab cache prune', what: 'remove what no cluster uses' }] },
  ];
}

/** A row for each. */
export function tabulate(items: readonly CacheItem[]): Block {
  const rows = items.map((item) => [
    kindNames[item.kind],
    item.kind === 'archive' ? [item.name.slice(0, 19), item.part ?? ''].join(' ').trim() : item.name,
    formatBytes(item.bytes),
    item.lastUse.toISOString().slice(0, 16).replace('T', ' '),
    item.usedBy.length === 0 ? '-' : item.usedBy.join(', '),
  ]);
  return { kind: 'table', table: { columns: ['WHAT', 'NAME', 'SIZE', 'LAST USE (UTC)', 'USED BY'], rows, right: [2] } };
}
