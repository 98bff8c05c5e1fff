import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { baseBoxKey, type BaseBox, resolveBaseBox, vmSetup } from '../artifacts/base-box.ts';
import type { PlainBox } from '../artifacts/plain-box.ts';
import { isObtained, type Lock } from '../artifacts/source.ts';
import { gatewayOf } from '../cluster/addresses.ts';
import type { Plan } from '../cluster/plan.ts';
import { type Capabilities, emulatedMachine, type Provider, type ProviderName, virtualMachine } from '../cluster/provider.ts';
import type { State } from '../cluster/state.ts';
import type { NodeImageHome } from '../cluster/up-context.ts';
import { managementNetwork } from '../cluster/vagrantfile-view.ts';
import { nameImageBox } from '../cluster/write-folder.ts';
import { subvolumeImageHome } from '../providers/nspawn/image-home.ts';
import { readCapabilities } from '../providers/nspawn/host-probe.ts';
import { nspawnProvider, type NspawnSettings } from '../providers/nspawn/provider.ts';
import { boxHome, imageBoxName } from '../providers/vagrant/box-home.ts';
import { plainBoxHome } from '../providers/vagrant/plain-box-home.ts';
import { nodeDiskShape } from '../providers/vagrant/disk-image.ts';
import { vagrantProvider } from '../providers/vagrant/provider.ts';
import type { VagrantSettings } from '../providers/vagrant/settings.ts';
import { requireBoxTools } from './choose-box.ts';
import { fetchSettings } from './choose-source.ts';
import { findVBoxManage } from './vbox-manage.ts';
import type { Context } from './context.ts';
import { bridgeName, chooseBaseBox, clusterId, type Planned, type Workspace } from './workspace.ts';

/** Where what machines are copied from is made and kept. */
export interface MachineImages extends NodeImageHome {
  /** The key of the base box. */
  readonly baseKey: string;
  /** The key of the node image of a lock with every digest. */
  key(lock: Lock): Promise<string>;
  /** The name that Vagrant knows the image by; undefined while it is not known, absent where Vagrant has no part in it. */
  boxName?(lock: Lock): Promise<string | undefined>;
}

export interface MachineParts {
  readonly provider: Provider;
  readonly images: MachineImages;
}

/** The provider and the place of node images for a plan. `lock` is read again whenever an image is asked for. */
export function machineParts(workspace: Workspace, planned: Planned, lock: () => Lock): Promise<MachineParts> {
  return planned.plan.provider.name === 'nspawn'
    ? containerParts(workspace, planned, lock)
    : virtualParts(workspace, planned, planned.plan.provider.name);
}

async function containerParts(workspace: Workspace, planned: Planned, lock: () => Lock): Promise<MachineParts> {
  const { root, local, context, store } = workspace;
  const { plan } = planned;
  const home = subvolumeImageHome(
    {
      base: await chooseBaseBox(workspace, plan),
      install: plan.install,
      provision: workspace.provision,
      cache: context.folders.cache,
      source: planned.source,
    },
    { root, signal: context.signal, store },
  );
  const provider = nspawnProvider(
    { ...nspawnSettings(workspace, plan.network.nodes, planned.capabilities), image: () => home.image(lock()) },
    { local, root, signal: context.signal, store },
  );
  const key = async (of: Lock): Promise<string> => path.basename(await home.image(of));
  return { provider, images: { ...home, baseKey: home.base.key, key } };
}

async function virtualParts(
  workspace: Workspace,
  planned: Planned,
  name: Exclude<ProviderName, 'nspawn'>,
): Promise<MachineParts> {
  const { local, context } = workspace;
  const settings = planSettings(workspace, planned, name);
  const provider = vagrantProvider(settings, { local, signal: context.signal });
  return { provider, images: await virtualImages(workspace, planned, name) };
}

/** How Vagrant's machines of a plan are made and reached. */
export function planSettings(
  workspace: Workspace,
  { plan, capabilities }: Planned,
  name: Exclude<ProviderName, 'nspawn'>,
): VagrantSettings {
  const emulated = plan.provider.emulated ?? false;
  return vagrantSettings(workspace, { name, network: plan.network, emulated, capabilities });
}

async function virtualImages(
  workspace: Workspace,
  planned: Planned,
  name: Exclude<ProviderName, 'nspawn'>,
): Promise<MachineImages> {
  const { plan } = planned;
  if (plan.nodeBox !== undefined) return laidImage(plan.nodeBox);
  if (plan.plainBox === undefined) return nodeImages(workspace, planned, name);
  return plainImages(workspace, plan, plan.plainBox, name);
}

/** A node image that was made in a machine, and whose box Vagrant has: nothing is left to be made. */
function laidImage(name: string): MachineImages {
  const isThere = (): Promise<boolean> => Promise.resolve(true);
  const nothing = (): Promise<void> => Promise.resolve();
  return {
    hasBase: isThere,
    makeBase: nothing,
    hasImage: isThere,
    makeImage: nothing,
    baseKey: name,
    key: () => Promise.resolve(name),
    boxName: () => Promise.resolve(name),
  };
}

