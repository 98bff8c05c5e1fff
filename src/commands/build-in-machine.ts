import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Lock } from '../artifacts/source.ts';
import { createClusterFolder, locateCluster } from '../cluster/cluster-folder.ts';
import { destroySteps } from '../cluster/end-cluster.ts';
import { type ImageTraits, installImage, readImageTraits, sealImage } from '../cluster/image-machine.ts';
import { makePlan } from '../cluster/make-plan.ts';
import type { NodePlan } from '../cluster/plan.ts';
import { reportStep } from '../cluster/report-step.ts';
import { runSteps } from '../cluster/run-steps.ts';
import { describeState, readState, writeState } from '../cluster/state.ts';
import { readHostTraits, writeClusterFolder } from '../cluster/write-folder.ts';
import type { Spec } from '../cluster/spec.ts';
import type { BoxDisks, BoxProvider } from '../providers/vagrant/box.ts';
import { vagrantPublicKey } from '../providers/vagrant/cloud-seed.ts';
import { nodeDiskShape } from '../providers/vagrant/disk-image.ts';
import { copySystemDisk } from '../providers/vagrant/machine-disk.ts';
import { guestOf, withSeed } from '../providers/vagrant/plain-box-home.ts';
import { shareCache } from './cluster-run.ts';
import { machineParts, type MachineParts, planSettings, stateProvider } from './machines.ts';
import { chooseFreeSubnet } from './plan-workspace.ts';
import type { Planned, Workspace } from './workspace.ts';

/** How long the machine may take to be removed, after whatever came: in milliseconds. */
const removal = 15 * 60_000;

/**
 * Makes a node image in one machine of a plain box: it is started for this alone, given the artifacts, installed on,
 * sealed and switched off; its disk is copied; and it is destroyed, also when anything fails or the run is interrupted.
 * @param planned the plan of the cluster that the image is for.
 * @param lock with every digest.
 * @param work is given the disks, which are gone after it.
 */
export async function withMachineImage<T>(
  workspace: Workspace,
  planned: Planned,
  { lock, image }: { readonly lock: Lock; readonly image: string },
  work: (disks: BoxDisks) => Promise<T>,
): Promise<T> {
  const bench = aside(workspace);
  const result = await useMachine(bench, planned, lock, image, work).catch(async (error: unknown) => {
    // What went wrong first is what is told.
    await clearAway(bench).catch(() => {
      const text = `The machine could not be removed. The next kubelab box build --node does it; its folder is ${bench.folder.root}.`;
      workspace.context.events({ type: 'note', text });
    });
    throw error;
  });
  await clearAway(bench);
  return result;
}

async function useMachine<T>(
  bench: Bench,
  planned: Planned,
  lock: Lock,
  image: string,
  work: (disks: BoxDisks) => Promise<T>,
): Promise<T> {
  await mkdir(bench.home, { recursive: true, mode: 0o700 });
  const disk = path.join(bench.home, 'node.qcow2');
  const { system, seeded } = await makeDisk(bench, await planAside(bench, planned, lock), disk);
  const disks: BoxDisks = { disk, guest: guestOf(system), image };
  if (!seeded) return work(disks);
  const { runner, signal } = bench.context;
  return withSeed(path.join(bench.home, 'node'), { runner, signal }, (seed) => work({ ...disks, seed }));
}

/** Ends the machine of a run that was killed, if one is left. */
export function clearMachine(workspace: Workspace): Promise<void> {
  return clearAway(aside(workspace));
}

/** Ends the machine of this run, or of one that was cut off, and all that was made for it. */
async function clearAway(bench: Bench): Promise<void> {
  const state = await readState(bench.folder.state);
  if (state !== undefined) {
    // Also after an interruption.
    const signal = AbortSignal.timeout(removal);
    const { events } = bench.context;
    const provider = await stateProvider({ ...bench, context: { ...bench.context, signal } }, state);
    const steps = destroySteps(provider, await provider.inspect(), bench.folder);
    await runSteps(steps, { signal, events, forecast: () => undefined, record: () => undefined });
  }
  await rm(bench.home, { recursive: true, force: true });
}

