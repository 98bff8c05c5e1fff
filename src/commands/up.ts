import { createClusterFolder } from '../cluster/cluster-folder.ts';
import { compareWithState } from '../cluster/state.ts';
import { KubelabError } from '../errors/errors.ts';
import { findStrays } from './existing.ts';
import { secretValues } from '../cluster/secrets.ts';
import { locateTimings, openTimings } from '../cluster/timings.ts';
import { bringUp, phaseTable, type UpResult } from '../cluster/up.ts';
import type { Plan } from '../cluster/plan.ts';
import { readHostTraits, writeClusterFolder } from '../cluster/write-folder.ts';
import type { Block } from '../ui/block.ts';
import { formatSeconds } from '../ui/format.ts';
import { loggedEvents, shareCache, whileHolding } from './cluster-run.ts';
import { type CommandResult, defineCommand } from './command.ts';
import type { Context } from './context.ts';
import { planWorkspace } from './plan-workspace.ts';
import { machineParts, openMachines } from './machines.ts';
import { keepLock, openWorkspace, withLogs } from './workspace.ts';

export const up = defineCommand({
  name: 'up',
  summary: 'bring the cluster up, or make it equal to the spec again',
  description:
    'Safe to run again at any time: on a healthy cluster it changes nothing, after a crash or an interruption it goes on where it stopped.',
  args: {},
  flags: {},
  examples: [
    { command: 'kubelab up', what: 'the cluster of kubelab.yaml here' },
    { command: 'kubelab up --json', what: 'with every event as a line of JSON' },
  ],
  needsRoot: true,
  run: (_, context) => runUp(context),
});

/** The whole of `up`, for the command and for what starts with it. */
export async function runUp(context: Context): Promise<CommandResult> {
  if ((await findStrays(context)) !== undefined)
    throw new KubelabError('KL-MACHINE-STRAY', `machines of the cluster are there, and its folder is not`);
  const opened = await openWorkspace(context);
  return whileHolding(opened, 'up', async () => {
    const planned = await planWorkspace(opened);
    const { plan } = planned;
    // Before anything is written: what is there must stay as it is when the spec can not be followed.
    if (opened.state !== undefined) compareWithState(plan, opened.state);
    await createClusterFolder(opened.folder, []);
    const workspace = withLogs(opened);
    await openMachines(workspace, plan.provider.name);
    const host = await readHostTraits(planned.capabilities, plan.provider.emulated);
    const { local, folder, secrets } = workspace;
    const lock = { current: plan.lock, keep: (next: typeof plan.lock) => keepLock(workspace, plan, next) };
    const parts = await machineParts(workspace, planned, () => lock.current);
    const imageBox = await parts.images.boxName?.(plan.lock);
    const made = await writeClusterFolder(plan, {
      folder,
      ...(imageBox === undefined ? {} : { imageBox }),
      packageFolder: context.folders.package,
      specFolder: workspace.specFolder,
      host,
      local,
      signal: context.signal,
    });
    secrets.push(...secretValues(made));
    await lock.keep(lock.current);
    const timings = await openTimings(locateTimings(context.folders.cache), `${plan.provider.name} ${plan.source.kind}`);
    const events = loggedEvents(workspace);
    const result = await bringUp({
      plan,
      folder,
      ...parts,
      source: planned.source,
      share: shareCache(context, 'up'),
      signal: context.signal,
      events,
      timings,
      lock,
    });
    return describeResult(plan, result, programName(context));
  });
}

/** How this person calls kubelab: in a checkout, npm finds it. */
function programName({ env }: Context): string {
  return env['npm_command'] === undefined ? 'kubelab' : 'npx kubelab';
}

function describeResult(plan: Plan, result: UpResult, program: string): CommandResult {
  const rows = phaseTable(plan, result.report);
  const data = {
    cluster: plan.name,
    kubernetes: plan.kubernetes,
    provider: plan.provider.name,
    changed: result.changed,
    seconds: result.seconds,
    phases: rows,
    nodes: plan.nodes.map(({ name, role, address }) => ({ name, role, address })),
  };
  return { data, human: () => (result.changed ? describeWork(plan, result, program) : describeNothing(plan, result)) };
}

function describeNothing(plan: Plan, result: UpResult): Block[] {
  return [
    {
      kind: 'text',
      tone: 'good',
      text: `${plan.name} is as the spec wants it; nothing was changed (${formatSeconds(result.seconds)}).`,
    },
  ];
}

function describeWork(plan: Plan, result: UpResult, program: string): Block[] {
  const rows = phaseTable(plan, result.report);
  return [
    {
      kind: 'table',
      table: {
        columns: ['PHASE', 'NODE', 'SECONDS'],
        rows: rows.map((row) => [row.phase, row.node, row.seconds.toFixed(1)]),
      },
    },
    {
      kind: 'text',
      tone: 'good',
      text: `${plan.name} is ${plan.network.plugin === 'none' ? 'up, and Ready once you install a network plugin' : 'Ready'}: Kubernetes ${plan.kubernetes} on ${plan.nodes.length} nodes, in ${formatSeconds(result.seconds)}.`,
    },
    {
      kind: 'commands',
      title: 'Next:',
      commands: [
        { command: `${program} kubectl get nodes -o wide`, what: 'look at the nodes' },
        { command: `${program} ssh ${plan.nodes.at(-1)?.name ?? 'control1'}`, what: 'go into one' },
        { command: `${program} status`, what: 'see how everything is' },
        { command: `${program} halt`, what: 'switch it off; up brings it back' },
        { command: `${program} destroy`, what: 'remove it whole' },
      ],
    },
  ];
}