/** Node images that are made on this host. */
async function nodeImages(workspace: Workspace, planned: Planned, name: Exclude<ProviderName, 'nspawn'>): Promise<MachineImages> {
  const { root, local, context, store, folder } = workspace;
  const { plan } = planned;
  const base: BaseBox = await resolveBaseBox(plan.box, workspace.provision, workspace.specFolder, 'vm');
  const home = boxHome(
    {
      base,
      provider: name,
      install: plan.install,
      provision: workspace.provision,
      cache: context.folders.cache,
      source: planned.source,
      shape: nodeDiskShape(plan.provider.emulated === true),
      vagrantHome: vagrantHome(context),
      installed: (imageBox) => nameImageBox(plan, { folder, packageFolder: context.folders.package, imageBox }),
    },
    { root, runner: local, signal: context.signal, store },
  );
  const { PATH = '' } = context.env;
  return {
    ...home,
    makeBase: async (progress) => {
      await requireBoxTools('native', PATH);
      await home.makeBase(progress);
    },
    makeImage: async (of, progress) => {
      await requireBoxTools('native', PATH);
      await home.makeImage(of, progress);
    },
    baseKey: baseBoxKey(base, await vmSetup(workspace.provision)),
    boxName: async (of) => (isObtained(of) ? imageBoxName(await home.key(of)) : undefined),
  };
}

/** A plain box, whose machines install all on their own. */
async function plainImages(
  workspace: Workspace,
  plan: Plan,
  box: PlainBox,
  provider: Exclude<ProviderName, 'nspawn'>,
): Promise<MachineImages> {
  const { root, local, context, folder } = workspace;
  const { signal } = context;
  const home = await plainBoxHome(
    {
      box,
      provider,
      vagrantHome: vagrantHome(context),
      cache: context.folders.cache,
      fetch: { signal, ...fetchSettings(context.env) },
      installed: (imageBox) => nameImageBox(plan, { folder, packageFolder: context.folders.package, imageBox }),
    },
    { root, runner: local, signal },
  );
  const makeBase = async (progress: (text: string) => void): Promise<void> => {
    if (box.kind === 'cloud') await requireBoxTools('cloud', context.env['PATH'] ?? '');
    await home.makeBase(progress);
  };
  return {
    ...home,
    makeBase,
    baseKey: home.name,
    key: () => Promise.resolve(home.name),
    boxName: () => Promise.resolve(home.name),
  };
}

/** Vagrant's own folder. */
export function vagrantHome({ env, folders }: Pick<Context, 'env' | 'folders'>): string {
  return env['VAGRANT_HOME'] ?? path.join(folders.home, '.vagrant.d');
}

/** The provider of a cluster that exists, from its state alone: enough to look, connect, stop and destroy. */
export async function stateProvider(workspace: Workspace, state: State): Promise<Provider> {
  if (state.provider === 'nspawn') return containersWithoutPlan(workspace, state.network.nodes);
  const settings = vagrantSettings(workspace, {
    name: state.provider,
    network: state.network,
    emulated: state.emulated,
    capabilities: state.emulated ? emulatedMachine : virtualMachine,
  });
  return vagrantProvider(settings, { local: workspace.local, signal: workspace.context.signal });
}

/** The provider of machines that no state tells of: enough to find and destroy them, which no address is needed for. */
export function strayProvider(workspace: Workspace): Promise<Provider> {
  return containersWithoutPlan(workspace, '192.0.2.0/24');
}

/** What has to be at hand on the host before machines of a provider are looked at. */
export async function openMachines(workspace: Workspace, provider: ProviderName): Promise<void> {
  if (provider === 'nspawn') await workspace.store.open();
}

async function containersWithoutPlan(workspace: Workspace, subnet: string): Promise<Provider> {
  const { local, root, context, store } = workspace;
  // The kernel is the host's, and may be another one since the machines were made.
  const capabilities = await readCapabilities();
  const noImage = (): Promise<string> => Promise.reject(new Error('a machine is made only from a plan'));
  return nspawnProvider(
    { ...nspawnSettings(workspace, subnet, capabilities), image: noImage },
    { local, root, signal: context.signal, store },
  );
}

function nspawnSettings(workspace: Workspace, subnet: string, capabilities: Capabilities): Omit<NspawnSettings, 'image'> {
  const { folder } = workspace;
  return {
    cluster: clusterId(workspace),
    subnet,
    gateway: gatewayOf(subnet),
    bridge: bridgeName(workspace),
    files: path.join(folder.root, 'machines'),
    logs: folder.logs,
    ...reachMachines(workspace),
    authorizedKey: () => readFile(folder.sshPublicKey, 'utf8'),
    capabilities,
  };
}

/** OpenSSH for Windows can not share a connection. */
function reachMachines({ context, folder }: Workspace): { readonly sshConfig: string; readonly sshSockets: string | undefined } {
  const sshSockets = context.machine.platform === 'win32' ? undefined : path.join(folder.root, 'machines');
  return { sshConfig: path.join(folder.root, 'ssh_config'), sshSockets };
}

interface VirtualMachines {
  readonly name: Exclude<ProviderName, 'nspawn'>;
  readonly network: Pick<Plan['network'], 'nodes' | 'pods' | 'services'>;
  readonly emulated: boolean;
  readonly capabilities: Capabilities;
}

function vagrantSettings(workspace: Workspace, { name, network, emulated, capabilities }: VirtualMachines): VagrantSettings {
  const { folder } = workspace;
  const vboxManage = findVBoxManage(workspace.context);
  return {
    ...(vboxManage === undefined ? {} : { vboxManage }),
    provider: name,
    cluster: clusterId(workspace),
    folder: folder.root,
    network: {
      nodes: network.nodes,
      gateway: gatewayOf(network.nodes),
      bridge: bridgeName(workspace),
      management: managementNetwork(network),
    },
    ...reachMachines(workspace),
    authorizedKey: () => readFile(folder.sshPublicKey, 'utf8'),
    capabilities,
    emulated,
  };
}
