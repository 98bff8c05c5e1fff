import path from 'node:path';
import { isKnownBox } from '../artifacts/cloud-images.ts';
import type { Plan } from '../cluster/plan.ts';
import type { Spec } from '../cluster/spec.ts';
import type { BoxProvider } from '../providers/vagrant/box.ts';
import { boxShelf } from '../providers/vagrant/box-shelf.ts';
import { hasNodeBox, machineNodeBoxName, type NodeBoxPlace } from '../providers/vagrant/node-box.ts';
import type { PlainBoxAhead } from '../providers/vagrant/plain-box-home.ts';
import { architectureOf, makesNodeImage } from './choose-box.ts';
import type { Context } from './context.ts';
import { vagrantHome } from './machines.ts';
import type { Workspace } from './workspace.ts';

/** Whether a node image can be made in a machine of a plain box: kubelab makes no boxes for VirtualBox on arm64. */
export function makesImageInMachine({ provider, lock }: Pick<Plan, 'provider' | 'lock'>): boolean {
  return provider.name !== 'virtualbox' || lock.architecture !== 'arm64';
}

/** Where Vagrant finds the boxes of a provider. */
export function boxPlace({ context, root }: Pick<Workspace, 'context' | 'root'>, provider: BoxProvider): NodeBoxPlace {
  const home = vagrantHome(context);
  return {
    provider,
    vagrantHome: home,
    shelf: boxShelf(provider, home, { runner: context.runner, root, signal: context.signal }),
  };
}

/**
 * The box of a node image that was made in a machine of a plan's plain box, where it is there. As for a rendered folder,
 * its name says enough: the newest one of that name is taken.
 */
export async function findMachineBox(
  workspace: Workspace,
  { plainBox: plain, lock, provider }: Pick<Plan, 'plainBox' | 'lock' | 'provider'>,
): Promise<string | undefined> {
  if (plain === undefined || provider.name === 'nspawn') return undefined;
  const { provision } = workspace;
  const name = await machineNodeBoxName({ plain, lock, provision, emulated: provider.emulated === true });
  return (await hasNodeBox(name, boxPlace(workspace, provider.name))) ? name : undefined;
}

/** The name that the box of a node image gets which is made in a machine of the spec's box; undefined where none is. */
export async function nameMachineBox(
  { context, spec, specFolder, provision }: Workspace,
  { lock, provider }: Pick<Plan, 'lock' | 'provider'>,
): Promise<string | undefined> {
  const plain = lookAhead(spec.box, context.machine, specFolder);
  if (plain === undefined) return undefined;
  return machineNodeBoxName({ plain, lock, provision, emulated: provider.emulated === true });
}

/** The plain box that a spec leads to, without a look at what its publisher has. */
function lookAhead(box: Spec['box'], machine: Context['machine'], specFolder: string): PlainBoxAhead | undefined {
  if (typeof box === 'object') return { kind: 'url', ...box };
  if (box.endsWith('.box')) return { kind: 'file', path: path.resolve(specFolder, box) };
  if (makesNodeImage(box, machine) || !isKnownBox(box)) return undefined;
  return { kind: 'cloud', name: box, architecture: architectureOf(machine) };
}
