import { Interrupted } from '../../errors/errors.ts';
import type { Attempt } from '../attempt/attempt.ts';
import {
  checkAttempt,
  clearAway,
  goOn,
  hasPassed,
  lookAtStep,
  makeReady,
  planAttempt,
  resetTo,
  solveStep,
} from '../attempt/attempt-flow.ts';
import { isAgainst, type Round } from '../check/check-result.ts';
import { findLeftovers, type Inventory, takeInventory } from '../inventory.ts';
import type { Step, WrongAnswer } from '../lab.ts';
import { removeObjects } from '../attempt/namespace.ts';
import { performActions } from '../attempt/perform.ts';
import { performInput } from '../attempt/attempt-flow.ts';
import type { Stage } from '../attempt/stage.ts';
import { type Bench, detailsOf, openBench, type TestCase } from './test-bench.ts';

export interface LabTest {
  readonly lab: string;
  readonly version: string;
  readonly kubernetes: string;
  readonly checks: number;
  readonly seconds: number;
  readonly cases: readonly TestCase[];
}

export interface TestOptions {
  /** Only this step; those that it builds on are solved on the way and not tested. */
  readonly step?: string;
  /** Leaves the cluster as it is where something failed. */
  readonly keepOnFailure: boolean;
  readonly report: (result: TestCase) => void;
}

/** What has just been solved needs a moment; what is looked at before anything was done does not. */
const solved = { atLeast: 120_000 };
const before = { atMost: 0 };

/**
 * Proves a lab on a cluster: checks do not pass before a step is solved, wrong answers are refused by the checks named, the
 * solution passes, and passes when it is done again; a reset brings the start back, and nothing is left behind.
 */
export async function testLab(stage: Stage, options: TestOptions): Promise<LabTest> {
  const began = Date.now();
  const { lab } = stage.loaded;
  const bench = openBench(stage, options.report);
  let attempt = planAttempt(stage, { cluster: stage.cluster.name, made: '', mode: 'guided', language: 'en' });
  const known: { inventory?: Inventory } = {};
  const ready = await bench.run({ name: `${lab.id}: setup`, kind: 'before' }, async () => {
    // A test that was cut off may have left something.
    await clearAway(stage, attempt);
    known.inventory = await takeInventory(stage.cluster.kubectl, lab.namespace);
    const { step } = options;
    attempt = await (step === undefined ? makeReady(stage, attempt) : resetTo(stage, attempt, step));
    return [];
  });
  if (ready) attempt = await testSteps(bench, attempt, options.step);
  const { inventory } = known;
  // Without it, nothing was begun.
  if (inventory !== undefined && (!bench.failed() || !options.keepOnFailure)) {
    await bench.run({ name: `${lab.id}: leaves nothing behind`, kind: 'leftovers' }, async () => {
      const failed = await clearAwayAll(stage, attempt);
      if (failed.length > 0) return failed;
      return findLeftovers(inventory, await takeInventory(stage.cluster.kubectl, lab.namespace));
    });
  }
  return {
    lab: lab.id,
    version: lab.version,
    kubernetes: stage.cluster.kubernetes,
    checks: lab.steps.flatMap(({ checks }) => checks).length,
    seconds: (Date.now() - began) / 1000,
    cases: bench.cases,
  };
}

/**
 * Clears away what can be: where a part of that fails, as for a lab that is broken, the others are done all the same, so
 * that the labs after it do not meet them.
 * @returns what failed, a line each.
 */
async function clearAwayAll(stage: Stage, attempt: Attempt): Promise<readonly string[]> {
  const failed = await detailsOf(() => clearAway(stage, attempt));
  if (failed.length === 0) return failed;
  const { id, reset } = stage.loaded.lab;
  await detailsOf(() => removeObjects(stage, attempt.startedAt));
  await detailsOf(async () => {
    await performActions(stage, reset.also, performInput(stage, attempt, `the reset of lab ${id}`));
  });
  return failed;
}

