import { performance } from 'node:perf_hooks';
import { exitCodes, type ExitCode } from '../errors/catalogue.ts';
import { Interrupted } from '../errors/errors.ts';
import type { EventSink } from '../events.ts';
import { recognise } from './known-problems.ts';
import type { Step } from './step.ts';

/** How one step of a run ended. */
export interface StepReport {
  readonly id: string;
  readonly node?: string;
  readonly phase: string;
  readonly title: string;
  readonly state: 'done' | 'already' | 'failed' | 'cancelled';
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly seconds: number;
}

/** Every step, in the order in which they ended. */
export type StepsReport = readonly StepReport[];

export interface StepFailure {
  readonly id: string;
  readonly node?: string;
  readonly title: string;
  readonly cause: unknown;
}

/** What a run that did not get through leaves behind. */
export interface StepsRest {
  /** In the order in which they happened; steps that run at the same time can fail together. */
  readonly failures: readonly StepFailure[];
  /** Ids of the steps that were not started. */
  readonly left: readonly string[];
  /** Ids of the steps that ended well, also those that had nothing to do. */
  readonly done: readonly string[];
  readonly report: StepsReport;
}

/** At least one step failed. Its `cause` is the first failure's, and so is its exit code. */
export class StepsFailed extends Error {
  readonly failures: readonly StepFailure[];
  readonly left: readonly string[];
  readonly done: readonly string[];
  readonly report: StepsReport;

  constructor(rest: StepsRest) {
    const first = rest.failures[0];
    super(rest.failures.map((failure) => `${failure.id}: ${describeCause(failure.cause)}`).join('\n'), { cause: first?.cause });
    this.name = 'StepsFailed';
    this.failures = rest.failures;
    this.left = rest.left;
    this.done = rest.done;
    this.report = rest.report;
  }

  get exitCode(): ExitCode {
    const { cause } = this;
    const own = cause instanceof Error && 'exitCode' in cause ? cause.exitCode : undefined;
    return Object.values(exitCodes).find((code) => code === own) ?? exitCodes.bug;
  }
}

/** The run was aborted. `failures` holds what steps threw that was not the interruption itself. */
export class StepsInterrupted extends Interrupted {
  readonly rest: StepsRest;

  constructor(rest: StepsRest) {
    super();
    this.rest = rest;
  }
}

export interface RunStepsOptions {
  /** The steps work with the same signal, so aborting it ends those that run. */
  readonly signal: AbortSignal;
  readonly events: EventSink;
  /** Seconds that a step took on this host before, where that is known. */
  readonly forecast: (step: Step) => number | undefined;
  /** Told of every step that ended, as it ends. */
  readonly record: (entry: StepReport, step: Step) => void;
}

/**
 * Runs a graph of steps: whatever is ready starts at once. After a failure or an abort nothing more is started and
 * what runs is waited for.
 * @throws StepsFailed when a step failed.
 * @throws StepsInterrupted, an Interrupted, when the signal was aborted before any step failed.
 */
export async function runSteps(steps: readonly Step[], options: RunStepsOptions): Promise<StepsReport> {
  const waiting = new Set(sortSteps(steps));
  const well = new Set<string>();
  const run: Run = { options, report: [], failures: [], started: new Set(), running: new Map(), well, failedFirst: false };
  const running = new Set<Promise<unknown>>();
  const start = async (step: Step): Promise<void> => {
    if (await runStep(step, run)) well.add(step.id);
    run.running.delete(step.id);
    cancelHopeless(run);
  };
  while (true) {
    for (const step of isHalted(run) ? [] : waiting) {
      if (!step.needs.every((id) => well.has(id))) continue;
      waiting.delete(step);
      const end: Promise<unknown> = start(step).finally(() => running.delete(end));
      running.add(end);
    }
    if (running.size === 0) break;
    await Promise.race(running);
  }
  if (run.failures.length === 0 && !options.signal.aborted) return run.report;
  const left = steps.filter((step) => !run.started.has(step.id) && !well.has(step.id)).map((step) => step.id);
  const rest = { failures: run.failures, left, done: [...well], report: run.report };
  throw run.failedFirst ? new StepsFailed(rest) : new StepsInterrupted(rest);
}

/**
 * The steps in an order in which each comes after all that it needs.
 * @throws Error when two have the same id, a need is not there, or they need each other in a circle: a bug of ours.
 */
