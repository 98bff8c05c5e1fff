import path from 'node:path';
import type { Lock } from '../artifacts/source.ts';
import { readLockFile } from '../cluster/lock-file.ts';
import type { Plan } from '../cluster/plan.ts';
import { reportStep } from '../cluster/report-step.ts';
import { readProviderWish, type Spec } from '../cluster/spec.ts';
import { KubelabError } from '../errors/errors.ts';
import type { Box, BoxDisks, BoxProvider } from '../providers/vagrant/box.ts';
import { provideBase, provideImageDisk } from '../providers/vagrant/box-home.ts';
import { chooseNodeBox, machineImageKey, machineNodeBoxName, nodeBoxName } from '../providers/vagrant/node-box.ts';
import { vmImageHome } from '../providers/vagrant/vm-image.ts';
import type { Block } from '../ui/block.ts';
import { clearMachine, withMachineImage } from './build-in-machine.ts';
import { chooseBoxWay, requireBoxTools } from './choose-box.ts';
import { shareCache } from './cluster-run.ts';
import type { CommandResult } from './command.ts';
import type { Context } from './context.ts';
import { boxPlace, makesImageInMachine } from './machine-box.ts';
import { nodeImageSettings, renderedProvider } from './node-box.ts';
import { planWorkspace, resolvePlan } from './plan-workspace.ts';
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
  const native = chooseBoxWay(workspace.spec.box, provider, context.machine, workspace.specFolder).kind === 'native';
  await requireBoxTools(native ? 'native' : 'cloud', context.env['PATH'] ?? '');
  const order = { provider, to: wish.to === undefined ? undefined : path.resolve(context.cwd, wish.to) };
  return native ? buildNatively(workspace, order) : buildInMachine(workspace, order);
}

interface Order {
  readonly provider: BoxProvider;
  /** Absolute. */
  readonly to: string | undefined;
}

async function buildNatively(workspace: Workspace, { provider, to }: Order): Promise<CommandResult> {
  const resolved = await resolvePlan(workspace, renderedProvider(workspace));
  const name = await nodeBoxName(await nodeImageSettings(workspace, resolved.plan), resolved.plan.lock);
  const { lock, disk } = await makeDisk(workspace, resolved);
  await keepLock(workspace, resolved.plan, lock);
  const disks: BoxDisks = { disk, guest: 'debian', image: path.basename(disk, '.qcow2') };
  const made = { provider, name, kubernetes: lock.kubernetes };
  if (to !== undefined) return packBox(workspace, made, disks, to);
  return shareNodeImage(workspace, async () => {
    const chosen = await chooseNodeBox(name, disks.image ?? '', boxPlace(workspace, provider));
    if (!chosen.isThere) await layBox(workspace, provider, chosen.box, disks);
    return describeLaid(made, chosen);
  });
}

/**
 * For a system that no node image is made of natively: one machine of it is started, and its disk becomes the image. It is
 * laid in any case, as folders rendered later ask for it only then.
 */
async function buildInMachine(opened: Workspace, { provider, to }: Order): Promise<CommandResult> {
  const workspace = { ...opened, spec: wishProvider(opened.spec, provider) };
  return whileAlone(workspace, async () => {
    await clearMachine(workspace);
    const planned = await planWorkspace(workspace);
    const { plainBox } = planned.plan;
    if (!makesImageInMachine(planned.plan))
      throw new KubelabError('KL-SPEC-UNSUPPORTED', 'kubelab can not make a box for VirtualBox on arm64', {
        cure: 'Use the box as it is: each node then installs all on its own.',
      });
    if (plainBox === undefined) throw new Error(`the plan for ${provider} has no plain box`);
    const lock = await obtain(workspace, planned);
    await keepPlanLock(workspace, planned.plan, lock);
    const emulated = planned.plan.provider.emulated === true;
    const recipe = { plain: plainBox, lock, provision: workspace.provision, emulated };
    const [image, name] = await Promise.all([machineImageKey(recipe), machineNodeBoxName(recipe)]);
    const made = { provider, name, kubernetes: lock.kubernetes };
    const chosen = await chooseNodeBox(name, image, boxPlace(workspace, provider));
    if (chosen.isThere && to === undefined) return describeLaid(made, chosen);
    return withMachineImage(workspace, planned, { lock, image }, async (disks) => {
      if (!chosen.isThere) await shareNodeImage(workspace, () => layBox(workspace, provider, chosen.box, disks));
      return to === undefined ? describeLaid(made, chosen) : packBox(workspace, made, disks, to);
    });
  });
}

