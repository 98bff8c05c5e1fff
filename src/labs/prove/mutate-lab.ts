import { waitFor } from '../../cluster/wait.ts';
import { CommandFailed, Interrupted, KubelabError, unlessFailed } from '../../errors/errors.ts';
import type { Milliseconds } from '../../exec/runner.ts';
import type { Attempt } from '../attempt/attempt.ts';
import { clearAway, lookAtStep, planAttempt, resetTo, solveStep } from '../attempt/attempt-flow.ts';
import { hasPassed, type Round } from '../check/check-result.ts';
import { type DryRun, type DryRunPlace, hasJudged, openDryRun } from './dry-run.ts';
import { interpolate } from '../interpolate.ts';
import type { Action } from '../lab-action.ts';
import type { Lab, Step } from '../lab.ts';
import type { Patience } from '../check/verdict.ts';
import { listMutants, type Mutant, type Shard, takeShard, writeAgain } from './mutate.ts';
import { ActionFailed } from '../attempt/perform.ts';
import { patienceAfterSolving, type Stage, valuesOf } from '../attempt/stage.ts';

/** What became of a solution with one field of one manifest dropped or changed. */
export interface MutantResult {
  readonly step: string;
  readonly file: string;
  readonly what: string;
  /**
   * - `refused`: the cluster did not take it.
   * - `same`: the cluster makes the same objects of it as of the solution.
   * - `caught`: a check that looks at the cluster did not pass.
   * - `survived`: nothing noticed.
   */
  readonly end: 'refused' | 'same' | 'caught' | 'survived';
  /** The checks and guards that caught it; for other ends nothing. */
  readonly by: readonly string[];
  readonly seconds: number;
}

type Verdict = Pick<MutantResult, 'end' | 'by'>;

export interface MutationOptions {
  /** How many, drawn from all that there are; all of them without it. */
  readonly count?: number;
  /** The same seed draws the same ones. */
  readonly seed: number;
  /** Only slips in the manifests of this step. */
  readonly step?: string;
  /** Only one part of them: parts are for clusters side by side. */
  readonly shard?: Shard;
  readonly report: (result: MutantResult) => void;
}

export interface MutationTest {
  readonly lab: string;
  /** How many there are to draw from. */
  readonly all: number;
  readonly results: readonly MutantResult[];
}

interface Place extends Mutant {
  readonly step: string;
  readonly file: string;
}

/** How strong a lab's checks are: solves its steps with slips in the manifests, and looks which of them the checks notice. */
export async function testMutants(stage: Stage, options: MutationOptions): Promise<MutationTest> {
  const { lab } = stage.loaded;
  const steps = lab.steps.filter(({ id }) => options.step === undefined || id === options.step);
  const all = (await Promise.all(steps.map((step) => listPlaces(stage, step)))).flat();
  if (all.length === 0)
    throw new KubelabError('KL-USE', `No solution of ${options.step ?? lab.id} applies a manifest: there is nothing to change.`);
  const drawn = new Set(takeShard(drawSome(all, options.count, options.seed), options.shard));
  const results: MutantResult[] = [];
  const report = (result: MutantResult): void => {
    results.push(result);
    options.report(result);
  };
  let attempt = planAttempt(stage, { cluster: stage.cluster.name, made: '', mode: 'guided', language: 'en' });
  for (const step of lab.steps) {
    const places = all.filter((one) => one.step === step.id && drawn.has(one));
    if (places.length === 0) continue;
    attempt = await resetTo(stage, attempt, step.id);
    attempt = await testPlaces(stage, attempt, step, await judgeDry(stage, attempt, step, places, report), report);
  }
  await clearAway(stage, attempt);
  return { lab: lab.id, all: all.length, results };
}

