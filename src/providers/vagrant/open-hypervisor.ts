import { findGuests, type Guest, readIds } from './guests.ts';
import type { Hypervisor } from './hypervisor.ts';
import { libvirt } from './libvirt.ts';
import type { VagrantContext, VagrantSettings } from './settings.ts';
import { virtualbox } from './virtualbox.ts';

/** What runs the machines of a cluster. */
export function openHypervisor(settings: VagrantSettings, context: VagrantContext): Hypervisor {
  return settings.provider === 'libvirt' ? libvirt(settings, context) : virtualbox(settings, context);
}

/** The cluster's machines, whatever state they are in. */
export async function listGuests(hypervisor: Hypervisor, settings: VagrantSettings): Promise<Guest[]> {
  const [all, ids] = await Promise.all([hypervisor.list(), readIds(settings)]);
  return findGuests(all, ids, settings.cluster);
}
