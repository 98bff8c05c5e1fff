import path from 'node:path';
import { fileExists } from '../exec/file-exists.ts';
import type { BaseBox } from '../artifacts/base-box.ts';
import { readIfThere } from '../cluster/files.ts';
import type { Spec } from '../cluster/spec.ts';
import { KubelabError } from '../errors/errors.ts';
import { asRoot } from '../exec/root.ts';
import { makeMissing, subvolumeBase } from '../providers/nspawn/image-home.ts';
import { openSubvolumeStore } from '../providers/nspawn/store.ts';
import { buildMachineBox } from './box-build-machine.ts';
import { buildNodeBox } from './box-build-node.ts';
import { baseBoxOfName } from './choose-box.ts';
import { shareCache } from './cluster-run.ts';
import { type CommandResult, defineCommand } from './command.ts';
import type { Context } from './context.ts';
import { requireNspawn } from './plan-workspace.ts';
import { reportStep } from '../cluster/report-step.ts';
import { chooseBaseBox, openWorkspace, withoutLogs } from './workspace.ts';

const providers = ['nspawn', 'libvirt', 'virtualbox'] as const;

export const boxBuild = defineCommand({
  name: 'build',
  summary: 'make a base box ahead of time',
  description:
    'up makes it by itself when it is not there. A box for libvirt or VirtualBox is laid where Vagrant finds it, or written into a file. With --node it is the one that a rendered folder asks for: the node image of the spec, with Kubernetes and all images inside; of a system that it is not made of natively, it is made in one machine, which is removed again.',
  args: {
    box: {
      summary: 'a known name such as debian-12, or a folder or tar file of a root file system; default: the box of the spec',
      optional: true,
    },
  },
  flags: {
    node: { type: 'boolean', summary: 'make the box of the node image that the spec leads to, for libvirt or VirtualBox' },
    provider: {
      type: 'string',
      value: 'name',
      summary: 'what it is for: nspawn, libvirt or virtualbox; default: nspawn, or with --node the one of the spec',
    },
    to: { type: 'string', value: 'file', summary: 'write a box for libvirt or VirtualBox into this .box file instead' },
  },
  examples: [
    { command: 'kubelab box build debian-12', what: 'while there is a network' },
    { command: 'kubelab box build --node --provider libvirt', what: 'for vagrant up in a rendered folder' },
    { command: 'kubelab box build ubuntu-24.04 --provider libvirt', what: 'a plain system, for a folder rendered with that box' },
    { command: 'kubelab box build --provider virtualbox --to ./node.box', what: 'to be taken elsewhere' },
  ],
  needsRoot: true,
  run: async ({ args, flags }, context) => {
    if (flags.node) return buildNode(args.box, flags, context);
    const provider = readProvider(flags.provider ?? 'nspawn');
    if (provider !== 'nspawn')
      return buildMachineBox(context, { box: args.box ?? (await boxOfSpec(context)), provider, to: flags.to });
    if (flags.to !== undefined) throw new KubelabError('KL-USE', '--to is for boxes of libvirt and VirtualBox: give --provider.');
    return buildForContainers(args.box, context);
  },
});

/** @throws KubelabError `KL-USE` for a name that is none of them. */
function readProvider(name: string): (typeof providers)[number] {
  const provider = providers.find((known) => known === name);
  if (provider === undefined) throw new KubelabError('KL-USE', `--provider takes ${providers.join(', ')}.`);
  return provider;
}

async function buildNode(
  box: string | undefined,
  flags: { readonly provider: string | undefined; readonly to: string | undefined },
  context: Context,
): Promise<CommandResult> {
  if (box !== undefined) throw new KubelabError('KL-USE', '--node makes the box of the spec: name no other.');
  const provider = flags.provider === undefined ? undefined : readProvider(flags.provider);
  if (provider === 'nspawn')
    throw new KubelabError('KL-USE', '--node makes boxes of virtual machines: give --provider libvirt or virtualbox.');
  return buildNodeBox(context, { provider, to: flags.to });
}

async function boxOfSpec(context: Context): Promise<Spec['box']> {
  if ((await readIfThere(context.specFile)) === undefined) return 'debian-12';
  return (await openWorkspace(context)).spec.box;
}

async function buildForContainers(name: string | undefined, context: Context): Promise<CommandResult> {
  const box = await findBox(name, context);
  const root = asRoot(context.runner, context.userId);
  await requireNspawn(context, root);
  const store = openSubvolumeStore({ cache: context.folders.cache, root, signal: context.signal });
  const mounted = await store.open();
  try {
    const base = subvolumeBase(box, { root, signal: context.signal, store });
    const isThere = await base.has();
    if (!isThere)
      await reportStep(context, { id: 'base', title: `make the base box ${box.name}` }, (progress) =>
        shareCache(context, 'box build')('base box', progress, () => makeMissing(base, progress)),
      );
    const text = isThere ? `The base box ${base.key} is there already.` : `The base box ${base.key} is made.`;
    return { data: { key: base.key, path: base.path, made: !isThere }, human: () => [{ kind: 'text', tone: 'good', text }] };
  } finally {
    if (mounted) await store.close();
  }
}

/** The box that was named, else the one of the spec here, else the default. */
async function findBox(name: string | undefined, context: Context): Promise<BaseBox> {
  if (name !== undefined) return requireBox(name, await baseBoxOfName(name, context));
  if ((await readIfThere(context.specFile)) === undefined) return baseBoxOfName('debian-12', context);
  const workspace = withoutLogs(await openWorkspace(context));
  const { box, source } = workspace.spec;
  const bundle =
    typeof source === 'object' && 'bundle' in source ? { bundle: path.resolve(workspace.specFolder, source.bundle) } : {};
  const named = typeof box === 'string' ? box : box.url;
  return chooseBaseBox(workspace, { box: named, source: { kind: 'bundle', why: '', ...bundle } });
}

/** @throws KubelabError `KL-USE` for what is neither a known name nor there. */
async function requireBox(name: string, box: BaseBox): Promise<BaseBox> {
  if (box.kind !== 'tree' && box.kind !== 'tar') return box;
  if (await fileExists(box.path)) return box;
  throw new KubelabError('KL-USE', `${name} is no base box that is known, and no folder or file that is there.`, {
    cure: 'Name debian-12, or a folder or tar file with a root file system.',
  });
}