export function sortSteps(steps: readonly Step[]): readonly Step[] {
  const ids = new Set<string>();
  for (const { id } of steps) {
    if (ids.has(id)) throw new Error(`two steps have the id ${id}`);
    ids.add(id);
  }
  for (const step of steps)
    for (const need of step.needs) if (!ids.has(need)) throw new Error(`the step ${step.id} needs ${need}, which is not there`);
  const sorted = new Map<string, Step>();
  let rest = steps;
  while (rest.length > 0) {
    for (const step of rest) if (step.needs.every((need) => sorted.has(need))) sorted.set(step.id, step);
    const stuck = rest.filter((step) => !sorted.has(step.id));
    if (stuck.length === rest.length) throw new Error(`steps need each other in a circle: ${findCircle(stuck).join(' -> ')}`);
    rest = stuck;
  }
  return [...sorted.values()];
}

interface Run {
  readonly options: RunStepsOptions;
  readonly report: StepReport[];
  readonly failures: StepFailure[];
  /** Ids of the steps that were at least begun. */
  readonly started: Set<string>;
  /** The steps that run, each with what cancels it alone. */
  readonly running: Map<string, { readonly step: Step; readonly abort: AbortController }>;
  /** Ids of the steps that ended well. */
  readonly well: Set<string>;
  /** Whether a step failed before the signal was aborted. */
  failedFirst: boolean;
}

/** Cancels what waits for a step that failed or will not be started any more. */
function cancelHopeless(run: Run): void {
  if (!isHalted(run)) return;
  for (const { step, abort } of run.running.values())
    if (step.awaits?.some((id) => !run.well.has(id) && !run.running.has(id)) === true) abort.abort(new Interrupted());
}

function isHalted(run: Run): boolean {
  return run.failures.length > 0 || run.options.signal.aborted;
}

/** Whether the step ended well. Never rejects: what went wrong is in the run's failures. */
async function runStep(step: Step, run: Run): Promise<boolean> {
  const startedAt = Date.now();
  const clock = performance.now();
  const conclude = (state: StepReport['state']): void => {
    const seconds = Math.round(performance.now() - clock) / 1000;
    const { id, node, phase, title } = step;
    const entry = { id, ...(node === undefined ? {} : { node }), phase, title, state, startedAt, seconds };
    run.report.push(entry);
    run.options.record(entry, step);
    run.options.events({ ...describeStep(step), state, seconds });
  };
  const abort = new AbortController();
  run.running.set(step.id, { step, abort });
  const signal = AbortSignal.any([run.options.signal, abort.signal]);
  try {
    if (await step.done()) {
      conclude('already');
      return true;
    }
    // Looking took time; since then another step may have failed.
    if (isHalted(run)) return false;
    run.started.add(step.id);
    const forecastSeconds = run.options.forecast(step);
    run.options.events({
      ...describeStep(step),
      state: 'started',
      ...(forecastSeconds === undefined ? {} : { forecastSeconds }),
    });
    // What it waits for may have failed while it looked.
    cancelHopeless(run);
    await step.run((text) => run.options.events({ type: 'progress', ...describeWhere(step), text }), signal);
    conclude('done');
    return true;
  } catch (cause) {
    keepFailure(step, cause, run, signal);
    concludeFailed(step, run, conclude, signal);
    return false;
  }
}

function keepFailure(step: Step, cause: unknown, run: Run, { aborted }: AbortSignal): void {
  // Being interrupted is what was asked for.
  if (aborted && (cause instanceof Interrupted || (cause instanceof Error && cause.name === 'AbortError'))) return;
  run.failedFirst ||= !aborted;
  run.failures.push({ ...describeWhere(step), title: step.title, cause: recognise(cause) });
}

function concludeFailed(step: Step, run: Run, conclude: (state: StepReport['state']) => void, { aborted }: AbortSignal): void {
  // A step that was interrupted while it looked was never started.
  if (aborted && !run.started.has(step.id)) return;
  run.started.add(step.id);
  try {
    conclude(aborted ? 'cancelled' : 'failed');
  } catch (cause) {
    // Nobody is left to tell but the one who gets the failures.
    run.failures.push({ ...describeWhere(step), title: step.title, cause: recognise(cause) });
  }
}

function describeWhere(step: Step): { readonly id: string; readonly node?: string } {
  return { id: step.id, ...(step.node === undefined ? {} : { node: step.node }) };
}

function describeStep(step: Step): {
  readonly type: 'step';
  readonly id: string;
  readonly node?: string;
  readonly title: string;
} {
  return { type: 'step', ...describeWhere(step), title: step.title };
}

/** @param stuck steps that each need at least one of the others. */
function findCircle(stuck: readonly Step[]): string[] {
  const byId = new Map(stuck.map((step) => [step.id, step]));
  const path: string[] = [];
  let id = stuck[0]?.id;
  while (id !== undefined && !path.includes(id)) {
    path.push(id);
    id = byId.get(id)?.needs.find((need) => byId.has(need));
  }
  return id === undefined ? path : [...path.slice(path.indexOf(id)), id];
}

function describeCause(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
