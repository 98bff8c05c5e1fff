import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { isKnownBox } from '../artifacts/cloud-images.ts';
import { type ClusterFolder, relocateCluster } from '../cluster/cluster-folder.ts';
import { readIfThere } from '../cluster/files.ts';
import type { Plan } from '../cluster/plan.ts';
import { readProviderWish } from '../cluster/spec.ts';
import { writeClusterFolder } from '../cluster/write-folder.ts';
import { KubelabError } from '../errors/errors.ts';
import type { HostTraits } from '../kubernetes/kubeadm-input.ts';
import type { Block } from '../ui/block.ts';
import { whileHolding } from './cluster-run.ts';
import { type CommandResult, defineCommand } from './command.ts';
import type { Context } from './context.ts';
import { noProvider, resolvePlan } from './plan-workspace.ts';
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
  const { plan: resolved } = await resolvePlan(workspace, vagrantProvider(workspace));
  const plan: Plan = { ...resolved, box: resolveBoxFile(resolved.box, workspace.specFolder) };
  const write = async (): Promise<void> => {
    const { local } = workspace;
    const { specFolder } = workspace;
    const place = {
      folder,
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
  const data = { folder: folder.root, kubernetes: plan.kubernetes, source: plan.source.kind, nodes, alone: worksAlone(plan) };
  return { data, human: () => describe(path.relative(context.cwd, folder.root) || '.', plan) };
}

/** Vagrant would look for a relative path in the folder that it runs in. */
function resolveBoxFile(box: string, specFolder: string): string {
  return box.endsWith('.box') && !box.includes('://') ? path.resolve(specFolder, box) : box;
}

/** Kubernetes has to know of processors that are emulated. What else runs the machines, Vagrant chooses. */
function vagrantProvider({ spec }: Workspace): Plan['provider'] {
  const { emulation } = readProviderWish(spec);
  return emulation ? { ...noProvider, name: 'libvirt', emulated: true } : noProvider;
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

/** Images that were made here are on no registry, where machines that Vagrant starts would look for them. */
function worksAlone({ lock, source }: Plan): boolean {
  return (lock.origin ?? source.kind) !== 'go';
}

function describe(folder: string, plan: Plan): Block[] {
  const warning: Block = {
    kind: 'text',
    tone: 'careful',
    text: 'The images of this plan are built from Go modules and are on no registry, so that vagrant up alone can not get them. Write source: upstream for a folder that it can use; this one is for reading.',
  };
  return [
    {
      kind: 'text',
      tone: 'good',
      text: `${folder} holds Kubernetes ${plan.kubernetes} on ${plan.nodes.length} virtual machines. It holds keys: give it to nobody.`,
    },
    ...(worksAlone(plan) ? [] : [warning]),
    {
      kind: 'commands',
      title: 'Next:',
      commands: [
        ...(isKnownBox(plan.box)
          ? [
              {
                command: `kubelab box build ${plan.box} --provider libvirt`,
                what: 'give Vagrant the box; or --provider virtualbox',
              },
            ]
          : []),
        { command: `cd ${folder} && vagrant up`, what: 'bring it up with libvirt or VirtualBox' },
        { command: `less ${path.join(folder, 'Vagrantfile')}`, what: 'see the machines' },
        { command: `ls ${path.join(folder, 'provision')}`, what: 'see every script that runs in them' },
      ],
    },
  ];
}
