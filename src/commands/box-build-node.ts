import path from 'node:path';
import type { Lock } from '../artifacts/source.ts';
import { reportStep } from '../cluster/report-step.ts';
import { readProviderWish } from '../cluster/spec.ts';
import { KubelabError } from '../errors/errors.ts';
import type { Box, BoxDisks, BoxProvider } from '../providers/vagrant/box.ts';
import { provideBase, provideImageDisk } from '../providers/vagrant/box-home.ts';
import { boxShelf } from '../providers/vagrant/box-shelf.ts';
import { chooseNodeBox, nodeBoxName } from '../providers/vagrant/node-box.ts';
import { vmImageHome } from '../providers/vagrant/vm-image.ts';
import type { Block } from '../ui/block.ts';
import { makesNodeImage, requireBoxTools } from './choose-box.ts';
import { shareCache } from './cluster-run.ts';
import type { CommandResult } from './command.ts';
import type { Context } from './context.ts';
import { vagrantHome } from './machines.ts';
import { nodeImageSettings, renderedProvider } from './node-box.ts';
import { resolvePlan } from './plan-workspace.ts';
import { keepLock, openWorkspace, type Resolved, withoutLogs, type Workspace } from './workspace.ts';

export interface NodeBoxWish {
  /** Undefined for the one of the spec. */
  readonly provider: BoxProvider | undefined;
  /** A file to write it into, rather than lay it where Vagrant finds it. */
  readonly to: string | undefined;
}

/**
 * Makes the box of the spec's node image, which machines need no network with, under the name that folders rendered from
 * the spec ask Vagrant for. Keeps in `kubelab.lock` what it was made from.
 */
export async function buildNodeBox(context: Context, wish: NodeBoxWish): Promise<CommandResult> {
  const workspace = withoutLogs(await openWorkspace(context));
  const provider = wish.provider ?? providerOfSpec(workspace);
  requireNodeImage(workspace);
  await requireBoxTools('native', context.env['PATH'] ?? '');
  const resolved = await resolvePlan(workspace, renderedProvider(workspace));
  const name = await nodeBoxName(await nodeImageSettings(workspace, resolved.plan), resolved.plan.lock);
  const { lock, disk } = await makeDisk(workspace, resolved);
  await keepLock(workspace, resolved.plan, lock);
  const disks: BoxDisks = { disk, guest: 'debian', image: path.basename(disk, '.qcow2') };
  const made = { provider, name, kubernetes: lock.kubernetes };
  if (wish.to === undefined) return describeLaid(made, await layBox(workspace, { name, provider, disks }));
  const file = path.resolve(context.cwd, wish.to);
  await reportStep(context, { id: 'box', title: 'write the box' }, () => shelfOf(workspace, provider).pack(disks, file));
  return describePacked(made, file, path.relative(context.cwd, file));
}

/** @throws KubelabError `KL-USE` where the spec leaves it open. */
function providerOfSpec({ spec }: Workspace): BoxProvider {
  const { name } = readProviderWish(spec);
  if (name === 'libvirt' || name === 'virtualbox') return name;
  throw new KubelabError('KL-USE', 'A box is for one provider, and the spec names none that has boxes.', {
    cure: 'Give --provider libvirt or --provider virtualbox.',
  });
}

function requireNodeImage({ spec, context }: Workspace): void {
  if (makesNodeImage(spec.box, context.machine)) return;
  const name = typeof spec.box === 'string' ? spec.box : spec.box.url;
  throw new KubelabError('KL-SPEC-UNSUPPORTED', `no node image for virtual machines is made of the box ${name} on this host`, {
    cure: 'On Linux on x86_64, take debian-12 or a root file system (a folder or tar file).',
  });
}

/** The disk of the node image, and the lock with every digest. */
async function makeDisk(
  workspace: Workspace,
  { plan, source }: Resolved,
): Promise<{ readonly lock: Lock; readonly disk: string }> {
  const { context, root, store } = workspace;
  const share = shareCache(context, 'box build');
  const lock = await reportStep(context, { id: 'obtain', title: `obtain Kubernetes ${plan.kubernetes}` }, (progress) =>
    share('artifacts', progress, () => source.obtain(plan.lock)),
  );
  const settings = { ...(await nodeImageSettings(workspace, plan)), source, install: plan.install };
  const images = vmImageHome(settings, { root, store, signal: context.signal });
  if (!(await images.hasImage(lock))) {
    await reportStep(context, { id: 'base', title: `make the base box ${plan.box}` }, (progress) =>
      share('base box', progress, () => provideBase(images, store, lock, progress)),
    );
    await reportStep(context, { id: 'image', title: 'make the node image' }, (progress) =>
      share('node image', progress, () => provideImageDisk(images, store, lock, progress)),
    );
  }
  return { lock, disk: await images.disk(lock) };
}

function shelfOf({ context, root }: Workspace, provider: BoxProvider): ReturnType<typeof boxShelf> {
  return boxShelf(provider, vagrantHome(context), { runner: context.runner, root, signal: context.signal });
}

interface Laid {
  readonly box: Box;
  readonly isThere: boolean;
}

async function layBox(
  workspace: Workspace,
  { name, provider, disks }: { readonly name: string; readonly provider: BoxProvider; readonly disks: BoxDisks },
): Promise<Laid> {
  const { context } = workspace;
  const shelf = shelfOf(workspace, provider);
  const place = { provider, vagrantHome: vagrantHome(context), shelf };
  return shareCache(context, 'box build')(
    'node image',
    () => {},
    async () => {
      const chosen = await chooseNodeBox(name, disks.image ?? '', place);
      if (!chosen.isThere)
        await reportStep(context, { id: 'box', title: 'lay the box where Vagrant finds it' }, () =>
          shelf.install(chosen.box, disks),
        );
      return chosen;
    },
  );
}

interface Made {
  readonly provider: BoxProvider;
  readonly name: string;
  readonly kubernetes: string;
}

function describeLaid(made: Made, { box, isThere }: Laid): CommandResult {
  const { provider, name, kubernetes } = made;
  const inside = `with Kubernetes ${kubernetes} inside`;
  const text = isThere
    ? `Vagrant has the box ${name} for ${provider} already, ${inside}.`
    : `Vagrant has the box ${name} for ${provider}, ${inside}.`;
  const next = [{ command: 'kubelab render', what: 'write the folder that vagrant up makes the cluster from' }];
  return { data: { ...made, version: box.version, made: !isThere }, human: () => say(text, next) };
}

function describePacked(made: Made, file: string, shown: string): CommandResult {
  const { provider, name, kubernetes } = made;
  const text = `${shown} holds the box for ${provider}, with Kubernetes ${kubernetes} inside.`;
  const next = [
    { command: 'kubelab render --to FOLDER', what: 'write the folder that asks for it, to be taken along' },
    { command: `vagrant box add --name ${name} ${path.basename(file)}`, what: 'on the other host, before vagrant up' },
  ];
  return { data: { ...made, file }, human: () => say(text, next) };
}

function say(text: string, commands: readonly { readonly command: string; readonly what: string }[]): Block[] {
  return [
    { kind: 'text', tone: 'good', text },
    { kind: 'commands', title: 'Next:', commands },
  ];
}
