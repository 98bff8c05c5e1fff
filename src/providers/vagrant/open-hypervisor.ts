import type { Hypervisor } from './hypervisor.ts';
import { libvirt } from './libvirt.ts';
import type { VagrantContext, VagrantSettings } from './settings.ts';
import { virtualbox } from './virtualbox.ts';

/** What runs the machines of a cluster. */
export function openHypervisor(settings: VagrantSettings, context: VagrantContext): Hypervisor {
  return settings.provider === 'libvirt' ? libvirt(settings, context) : virtualbox(settings, context);
}