/** There is one place for the machine; who comes second waits, and hears why. */
function whileAlone<T>({ context }: Workspace, work: () => Promise<T>): Promise<T> {
  const tell = (text: string): void => context.events({ type: 'note', text });
  let told = false;
  const once = (text: string): void => {
    if (!told) tell(`Waiting: ${text}.`);
    told = true;
  };
  return shareCache(context, 'box build')('image machine', once, work);
}

/** The range that nodes have in `kubelab.lock` is of the provider of the spec, and stays. */
async function keepPlanLock(workspace: Workspace, plan: Plan, lock: Lock): Promise<void> {
  const nodes = (await readLockFile(workspace.lockPath))?.nodes ?? plan.network.nodes;
  await keepLock(workspace, { ...plan, network: { ...plan.network, nodes } }, lock);
}

/** The spec with machines of a provider; how it wants them stays where it wants the same. */
function wishProvider(spec: Spec, provider: BoxProvider): Spec {
  return readProviderWish(spec).name === provider ? spec : { ...spec, provider };
}

/** @throws KubelabError `KL-USE` where the spec leaves it open. */
function providerOfSpec({ spec }: Workspace): BoxProvider {
  const { name } = readProviderWish(spec);
  if (name === 'libvirt' || name === 'virtualbox') return name;
  throw new KubelabError('KL-USE', 'A box is for one provider, and the spec names none that has boxes.', {
    cure: 'Give --provider libvirt or --provider virtualbox.',
  });
}

/** The disk of the node image, and the lock with every digest. */
async function makeDisk(
  workspace: Workspace,
  { plan, source }: Resolved,
): Promise<{ readonly lock: Lock; readonly disk: string }> {
  const { context, root, store } = workspace;
  const share = shareCache(context, 'box build');
  const lock = await obtain(workspace, { plan, source });
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

/** The lock with every digest, once all artifacts are there. */
function obtain({ context }: Workspace, { plan, source }: Resolved): Promise<Lock> {
  return reportStep(context, { id: 'obtain', title: `obtain Kubernetes ${plan.kubernetes}` }, (progress) =>
    shareCache(context, 'box build')('artifacts', progress, () => source.obtain(plan.lock)),
  );
}

function shareNodeImage<T>({ context }: Workspace, work: () => Promise<T>): Promise<T> {
  return shareCache(context, 'box build')('node image', () => {}, work);
}

function layBox(workspace: Workspace, provider: BoxProvider, box: Box, disks: BoxDisks): Promise<void> {
  return reportStep(workspace.context, { id: 'box', title: 'lay the box where Vagrant finds it' }, () =>
    boxPlace(workspace, provider).shelf.install(box, disks),
  );
}

async function packBox(workspace: Workspace, made: Made, disks: BoxDisks, file: string): Promise<CommandResult> {
  const { context } = workspace;
  await reportStep(context, { id: 'box', title: 'write the box' }, () =>
    boxPlace(workspace, made.provider).shelf.pack(disks, file),
  );
  return describePacked(made, file, path.relative(context.cwd, file));
}

interface Made {
  readonly provider: BoxProvider;
  readonly name: string;
  readonly kubernetes: string;
}

function describeLaid(made: Made, { box, isThere }: { readonly box: Box; readonly isThere: boolean }): CommandResult {
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
