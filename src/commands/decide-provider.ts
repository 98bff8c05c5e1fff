import { mkdir } from 'node:fs/promises';
import { missingProgram } from '../exec/search-path.ts';
import type { Runner } from '../exec/runner.ts';
import { chooseProvider, type VirtualFinding } from '../cluster/choose-provider.ts';
import type { Plan } from '../cluster/plan.ts';
import { type Capabilities, virtualMachine } from '../cluster/provider.ts';
import { readProviderWish } from '../cluster/spec.ts';
import { KubelabError } from '../errors/errors.ts';
import { type HostProbe, probeNspawnHost } from '../providers/nspawn/host-probe.ts';
import { type Acceleration, findQemuVersion } from '../providers/vagrant/acceleration.ts';
import { emulatedBy, probeVagrantHost } from '../providers/vagrant/host-probe.ts';
import { recallAcceleration } from '../providers/vagrant/recall-acceleration.ts';
import type { VagrantProbeContext } from '../providers/vagrant/virtual-host.ts';
import type { Context } from './context.ts';
import { findVBoxManage } from './vbox-manage.ts';
import type { Workspace } from './workspace.ts';

export interface Decision {
  readonly provider: Plan['provider'];
  readonly capabilities: Capabilities;
}

/**
 * Decides what runs the machines of a spec on this host, by trying. A cluster that exists keeps what it was made with.
 * @throws KubelabError `KL-HOST-NO-PROVIDER`, `KL-HOST-TOOL-MISSING` or `KL-HOST-KVM-UNUSABLE` with what is missing.
 */
export async function decideProvider(workspace: Workspace): Promise<Decision> {
  const { context, root, spec, state } = workspace;
  const wish = readProviderWish(spec);
  const wanted = wish.name === 'auto' && state !== undefined ? state.provider : wish.name;
  if (state !== undefined && wanted === state.provider && wanted !== 'nspawn') return keep(workspace, wanted, state.emulated);
  const nspawn = await probeContainers(context, root);
  if (wanted === 'nspawn' && nspawn.usable) {
    const why = state === undefined ? 'the spec asks for it' : 'the cluster was made with it';
    return decided('nspawn', why, nspawn.capabilities);
  }
  const virtual = await probeVirtual(workspace, wanted === 'auto' && nspawn.usable);
  const choice = chooseProvider({ wanted, ...virtual.findings, nspawn, tcgAllowed: wish.emulation });
  if (choice.name === undefined) throw refuse(choice);
  const capabilities = choice.name === 'nspawn' ? nspawn.capabilities : virtual.capabilities[choice.name];
  return decided(choice.name, choice.why, capabilities, choice.emulated);
}

/** What this host can do for system containers. */
export function probeContainers({ env, machine, signal }: Context, root: Runner): Promise<HostProbe> {
  return probeNspawnHost({ root, signal, searchPath: env['PATH'] ?? '', platform: machine.platform });
}

async function keep(workspace: Workspace, name: Plan['provider']['name'], emulated: boolean): Promise<Decision> {
  const capabilities = emulated ? emulatedBy(await findQemuVersion(probeContext(workspace))) : virtualMachine;
  return decided(name, 'the cluster was made with it', capabilities, emulated);
}

function decided(name: Plan['provider']['name'], why: string, capabilities: Capabilities, emulated = false): Decision {
  return { provider: { name, why, differences: capabilities.differences, ...(emulated ? { emulated } : {}) }, capabilities };
}

interface VirtualProbe {
  readonly findings: { readonly libvirt: VirtualFinding; readonly virtualbox: VirtualFinding };
  readonly capabilities: { readonly libvirt: Capabilities; readonly virtualbox: Capabilities };
}

/** @param brief whether virtual machines matter only where they run at full speed: then the rest is not looked at. */
async function probeVirtual(workspace: Workspace, brief: boolean): Promise<VirtualProbe> {
  const probe = probeContext(workspace);
  await mkdir(probe.folder, { recursive: true });
  const acceleration = await recallAcceleration(probe);
  // VirtualBox has its own way to the processor, which may work where KVM is not loaded.
  if (brief && acceleration.accelerator !== 'kvm' && (await lacksVirtualBox(probe))) return slowHost(acceleration);
  const { libvirt, virtualbox } = await probeVagrantHost(probe, acceleration);
  return {
    findings: { libvirt, virtualbox },
    capabilities: { libvirt: libvirt.capabilities, virtualbox: virtualbox.capabilities },
  };
}

function slowHost({ why, cures }: Acceleration): VirtualProbe {
  const finding = { usable: false, lacks: [why], packages: [], cures, acceleration: 'none', accelerationWhy: why } as const;
  return {
    findings: { libvirt: finding, virtualbox: finding },
    capabilities: { libvirt: virtualMachine, virtualbox: virtualMachine },
  };
}

async function lacksVirtualBox({ vboxManage, searchPath }: VagrantProbeContext): Promise<boolean> {
  return vboxManage === undefined && (await missingProgram('VBoxManage', searchPath));
}

function probeContext({ context, local, root }: Workspace): VagrantProbeContext {
  const vboxManage = findVBoxManage(context);
  return {
    ...(vboxManage === undefined ? {} : { vboxManage }),
    runner: local,
    root,
    signal: context.signal,
    searchPath: context.env['PATH'] ?? '',
    platform: context.machine.platform,
    architecture: context.machine.architecture,
    folder: context.folders.cache,
  };
}

function refuse(refusal: Extract<ReturnType<typeof chooseProvider>, { readonly name: undefined }>): KubelabError {
  const install = refusal.packages.length > 0 ? [`Install them with: apt-get install ${refusal.packages.join(' ')}`] : [];
  const cures = [...install, ...refusal.cures];
  return new KubelabError(refusal.code, refusal.why, {
    details: refusal.lacks,
    ...(cures.length > 0 ? { cure: cures.join(' ') } : {}),
  });
}
