import { randomUUID } from 'node:crypto';
import { type Attempt, progressOf, withProgress } from './attempt.ts';
import type { Round } from '../check/check-result.ts';
import { earlierSteps } from '../earlier-steps.ts';
import { interpolateAll } from '../interpolate.ts';
import type { Language } from '../language.ts';
import { makeNamespace, refuseForeignNamespace, removeObjects } from './namespace.ts';
import { explainFailure, type Performed, performActions, type PerformInput, QuestionUnknown } from './perform.ts';
import { readField } from '../check/read-field.ts';
import { checkStep, type RoundInput } from '../check/round.ts';
import { requireWayTo, solutionOf } from '../solutions.ts';
import { stepOf, type Stage, valuesOf } from './stage.ts';
import { takeRound } from './take-round.ts';
import { drawVariables } from './values.ts';
import type { Step } from '../lab.ts';

export interface NewAttempt {
  readonly cluster: string;
  /** When the cluster was made. */
  readonly made: string;
  readonly mode: Attempt['mode'];
  readonly language: Language;
}

/** An attempt that has not begun: nothing is touched. */
export function planAttempt({ loaded, now }: Pick<Stage, 'loaded' | 'now'>, wish: NewAttempt): Attempt {
  const { lab, folder } = loaded;
  return {
    apiVersion: 'kubelab/v1',
    ...wish,
    lab: lab.id,
    version: lab.version,
    folder: folder.root,
    startedAt: now().toISOString(),
    step: lab.steps[0]?.id ?? '',
    ready: false,
    vars: drawVariables(lab.vars),
    answers: {},
    latched: {},
    steps: {},
  };
}

/**
 * Makes the current step ready where it is not yet: after `planAttempt`, and after a run that was cut off. What was done
 * is done again, which changes nothing.
 */
export async function makeReady(stage: Stage, attempt: Attempt): Promise<Attempt> {
  if (attempt.ready) return attempt;
  await stage.prepare(hasBegun(stage, attempt));
  if (attempt.step === stage.loaded.lab.steps[0]?.id) return buildUp(stage, attempt);
  await makeNamespace(stage);
  return beginStep(stage, attempt);
}

/** Whether a step of the attempt has begun before, on this cluster. */
function hasBegun({ loaded }: Stage, { step, steps, ready, rebuild, broughtAt }: Attempt): boolean {
  if (rebuild === true && broughtAt !== undefined) return false;
  return ready || step !== loaded.lab.steps[0]?.id || Object.keys(steps).length > 0;
}

async function beginStep(stage: Stage, attempt: Attempt): Promise<Attempt> {
  const step = stepOf(stage, attempt.step);
  await performActions(stage, step.setup, performInput(stage, attempt, `the setup of step ${step.id}`));
  const begun = { ...attempt, vars: { ...attempt.vars, ...(await rememberFields(stage, attempt, step)) }, ready: true };
  delete begun.rebuild;
  await stage.keep(begun);
  return begun;
}

async function rememberFields(stage: Stage, attempt: Attempt, step: Step): Promise<Record<string, string>> {
  const values = valuesOf(stage, attempt);
  const { namespace } = stage.loaded.lab;
  const fields = await Promise.all(
    Object.entries(step.remember).map(async ([name, field]) => {
      const value = await readField({ field, namespace, values, cluster: stage.cluster }).catch((error: unknown) => {
        throw explainFailure(error, `the start of step ${step.id}`, `remember ${name}`);
      });
      return [name, value ?? ''] as const;
    }),
  );
  return Object.fromEntries(fields);
}

/** What actions of an attempt work with. */
export function performInput(stage: Stage, attempt: Attempt, what: string): PerformInput {
  const values = valuesOf(stage, attempt);
  return {
    what,
    values,
    variables: attempt.vars,
    rightAnswer: (check) => findRightAnswer(stage, attempt, check),
  };
}

async function findRightAnswer(stage: Stage, attempt: Attempt, id: string): Promise<string> {
  const { lab } = stage.loaded;
  const is = lab.steps.flatMap(({ checks }) => checks).find((check) => check.id === id)?.answer?.is;
  if (is === undefined) throw new QuestionUnknown(id);
  const values = valuesOf(stage, attempt);
  if (Array.isArray(is)) return interpolateAll(is[0] ?? '', values, id);
  return (await readField({ field: is, namespace: lab.namespace, values, cluster: stage.cluster })) ?? '';
}

/** Looks at all checks of the current step, and keeps what came of it. */
export async function checkAttempt(
  stage: Stage,
  attempt: Attempt,
  looked?: RoundInput['looked'],
): Promise<{ attempt: Attempt; round: Round }> {
  const round = await lookAtStep(stage, attempt, looked === undefined ? {} : { looked });
  const at = stage.now();
  const take = (now: Attempt): Attempt => takeRound(now, stepOf(stage, attempt.step), round, at);
  // Points follow from hints and solutions too, which come in other terminals.
  await stage.keep(attempt, take);
  return { attempt: take(attempt), round };
}

/** Looks at checks of the current step, and keeps nothing. */
export function lookAtStep(stage: Stage, attempt: Attempt, options: Pick<RoundInput, 'looked' | 'only'> = {}): Promise<Round> {
  const { lab, folder } = stage.loaded;
  const step = stepOf(stage, attempt.step);
  return checkStep({
    lab,
    step,
    values: valuesOf(stage, attempt),
    answers: attempt.answers,
    latched: attempt.latched[step.id] ?? [],
    cluster: stage.cluster,
    readScript: (path) => folder.read(path),
    patience: stage.patience,
    progress: stage.say,
    ...options,
  });
}

