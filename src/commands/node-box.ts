import { resolveBaseBox } from '../artifacts/base-box.ts';
import type { Plan } from '../cluster/plan.ts';
import { readProviderWish } from '../cluster/spec.ts';
import { nodeDiskShape } from '../providers/vagrant/disk-image.ts';
import { hasNodeBox, nodeBoxName } from '../providers/vagrant/node-box.ts';
import type { VmBaseSettings } from '../providers/vagrant/vm-image.ts';
import { makesNodeImage } from './choose-box.ts';
import { boxPlace, makesImageInMachine, nameMachineBox } from './machine-box.ts';
import { noProvider } from './plan-workspace.ts';
import type { Workspace } from './workspace.ts';

/**
 * What runs the machines of a rendered folder, as far as the spec says it: Kubernetes has to know of processors that are
 * emulated, and VirtualBox has a range of its own. What else, Vagrant chooses.
 */
export function renderedProvider({ spec }: Pick<Workspace, 'spec'>): Plan['provider'] {
  const { name, emulation } = readProviderWish(spec);
  if (emulation) return { ...noProvider, name: 'libvirt', emulated: true };
  return name === 'libvirt' || name === 'virtualbox' ? { ...noProvider, name } : noProvider;
}

/** From what the node image of a plan is made for virtual machines. */
export async function nodeImageSettings(workspace: Workspace, plan: Plan): Promise<VmBaseSettings> {
  const { context, provision, specFolder } = workspace;
  return {
    base: await resolveBaseBox(plan.box, provision, specFolder, 'vm'),
    provision,
    cache: context.folders.cache,
    shape: nodeDiskShape(plan.provider.emulated === true),
  };
}

/**
 * The box that a rendered folder asks for, with a node image inside. Where none is made natively of the spec's box on this
 * host, only if Vagrant has one that was made in a machine of it, or if machines of the plain box would find no images.
 */
export async function nameNodeBox(workspace: Workspace, plan: Plan): Promise<string | undefined> {
  const { spec, context } = workspace;
  if (makesNodeImage(spec.box, context.machine)) return nodeBoxName(await nodeImageSettings(workspace, plan), plan.lock);
  const name = makesImageInMachine(plan) ? await nameMachineBox(workspace, plan) : undefined;
  if (name === undefined) return undefined;
  if (imagesAreBuilt(plan)) return name;
  const providers = plan.provider.name === 'nspawn' ? (['libvirt', 'virtualbox'] as const) : [plan.provider.name];
  const found = await Promise.all(providers.map((provider) => hasNodeBox(name, boxPlace(workspace, provider))));
  return found.includes(true) ? name : undefined;
}

/** Whether the images of a plan were made from Go modules: they are on no registry. */
export function imagesAreBuilt({ lock, source }: Pick<Plan, 'lock' | 'source'>): boolean {
  return (lock.origin ?? source.kind) === 'go';
}
