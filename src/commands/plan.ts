import { forecastBuild } from '../artifacts/go/footprint.ts';
import type { Artifact, Lock } from '../artifacts/source.ts';
import type { MachinePlan } from '../cluster/provider.ts';
import { sortSteps } from '../cluster/run-steps.ts';
import { compareWithState } from '../cluster/state.ts';
import type { Step } from '../cluster/step.ts';
import { forecastTotal, locateTimings, openTimings } from '../cluster/timings.ts';
import { upSteps } from '../cluster/up-steps.ts';
import { diskNeeds, rootCommands } from '../providers/nspawn/root-commands.ts';
import { listSubvolumes } from '../providers/nspawn/store-inventory.ts';
import { shareCache } from './cluster-run.ts';
import { defineCommand } from './command.ts';
import type { Context } from './context.ts';
import { readHostRoom } from './host-room.ts';
import { describePlan, type PlanReport } from './plan-report.ts';
import { planWorkspace } from './plan-workspace.ts';
import { machineParts } from './machines.ts';
import { clusterId, openWorkspace, type Planned, withoutLogs, type Workspace } from './workspace.ts';

export const plan = defineCommand({
  name: 'plan',
  summary: 'say what up would do, and why, without doing it',
  description:
    'Finds out versions, addresses and names, what is there already, whether this host has the room, and how long it takes. Writes no file but what sources keep in the cache.',
  args: {},
  flags: {},
  examples: [
    { command: 'kubelab plan', what: 'for people' },
    { command: 'kubelab plan --json', what: 'the same, whole, for programs' },
  ],
  needsRoot: true,
  run: async (_, context) => {
    const report = await makeReport(context);
    return { data: report, human: () => describePlan(report) };
  },
});

async function makeReport(context: Context): Promise<PlanReport> {
  const workspace = withoutLogs(await openWorkspace(context));
  const planned = await planWorkspace(workspace);
  const { source } = planned;
  const changes = workspace.state === undefined ? undefined : compareWithState(planned.plan, workspace.state);
  const missing = await source.missing(planned.plan.lock);
  // With nothing missing, obtaining only reads: it says the digests, and so the key of the node image.
  const lock = missing.length === 0 ? await source.obtain(planned.plan.lock) : planned.plan.lock;
  const plan = { ...planned.plan, lock };
  const there = await findWhatIsThere(workspace, { ...planned, plan }, missing.length === 0);
  const builds = plan.source.kind === 'go' ? await forecastBuild(context.folders.cache, lock, missing) : undefined;
  return {
    plan,
    cluster: { exists: workspace.state !== undefined, machines: there.machines, ...(changes === undefined ? {} : { changes }) },
    artifacts: { total: lock.artifacts.length, missing, builds: builds?.programs ?? [] },
    box: there.box,
    image: there.image,
    steps: there.steps.map(({ id, title, phase, node, needs }) => ({
      id,
      title,
      phase,
      ...(node === undefined ? {} : { node }),
      needs,
    })),
    room: { needed: sumNeeds(plan.nodes, missing, there), host: await readHostRoom(context.folders.cache) },
    forecast: await forecast(context, { plan, missing, there, buildSeconds: builds?.seconds }),
    rootCommands: plan.plainBox === undefined ? rootCommands : [],
  };
}

interface WhatIsThere {
  readonly box: PlanReport['box'];
  readonly image: PlanReport['image'];
  /** Names of this cluster's machines. */
  readonly machines: readonly string[];
  /** All that `up` goes through, each after what it needs. */
  readonly steps: readonly Step[];
}

async function findWhatIsThere(workspace: Workspace, planned: Planned, complete: boolean): Promise<WhatIsThere> {
  const { context, folder } = workspace;
  const { plan, source } = planned;
  const { provider, images } = await machineParts(workspace, planned, () => plan.lock);
  const found = await listSubvolumes({ cache: context.folders.cache, root: workspace.root, signal: context.signal }, 'names');
  const has = (kind: string, name: string): boolean => found.some((entry) => entry.kind === kind && entry.name === name);
  const key = complete ? await images.key(plan.lock) : undefined;
  const isContainer = plan.provider.name === 'nspawn';
  const imagePresent = key !== undefined && (isContainer ? has('image', key) : await images.hasImage(plan.lock));
  const own = `${clusterId(workspace)}/`;
  const keepLock = (): Promise<void> => Promise.resolve();
  const share = shareCache(context, 'plan');
  return {
    box: {
      name: plan.box,
      key: images.baseKey,
      present: plan.plainBox === undefined ? has('base', images.baseKey) : await images.hasBase(),
    },
    image: { ...(key === undefined ? {} : { key }), present: imagePresent },
    machines: isContainer
      ? found.filter(({ kind, name }) => kind === 'machine' && name.startsWith(own)).map(({ name }) => name.slice(own.length))
      : (await provider.inspect()).map(({ name }) => name),
    steps: sortSteps(
      upSteps({ plan, folder, provider, source, images, share, signal: context.signal, keepLock, lock: () => plan.lock }),
    ),
  };
}

/** What an artifact of unknown size is taken for, in bytes. */
const usualArtifact = 64 * 1024 ** 2;

function sumNeeds(nodes: readonly MachinePlan[], missing: readonly Artifact[], there: WhatIsThere): PlanReport['room']['needed'] {
  const absent = nodes.filter(({ name }) => !there.machines.includes(name));
  const artifacts = missing.reduce((sum, { bytes }) => sum + (bytes ?? usualArtifact), 0);
  const image = there.image.present ? 0 : diskNeeds.image + (there.box.present ? 0 : diskNeeds.base);
  return {
    cpus: nodes.reduce((sum, { cpus }) => sum + cpus, 0),
    memoryBytes: nodes.reduce((sum, { memoryMiB }) => sum + memoryMiB * 1024 ** 2, 0),
    diskBytes: artifacts + image + absent.length * diskNeeds.node,
  };
}

interface ForecastFacts {
  readonly plan: {
    readonly provider: { readonly name: string };
    readonly source: { readonly kind: string };
    readonly lock: Lock;
  };
  readonly missing: readonly Artifact[];
  readonly there: WhatIsThere;
  /** What building takes by the table, where something is built. */
  readonly buildSeconds: number | undefined;
}

/** The longest way through the steps, by this host's own timings; building by the table, which knows each program. */
async function forecast(
  context: Context,
  { plan, missing, there, buildSeconds }: ForecastFacts,
): Promise<PlanReport['forecast']> {
  const timings = await openTimings(locateTimings(context.folders.cache), `${plan.provider.name} ${plan.source.kind}`);
  const secondsOf = (step: Step): number | undefined => {
    if (step.id === 'obtain' && missing.length === 0) return 0;
    if (step.id === 'obtain' && buildSeconds !== undefined && buildSeconds > 0) return buildSeconds;
    if (step.id === 'base' && (there.box.present || there.image.present)) return 0;
    if (step.id === 'image' && there.image.present) return 0;
    return timings.forecast(step);
  };
  const seconds = forecastTotal(there.steps, secondsOf);
  const unknown = there.steps.filter((step) => secondsOf(step) === undefined).map(({ phase }) => phase);
  return { ...(seconds === undefined ? {} : { seconds }), buildSeconds: buildSeconds ?? 0, unknown: [...new Set(unknown)] };
}
