import { resolveBaseBox } from '../artifacts/base-box.ts';
import type { Plan } from '../cluster/plan.ts';
import { readProviderWish } from '../cluster/spec.ts';
import { nodeDiskShape } from '../providers/vagrant/disk-image.ts';
import { nodeBoxName } from '../providers/vagrant/node-box.ts';
import type { VmBaseSettings } from '../providers/vagrant/vm-image.ts';
import { makesNodeImage } from './choose-box.ts';
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

/** The box that a rendered folder asks for, with a node image inside; undefined where none is made of the spec's box here. */
export async function nameNodeBox(workspace: Workspace, plan: Plan): Promise<string | undefined> {
  if (!makesNodeImage(workspace.spec.box, workspace.context.machine)) return undefined;
  return nodeBoxName(await nodeImageSettings(workspace, plan), plan.lock);
}