async function testSteps(bench: Bench, first: Attempt, only: string | undefined): Promise<Attempt> {
  const { stage } = bench;
  const { lab } = stage.loaded;
  let attempt = first;
  const steps = lab.steps.filter(({ id }) => only === undefined || only === id);
  for (const step of steps) {
    const clean = await testWrongAnswers(bench, await testBefore(bench, attempt, step), step);
    if (clean === undefined) return attempt;
    attempt = clean;
    const done = await testSolution(bench, attempt, step);
    if (done === undefined) return attempt;
    attempt = done;
    if (step === steps.at(-1)) break;
    const isOn = await bench.need({ name: `${step.id}: going on to the next step`, kind: 'before', step: step.id }, async () => {
      attempt = await goOn(stage, attempt);
    });
    if (!isOn) return attempt;
  }
  if (only !== undefined || bench.failed()) return attempt;
  const [start] = lab.steps;
  if (start === undefined) return attempt;
  await bench.run({ name: `${start.id}: reset brings the start back`, kind: 'reset', step: start.id }, async () => {
    attempt = await resetTo(stage, attempt, start.id);
    return judgeBefore(start, await lookAtStep({ ...stage, patience: before }, attempt));
  });
  return attempt;
}

async function testBefore(bench: Bench, attempt: Attempt, step: Step): Promise<Attempt> {
  await bench.run({ name: `${step.id}: not passed before`, kind: 'before', step: step.id }, async () =>
    judgeBefore(step, await lookAtStep({ ...bench.stage, patience: before }, attempt)),
  );
  return attempt;
}

function judgeBefore(step: Step, round: Round): string[] {
  return round.results.flatMap(({ check, status, message }) => {
    const allowed = step.checks.find(({ id }) => id === check)?.allowPassBeforeSolve !== undefined;
    if (status === 'pass') return allowed ? [] : [`${check} passes before anything was done`];
    return status === 'error' ? [`${check} broke: ${message?.en ?? ''}`] : [];
  });
}

/**
 * Each wrong answer begins where the learner does, and is cleared away with a reset of the step.
 * @returns undefined when a reset failed: nothing that comes after it says anything.
 */
async function testWrongAnswers(bench: Bench, attempt: Attempt, step: Step): Promise<Attempt | undefined> {
  const { stage } = bench;
  let current = attempt;
  for (const wrong of stage.loaded.lab.test.wrong.filter((one) => one.step === step.id)) {
    await bench.run({ name: `${step.id}: wrong answer ${wrong.id} is refused`, kind: 'wrong', step: step.id }, async () => {
      const given = await performActions(stage, wrong.do, performInput(stage, current, `the wrong answer ${wrong.id}`));
      const answered = { ...current, answers: { ...current.answers, ...given.answers } };
      // What other checks say is not asked, and some would be waited for in vain.
      return judgeWrong(wrong, await lookAtStep(stage, answered, { only: wrong.mustFail }));
    });
    if (stage.cluster.signal.aborted) throw new Interrupted();
    const about = { name: `${step.id}: reset after wrong answer ${wrong.id}`, kind: 'reset', step: step.id } as const;
    const isReset = await bench.need(about, async () => {
      current = await resetTo(stage, current, step.id);
    });
    if (!isReset) return undefined;
  }
  return current;
}

function judgeWrong(wrong: WrongAnswer, round: Round): string[] {
  return wrong.mustFail.flatMap((id) => {
    const result = round.results.find(({ check }) => check === id);
    if (isAgainst(result?.status)) return [];
    return [`${id} should have refused it and says ${result?.status ?? 'nothing'}: ${result?.message?.en ?? ''}`];
  });
}

/** @returns the attempt with the step solved; undefined when it could not be. */
async function testSolution(bench: Bench, attempt: Attempt, step: Step): Promise<Attempt | undefined> {
  const { stage } = bench;
  let current = attempt;
  const solve = async (): Promise<readonly string[]> => {
    current = (await solveStep(stage, current)).attempt;
    const { attempt: checked, round } = await checkAttempt({ ...stage, patience: solved }, current);
    current = checked;
    return hasPassed(round) ? [] : describeMissing(round);
  };
  const passed = await bench.run({ name: `${step.id}: the solution passes`, kind: 'solve', step: step.id }, solve);
  if (passed) await bench.run({ name: `${step.id}: solved again, it still passes`, kind: 'again', step: step.id }, solve);
  return passed ? current : undefined;
}

function describeMissing(round: Round): string[] {
  const failed = round.results.filter(({ status }) => status !== 'pass' && status !== 'notApplicable');
  return [
    ...failed.map(({ check, status, message, expected, actual }) =>
      [`${check}: ${status}`, message?.en, expected && `expected ${expected.en}`, actual && `found ${actual.en}`]
        .filter((part) => part !== undefined && part !== '')
        .join('; '),
    ),
    ...round.spoiled.map(({ guard, message }) => `${guard}: spoiled; ${message.en}`),
  ];
}