/**
 * Does the current step in the learner's place. Its checks are not looked at.
 * @throws KubelabError `KL-LAB-NO-SOLUTION`
 */
export async function solveStep(stage: Stage, attempt: Attempt): Promise<{ attempt: Attempt; performed: Performed }> {
  const step = stepOf(stage, attempt.step);
  const actions = solutionOf(stage.loaded.lab, step);
  const { passedAt, solved: wasSolved } = progressOf(attempt, step.id);
  // What a learner has passed stays passed by the learner, and what was solved for one stays solved.
  const begun = withProgress(attempt, step.id, { solved: wasSolved || passedAt === undefined });
  // A solution that is cut off has done its part too.
  await stage.keep(begun);
  const performed = await performActions(stage, actions, performInput(stage, attempt, `the solution of step ${step.id}`));
  const solved = { ...begun, answers: { ...attempt.answers, ...performed.answers } };
  await stage.keep(solved);
  return { attempt: solved, performed };
}

/** The step after the current one; undefined at the end. */
export function stepAfter({ loaded }: Pick<Stage, 'loaded'>, id: string): Step | undefined {
  const { steps } = loaded.lab;
  return steps[steps.findIndex((step) => step.id === id) + 1];
}

/** Goes on to the step after the current one, or ends the lab. */
export async function goOn(stage: Stage, attempt: Attempt): Promise<Attempt> {
  const next = stepAfter(stage, attempt.step);
  const moved: Attempt =
    next === undefined
      ? { ...attempt, finishedAt: attempt.finishedAt ?? stage.now().toISOString() }
      : { ...attempt, step: next.id, ready: false };
  // A newer version of the lab may have got further steps.
  if (next !== undefined) delete moved.finishedAt;
  await stage.keep(moved);
  return makeReady(stage, moved);
}

/** An attempt of which nothing may be left on the cluster from now on, until its step has begun again. */
export function withoutGround(attempt: Attempt): Attempt {
  return { ...attempt, ready: false, rebuild: true, ground: randomUUID() };
}

/**
 * Removes all that the lab and the learner made on the cluster, and puts nodes back.
 * @param attempt is kept before anything is changed.
 * @throws KubelabError `KL-LAB-NAMESPACE`
 */
export async function clearAway(stage: Stage, attempt: Attempt): Promise<void> {
  const { lab } = stage.loaded;
  await refuseForeignNamespace(stage);
  await stage.keep(attempt);
  const input = performInput(stage, attempt, `the reset of lab ${lab.id}`);
  await performActions(stage, lab.reset.first, input);
  await removeObjects(stage, attempt.broughtAt ?? attempt.startedAt);
  await performActions(stage, lab.reset.also, input);
}

/**
 * Brings back the start of a step: everything is cleared away, then set up again, with the steps that it builds on done in
 * the learner's place. Values stay the same; answers and progress of this step and later ones are forgotten.
 * @throws KubelabError `KL-LAB-NO-SOLUTION` before anything is changed, when earlier steps can not be done; `KL-LAB-ORDER`
 * when there is no such step
 */
export async function resetTo(stage: Stage, attempt: Attempt, target: string): Promise<Attempt> {
  const { lab } = stage.loaded;
  const index = lab.steps.indexOf(stepOf(stage, target));
  requireWayTo(lab, target);
  const forgotten = lab.steps.slice(index);
  const questions = new Set(forgotten.flatMap(({ checks }) => checks.map(({ id }) => id)));
  const { resets } = progressOf(attempt, target);
  let current: Attempt = {
    ...withoutGround(attempt),
    step: target,
    answers: Object.fromEntries(Object.entries(attempt.answers).filter(([check]) => !questions.has(check))),
    latched: Object.fromEntries(Object.entries(attempt.latched).filter(([step]) => !forgotten.some(({ id }) => id === step))),
    steps: Object.fromEntries(Object.entries(attempt.steps).filter(([step]) => !forgotten.some(({ id }) => id === step))),
  };
  delete current.finishedAt;
  for (const { id } of forgotten.filter((step) => attempt.steps[step.id] !== undefined)) {
    // What was shown stays known.
    const { solved, hints } = progressOf(attempt, id);
    current = withProgress(current, id, { solved, hints });
  }
  current = withProgress(current, target, { resets: resets + (attempt.rebuild === true ? 0 : 1) });
  await clearAway(stage, current);
  await stage.prepare(hasBegun(stage, attempt));
  return buildUp(stage, current);
}

/** Sets up the attempt's step where nothing of the lab is, with the steps that it builds on done in the learner's place. */
export async function buildUp(stage: Stage, attempt: Attempt): Promise<Attempt> {
  const { lab } = stage.loaded;
  await makeNamespace(stage);
  await performActions(stage, lab.setup, performInput(stage, attempt, `the setup of lab ${lab.id}`));
  let current = attempt;
  for (const step of earlierSteps(lab, attempt.step)) {
    const vars = await replayStep(stage, current, step);
    current = { ...current, vars };
  }
  return beginStep(stage, current);
}

/** Setup and solution of an earlier step, on the way back to a later one. Progress in it stays as it is. */
async function replayStep(stage: Stage, attempt: Attempt, step: Step): Promise<Attempt['vars']> {
  await performActions(stage, step.setup, performInput(stage, attempt, `the setup of step ${step.id}`));
  const vars = { ...attempt.vars, ...(await rememberFields(stage, attempt, step)) };
  const actions = solutionOf(stage.loaded.lab, step);
  await performActions(stage, actions, performInput(stage, { ...attempt, vars }, `the solution of step ${step.id}`));
  return vars;
}
