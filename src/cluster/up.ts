import type { Lock } from '../artifacts/source.ts';
import type { EventSink } from '../events.ts';
import { createKubectl } from '../kubernetes/kubectl.ts';
import type { ClusterFolder } from './cluster-folder.ts';
import { firstControlPlane } from './node-files.ts';
import type { Plan } from './plan.ts';
import { runSteps, type StepsReport } from './run-steps.ts';
import { compareWithState, describeState, readState, type State, writeState } from './state.ts';
import type { Step } from './step.ts';
import { forecastTotal, type StepTimings } from './timings.ts';
import type { UpContext } from './up-context.ts';
import { upSteps } from './up-steps.ts';

export interface UpOptions extends Omit<UpContext, 'lock' | 'keepLock'> {
  readonly folder: ClusterFolder;
  readonly events: EventSink;
  readonly timings: StepTimings;
  /** Starts with the plan's and is told of the one with every digest. */
  readonly lock: { current: Lock; keep(lock: Lock): Promise<void> };
}

export interface UpResult {
  readonly report: StepsReport;
  readonly seconds: number;
  /** Whether there was anything to do. */
  readonly changed: boolean;
}

/** Makes the machine equal to the plan. @throws StepsFailed, KubelabError `KL-SPEC-FIXED`. */
export async function bringUp(options: UpOptions): Promise<UpResult> {
  const { plan, folder, signal, timings } = options;
  const started = Date.now();
  const state = await readState(folder.state);
  const removed = state === undefined ? [] : compareWithState(plan, state).removed;
  const leaving = state?.nodes.filter((node) => removed.includes(node.name)) ?? [];
  const described = describeState(plan, state === undefined ? new Date() : new Date(state.createdAt));
  // A worker that leaves stays in the state until it is gone, so that a run that was cut off knows of it.
  await writeState(folder.state, { ...described, nodes: [...described.nodes, ...leaving] });
  const context: UpContext = {
    ...options,
    lock: () => options.lock.current,
    keepLock: async (lock) => {
      options.lock.current = lock;
      await options.lock.keep(lock);
    },
  };
  const steps = [...upSteps(context), ...leaving.map((node) => removeStep(context, node))];
  const forecast = (step: Step): number | undefined => timings.forecast(step);
  const total = await forecastWork(steps, forecast);
  options.events({ type: 'run', title: `cluster ${plan.name}`, ...(total === undefined ? {} : { forecastSeconds: total }) });
  try {
    const report = await runSteps(steps, { signal, events: options.events, forecast, record: (entry) => timings.record(entry) });
    await writeState(folder.state, described);
    return {
      report,
      seconds: (Date.now() - started) / 1000,
      changed: report.some((entry) => entry.state === 'done' && entry.id !== 'network'),
    };
  } finally {
    await timings.save();
  }
}

/** The forecast for what is left: the long preparations count only where they are not done already. */
async function forecastWork(steps: readonly Step[], forecast: (step: Step) => number | undefined): Promise<number | undefined> {
  const prepared = new Set<string>();
  for (const step of steps) if (['obtain', 'base', 'image'].includes(step.id) && (await step.done())) prepared.add(step.id);
  return forecastTotal(steps, (step) => (prepared.has(step.id) ? 0 : forecast(step)));
}

/** A worker that the spec no longer has: its pods move, its node goes, its machine goes. */
function removeStep(context: UpContext, leaving: State['nodes'][number]): Step {
  const { plan, provider, signal } = context;
  const first = firstControlPlane(plan);
  return {
    id: `remove:${leaving.name}`,
    title: 'drain and remove',
    phase: 'remove',
    node: leaving.name,
    needs: [`init:${first.name}`],
    done: async () => false,
    run: async (progress) => {
      const kubectl = createKubectl({ runner: provider.connect(first), kubeconfig: '/etc/kubernetes/admin.conf', signal });
      progress('moving its pods elsewhere');
      const drain = ['drain', leaving.name, '--ignore-daemonsets', '--delete-emptydir-data', '--force', '--timeout=60s'];
      await kubectl.run(drain, { timeout: 90_000, accept: 'any' });
      await kubectl.run(['delete', 'node', leaving.name, '--ignore-not-found'], { timeout: 60_000 });
      progress('ending its machine');
      await provider.destroy(leaving.name);
    },
  };
}

/** Seconds per phase and node, for the table at the end. */
export function phaseTable(plan: Plan, report: StepsReport): readonly { phase: string; node: string; seconds: number }[] {
  const order = ['cluster', ...plan.nodes.map((node) => node.name)];
  return report
    .filter((entry) => entry.state === 'done')
    .toSorted((one, other) => one.startedAt - other.startedAt)
    .map((entry) => ({ phase: entry.phase, node: entry.node ?? 'cluster', seconds: entry.seconds }))
    .filter((row) => order.includes(row.node) || row.phase === 'remove');
}