/** Says of slips what a dry run tells already. @returns those that have to be tried. */
async function judgeDry(
  stage: Stage,
  attempt: Attempt,
  step: Step,
  places: readonly Place[],
  report: (result: MutantResult) => void,
): Promise<Place[]> {
  const { loaded, cluster } = stage;
  const values = valuesOf(stage, attempt);
  const dryRuns = new Map<string, DryRun | undefined>();
  const open: Place[] = [];
  for (const place of places) {
    const { file } = place;
    const began = Date.now();
    if (!dryRuns.has(file)) {
      const manifest = interpolate(await loaded.folder.read(file), values, file);
      const dryRun = await openDryRun(cluster.kubectl, dryRunPlace(loaded.lab, step, file), manifest);
      dryRuns.set(file, dryRun);
      if (dryRun !== undefined && (await dryRun.judge(writeAgain(manifest))) !== 'same')
        throw new KubelabError(
          'KL-LAB-FAILED',
          `${file} means something else once it is written again: no slip in it can be judged`,
        );
    }
    const verdict = await dryRuns.get(file)?.judge(interpolate(place.text, values, file));
    if (verdict === 'refused' || verdict === 'same') report(resultOf(place, { end: verdict, by: [] }, began));
    else open.push(place);
  }
  return open;
}

/** Where a dry run meets what the manifest does in the solution: what is there now, or nothing when that is deleted first. */
function dryRunPlace(lab: Lab, step: Step, file: string): DryRunPlace {
  const own = step.solve.findIndex((action) => 'apply' in action && action.apply === file);
  const deletes = step.solve.slice(0, own).some((action) => 'kubectl' in action && action.kubectl[0] === 'delete');
  return deletes ? { namespace: 'default', fresh: true } : { namespace: lab.namespace, fresh: false };
}

async function testPlaces(
  stage: Stage,
  begin: Attempt,
  step: Step,
  places: readonly Place[],
  report: (result: MutantResult) => void,
): Promise<Attempt> {
  if (places.length === 0) return begin;
  const patience = await timeSolution(stage, begin, step);
  let attempt = begin;
  for (const place of places) {
    const result = await retryOutage(stage, async (isLast) => {
      attempt = await resetTo(stage, attempt, step.id);
      const began = Date.now();
      return resultOf(place, await tryMutant(stage, patience, attempt, step, place, isLast), began);
    });
    report(result);
  }
  return attempt;
}

/** A cluster that was out of reach for a while has said nothing of a slip: it is tried once more when it answers again. */
async function retryOutage<T>({ cluster, say }: Stage, work: (isLast: boolean) => Promise<T>): Promise<T> {
  const failure = await work(false).catch((error: unknown) => {
    if (error instanceof ActionFailed || error instanceof CommandFailed) return error;
    throw error;
  });
  if (!(failure instanceof Error)) return failure;
  const { kubectl, signal, capabilities } = cluster;
  await waitFor(
    {
      what: 'the API server',
      hint: failure.message,
      deadline: 5 * 60_000 * capabilities.slowness,
      every: 2000,
      ready: async () => {
        const answer = await unlessFailed(kubectl.run(['get', '--raw', '/readyz'], { timeout: 30_000, accept: 'any' }));
        return answer?.exitCode === 0 ? true : 'it does not answer';
      },
    },
    signal,
    say,
  );
  return work(true);
}

/** How long a slip is waited for: what it does shows by then, or not at all. */
interface SlipPatience {
  readonly solving: Milliseconds;
  readonly checking: Milliseconds;
}

const leastPatience: Milliseconds = 10_000;

/** Twice as long as the solution itself takes. @throws KubelabError `KL-LAB-FAILED` when it does not pass. */
async function timeSolution(stage: Stage, attempt: Attempt, step: Step): Promise<SlipPatience> {
  const began = Date.now();
  const { attempt: solved } = await solveStep(stage, attempt);
  const between = Date.now();
  const round = await lookAtStep({ ...stage, patience: patienceAfterSolving(stage) }, solved);
  const since = (moment: number, until: number): Milliseconds => Math.max(leastPatience, 2 * (until - moment));
  if (hasPassed(round)) return { solving: since(began, between), checking: since(between, Date.now()) };
  throw new KubelabError('KL-LAB-FAILED', `the solution of step ${step.id} does not pass, so that no slip in it can be judged`, {
    cure: `Run kubelab lab test ${stage.loaded.lab.id} --step ${step.id}.`,
  });
}

