import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { isKnownBox } from '../artifacts/cloud-images.ts';
import { type ClusterFolder, relocateCluster } from '../cluster/cluster-folder.ts';
import { readIfThere } from '../cluster/files.ts';
import type { Plan } from '../cluster/plan.ts';
import { writeClusterFolder } from '../cluster/write-folder.ts';
import { KubelabError } from '../errors/errors.ts';
import type { HostTraits } from '../kubernetes/kubeadm-input.ts';
import type { Block } from '../ui/block.ts';
import { whileHolding } from './cluster-run.ts';
import { type CommandResult, defineCommand } from './command.ts';
import type { Context } from './context.ts';
import { imagesAreBuilt, nameNodeBox, renderedProvider } from './node-box.ts';
import { resolvePlan } from './plan-workspace.ts';
import { openWorkspace, withoutLogs, type Workspace } from './workspace.ts';

export const render = defineCommand({
  name: 'render',
  summary: 'write the folder that vagrant up makes the cluster from',
  description:
    'The Vagrantfile, all scripts and all configuration, for virtual machines: it works on this host or another, without kubelab. It holds keys.',
  args: {},
  flags: { to: { type: 'string', value: 'folder', summary: 'where to; default: .kubelab/NAME beside the spec' } },
  examples: [
    { command: 'kubelab render', what: 'into .kubelab/NAME' },
    { command: 'kubelab render --to /srv/study', what: 'into a folder to take elsewhere' },
  ],
  run: ({ flags }, context) => runRender(flags.to, context),
});

/** A virtual machine as the boxes of the Vagrantfile are. */
const virtualMachine: HostTraits = { cgroupVersion: 2, sharedKernel: false, swap: false };

async function runRender(to: string | undefined, context: Context): Promise<CommandResult> {
  const workspace = withoutLogs(await openWorkspace(context));
  const folder = to === undefined ? ownFolder(workspace) : await foreignFolder(path.resolve(context.cwd, to), workspace);
  const { plan: resolved } = await resolvePlan(workspace, renderedProvider(workspace));
  const plan: Plan = { ...resolved, box: resolveBoxFile(resolved.box, workspace.specFolder) };
  const nodeBox = await nameNodeBox(workspace, plan);
  const write = async (): Promise<void> => {
    const { local } = workspace;
    const { specFolder } = workspace;
    const place = {
      folder,
      ...(nodeBox === undefined ? {} : { imageBox: nodeBox }),
      packageFolder: context.folders.package,
      specFolder,
      host: plan.provider.emulated === true ? { ...virtualMachine, emulated: true } : virtualMachine,
      local,
      signal: context.signal,
    };
    await writeClusterFolder(plan, place);
  };
  await (to === undefined ? whileHolding(workspace, 'render', write) : write());
  const nodes = plan.nodes.map(({ name }) => name);
  const data = {
    folder: folder.root,
    kubernetes: plan.kubernetes,
    source: plan.source.kind,
    nodes,
    box: nodeBox ?? plan.box,
    alone: worksAlone(plan, nodeBox),
  };
  return { data, human: () => describe(path.relative(context.cwd, folder.root) || '.', plan, nodeBox) };
}

/** Vagrant would look for a relative path in the folder that it runs in. */
function resolveBoxFile(box: string, specFolder: string): string {
  return box.endsWith('.box') && !box.includes('://') ? path.resolve(specFolder, box) : box;
}

/** @throws KubelabError `KL-USE` when a cluster lives in it, whose nodes are no virtual machines. */
function ownFolder({ folder, state }: Workspace): ClusterFolder {
  if (state === undefined) return folder;
  throw new KubelabError('KL-USE', `${state.name} was brought up here, and its folder says how: ${folder.root}.`, {
    cure: 'Read it there, or render into another folder: kubelab render --to FOLDER.',
  });
}

/** @throws KubelabError `KL-USE` when there is something in it that kubelab did not write. */
async function foreignFolder(root: string, { spec }: Workspace): Promise<ClusterFolder> {
  const entries = await readdir(root).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    if (error.code === 'ENOTDIR') throw new KubelabError('KL-USE', `${root} is not a folder.`);
    throw error;
  });
  const folder = relocateCluster(root, spec.name);
  const isOurs = (await readIfThere(path.join(root, 'ssh_config')))?.startsWith('# How kubelab reaches the nodes') === true;
  if (entries.length === 0 || isOurs) return folder;
  throw new KubelabError('KL-USE', `${root} is not empty, and kubelab did not write what is in it.`, {
    cure: 'Name a new folder.',
  });
}

/**
 * Whether the machines come up without kubelab: from a node image, which has all in it, or from registries, which have
 * none of the images that were made from Go modules.
 */
function worksAlone(plan: Plan, nodeBox: string | undefined): boolean {
  return nodeBox !== undefined || !imagesAreBuilt(plan);
}

const warning: Block = {
  kind: 'text',
  tone: 'careful',
  text: 'The images of this plan are built from Go modules and are on no registry, and no node image can be made of this box: vagrant up alone can not get them. Take another box, or source: upstream; this folder is for reading.',
};

function describe(folder: string, plan: Plan, nodeBox: string | undefined): Block[] {
  const build = buildCommand(plan, nodeBox);
  return [
    {
      kind: 'text',
      tone: 'good',
      text: `${folder} holds Kubernetes ${plan.kubernetes} on ${plan.nodes.length} virtual machines. It holds keys: give it to nobody.`,
    },
    ...(worksAlone(plan, nodeBox) ? [] : [warning]),
    {
      kind: 'commands',
      title: 'Next:',
      commands: [
        ...(build === undefined ? [] : [build]),
        { command: `cd ${folder} && vagrant up`, what: 'bring it up with libvirt or VirtualBox' },
        { command: `less ${path.join(folder, 'Vagrantfile')}`, what: 'see the machines' },
        { command: `ls ${path.join(folder, 'provision')}`, what: 'see every script that runs in them' },
      ],
    },
  ];
}

/** The one command that Vagrant's box comes from; undefined where Vagrant gets the box by itself. */
function buildCommand(
  { box, provider }: Plan,
  nodeBox: string | undefined,
): { readonly command: string; readonly what: string } | undefined {
  const open = provider.name === 'nspawn';
  const name = open ? 'libvirt' : provider.name;
  const other = open ? '; or --provider virtualbox' : '';
  if (nodeBox !== undefined)
    return { command: `kubelab box build --node --provider ${name}`, what: `give Vagrant the box, with all inside${other}` };
  if (!isKnownBox(box)) return undefined;
  return { command: `kubelab box build ${box} --provider ${name}`, what: `give Vagrant the box${other}` };
}
