import { KubelabError } from '../../errors/errors.ts';
import type { Runner } from '../../exec/runner.ts';
import { listGuests, openHypervisor } from './open-hypervisor.ts';
import type { VagrantContext, VagrantSettings } from './settings.ts';

/**
 * Copies the system disk of a node's machine, with all that it was cloned from, into a qcow2.
 * @throws KubelabError `KL-MACHINE-FAILED` where there is no such machine, or it is not off.
 */
export async function copySystemDisk(
  node: string,
  target: string,
  settings: VagrantSettings,
  context: VagrantContext & { readonly root: Runner },
): Promise<void> {
  const hypervisor = openHypervisor(settings, context);
  const guest = (await listGuests(hypervisor, settings)).find((candidate) => candidate.node === node);
  if (guest?.state !== 'stopped')
    throw new KubelabError(
      'KL-MACHINE-FAILED',
      `the machine of ${node} is not there or not off, so that its disk can not be copied`,
    );
  await hypervisor.copyDisk(guest.id, target, context.root);
}