function resultOf({ step, file, what }: Place, verdict: Verdict, began: number): MutantResult {
  return { step, file, what, ...verdict, seconds: (Date.now() - began) / 1000 };
}

async function listPlaces({ loaded }: Stage, step: Step): Promise<Place[]> {
  const files = step.solve.flatMap((action) => ('apply' in action ? [action.apply] : []));
  const places = [...new Set(files)].map(async (file) =>
    listMutants(await loaded.folder.read(file)).map((mutant) => ({ ...mutant, step: step.id, file })),
  );
  return (await Promise.all(places)).flat();
}

async function tryMutant(
  stage: Stage,
  patience: SlipPatience,
  attempt: Attempt,
  step: Step,
  { file, text }: Place,
  isLast: boolean,
): Promise<Verdict> {
  const { loaded } = stage;
  const folder = { ...loaded.folder, read: (path: string) => (path === file ? Promise.resolve(text) : loaded.folder.read(path)) };
  const slipped = (wait: Patience): Stage => ({ ...stage, patience: wait, loaded: { ...loaded, folder } });
  // However short a check says it waits: a slow machine is no slip.
  const checking = slipped({ atLeast: patience.checking, atMost: patience.checking });
  try {
    const solved = await solveStep(slipped({ atMost: patience.solving }), attempt);
    return judge(step, await lookAtStep(checking, solved.attempt));
  } catch (error) {
    if (error instanceof Interrupted || !(error instanceof KubelabError)) throw error;
    if (error instanceof ActionFailed && isApplyOf(error.action, file)) {
      if (isLast || isRefusal(error)) return { end: 'refused', by: [] };
      throw error;
    }
    // The solution waited in vain, long enough for the checks too; what comes after in it was not done.
    const round = await lookAtStep(slipped({ atMost: 0 }), attempt);
    // A check that broke may have met a container that had just ended, and say more in a moment.
    const again = round.results.some(({ status }) => status === 'error');
    return judge(step, again ? await lookAtStep(checking, attempt) : round);
  }
}

function isRefusal({ cause }: ActionFailed): boolean {
  return (
    cause instanceof CommandFailed && !cause.timedOut && hasJudged({ exitCode: cause.commandExitCode, stderr: cause.stderr })
  );
}

function isApplyOf(action: Action | undefined, file: string): boolean {
  return action !== undefined && 'apply' in action && action.apply === file;
}

/**
 * Answers say nothing of manifests: those of a solution that was cut short are not given. What is blocked says only that
 * another check did not pass. With one that broke to the end, the step has not passed either.
 */
export function judge(step: Pick<Step, 'checks'>, { results, spoiled }: Pick<Round, 'results' | 'spoiled'>): Verdict {
  const questions = new Set(step.checks.filter((check) => check.answer !== undefined).map(({ id }) => id));
  const failed = results.filter(({ check, status }) => !questions.has(check) && ['notYet', 'spoiled', 'error'].includes(status));
  const by = [...failed.map(({ check }) => check), ...spoiled.map(({ guard }) => guard)];
  return { end: by.length > 0 ? 'caught' : 'survived', by };
}

/** Some of a list, always the same ones for the same seed. */
function drawSome<Item>(items: readonly Item[], count: number | undefined, seed: number): Item[] {
  const next = createRandom(seed);
  return items
    .map((item) => ({ item, order: next() }))
    .toSorted((one, other) => one.order - other.order)
    .slice(0, count)
    .map(({ item }) => item);
}

/** Numbers from 0 to below 1 that follow from the seed: a linear congruential generator, which is plenty to draw with. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