/** A place for one machine, beside all clusters: always the same, so that nothing adds up where runs are cut off. */
interface Bench extends Workspace {
  readonly home: string;
}

function aside(workspace: Workspace): Bench {
  const home = path.join(workspace.context.folders.cache, 'image-machine');
  const { spec } = workspace;
  const small: Spec = {
    ...spec,
    name: 'image',
    controlPlane: { ...spec.controlPlane, count: 1 },
    workers: { ...spec.workers, count: 0 },
    storage: { ...spec.storage, count: 0 },
    etcd: 'stacked',
    network: { ...spec.network, nodes: 'auto' },
  };
  const folder = locateCluster(home, small.name);
  return { ...workspace, spec: small, folder, state: undefined, home };
}

/** The plan of the cluster for one machine, in a network that is free now. */
async function planAside(bench: Bench, planned: Planned, lock: Lock): Promise<Planned> {
  const { provider, source, install, plainBox } = planned.plan;
  const facts = { provider, source, install, lock, subnet: await chooseFreeSubnet(bench, provider.name) };
  return { ...planned, plan: makePlan(bench.spec, { ...facts, ...(plainBox === undefined ? {} : { plainBox }) }) };
}

async function makeDisk(bench: Bench, planned: Planned, disk: string): Promise<ImageTraits> {
  const { context, root, local } = bench;
  const { signal } = context;
  const { plan, source } = planned;
  const { lock, install } = plan;
  const provider = plan.provider.name as BoxProvider;
  const parts = await machineParts(bench, planned, () => lock);
  const [machine] = plan.nodes as readonly [NodePlan, ...NodePlan[]];
  await writeFolder(bench, planned, await parts.images.boxName?.(lock));
  await boot(bench, parts, machine);
  const node = parts.provider.connect(machine);
  const { kernelOptions } = nodeDiskShape(plan.provider.emulated === true);
  const made = {
    node,
    folder: bench.folder,
    lock,
    source,
    install,
    vagrantKey: vagrantPublicKey,
    kernelOptions,
    signal,
  };
  await reportStep(context, { id: 'install', title: 'install all of it' }, (progress) => installImage(made, progress));
  const traits = await readImageTraits(made);
  await reportStep(context, { id: 'seal', title: 'make it an image, and switch it off' }, (progress) =>
    sealImage(made, parts.provider, progress),
  );
  await reportStep(context, { id: 'copy', title: 'copy its disk' }, () =>
    copySystemDisk(machine.name, disk, planSettings(bench, planned, provider), { local, root, signal }),
  );
  return traits;
}

async function writeFolder(bench: Bench, { plan, capabilities }: Planned, imageBox: string | undefined): Promise<void> {
  const { context, folder, specFolder, local } = bench;
  await createClusterFolder(folder, []);
  // Says what is to be removed, should nothing after this come to its end.
  await writeState(folder.state, describeState(plan, new Date()));
  await writeClusterFolder(plan, {
    folder,
    ...(imageBox === undefined ? {} : { imageBox }),
    packageFolder: context.folders.package,
    specFolder,
    host: await readHostTraits(capabilities, plan.provider.emulated),
    local,
    signal: context.signal,
  });
}

async function boot({ context }: Bench, { provider, images }: MachineParts, machine: NodePlan): Promise<void> {
  if (!(await images.hasBase()))
    await reportStep(context, { id: 'base', title: 'give Vagrant the plain box' }, (progress) =>
      shareCache(context, 'box build')('base box', progress, async () => {
        if (!(await images.hasBase())) await images.makeBase(progress);
      }),
    );
  await reportStep(context, { id: 'boot', title: 'boot one machine of it' }, async () => {
    await provider.prepare();
    await provider.start(machine);
  });
}
