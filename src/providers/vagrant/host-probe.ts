import type { VirtualFinding } from '../../cluster/choose-provider.ts';
import { type Capabilities, emulatedMachine, virtualMachine } from '../../cluster/provider.ts';
import { type Acceleration, emulationSpeed, probeAcceleration } from './acceleration.ts';
import { probeLibvirt } from './libvirt-probe.ts';
import { findVagrant } from './vagrant-program.ts';
import type { VagrantProbeContext, VirtualHostProbe } from './virtual-host.ts';
import { probeVirtualBox } from './virtualbox-probe.ts';

export interface VagrantHostProbe {
  readonly acceleration: Acceleration;
  readonly libvirt: VirtualHostProbe;
  readonly virtualbox: VirtualHostProbe;
}

/**
 * Finds out whether Vagrant can run virtual machines here, with libvirt and with VirtualBox. Changes nothing; takes some
 * seconds, most of them in Vagrant and in the guest that is booted.
 * @param known what is known of the accelerator already.
 * @throws Interrupted when the signal was aborted.
 */
export async function probeVagrantHost(context: VagrantProbeContext, known?: Acceleration): Promise<VagrantHostProbe> {
  const [acceleration, vagrant] = await Promise.all([known ?? probeAcceleration(context), findVagrant(context)]);
  const [libvirt, virtualbox] = await Promise.all([
    probeLibvirt(context, vagrant, acceleration),
    probeVirtualBox(context, vagrant, acceleration),
  ]);
  return {
    acceleration,
    libvirt: { ...libvirt, capabilities: capabilitiesOf(libvirt.acceleration, acceleration.qemu?.version) },
    virtualbox: { ...virtualbox, capabilities: capabilitiesOf(virtualbox.acceleration, undefined) },
  };
}

function capabilitiesOf(acceleration: VirtualFinding['acceleration'], qemu: string | undefined): Capabilities {
  return acceleration === 'emulated' ? emulatedBy(qemu) : virtualMachine;
}

/** What a virtual machine has whose processors are emulated. @param qemu the version of QEMU, where it is known. */
export function emulatedBy(qemu: string | undefined): Capabilities {
  if (qemu === undefined) return emulatedMachine;
  return { ...emulatedMachine, differences: [...emulatedMachine.differences, ...emulationSpeed(qemu)] };
}
