import { asRoot } from '../exec/root.ts';
import { missingProgram } from '../exec/search-path.ts';
import {
  type InstalledBox,
  type InventoryContext,
  listInstalledBoxes,
  removeInstalledBox,
} from '../providers/vagrant/box-inventory.ts';
import type { CacheItem } from './cache-item.ts';
import type { Context } from './context.ts';
import { vagrantHome } from './machines.ts';
import { findVBoxManage } from './vbox-manage.ts';

/** The boxes that kubelab gave Vagrant, and their disks in libvirt's pool. */
export async function listBoxItems(context: Context): Promise<readonly CacheItem[]> {
  return (await listInstalledBoxes(await openInventory(context))).map(describe);
}

/** Removes boxes by the tools of what holds them. */
export async function removeBoxItems(context: Context, items: readonly CacheItem[]): Promise<void> {
  if (items.length === 0) return;
  const inventory = await openInventory(context);
  const installed = await listInstalledBoxes(inventory);
  for (const item of items) {
    const found = installed.find((candidate) => candidate.path === item.path);
    if (found === undefined) continue;
    context.events({ type: 'progress', id: 'remove', text: item.name });
    await removeInstalledBox(found, inventory);
  }
}

async function openInventory(context: Context): Promise<InventoryContext> {
  const { runner, signal, userId, env, machine } = context;
  const vboxManage = findVBoxManage(context);
  return {
    runner,
    root: asRoot(runner, userId),
    signal,
    vagrantHome: vagrantHome(context),
    libvirt: machine.platform === 'linux' && !(await missingProgram('virsh', env['PATH'])),
    ...(vboxManage === undefined ? {} : { vboxManage }),
  };
}

function describe(item: InstalledBox): CacheItem {
  const { path, bytes, lastUse, usedBy } = item;
  const what = { path, bytes, lastUse, usedBy, ...(usedBy.length === 0 ? {} : { needed: true }) };
  if (item.kind === 'volume') return { kind: 'box-volume', name: item.volume, ...what };
  return { kind: 'vm-box', name: `${item.box.name} (${item.provider})`, ...what };
}
