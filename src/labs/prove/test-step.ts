import { Interrupted } from '../../errors/errors.ts';
import type { Attempt } from '../attempt/attempt.ts';
import { checkAttempt, lookAtStep, performInput, resetTo, solveStep } from '../attempt/attempt-flow.ts';
import { performActions } from '../attempt/perform.ts';
import { hasPassed, type Round } from '../check/check-result.ts';
import type { Step, WrongAnswer } from '../lab.ts';
import { patienceAfterSolving, stepOf } from '../attempt/stage.ts';
import type { Bench } from './test-bench.ts';

/** What is looked at before anything was done needs no time. */
const before = { atMost: 0 };

/** No check of a step passes where it begins. */
export async function testBefore(bench: Bench, attempt: Attempt, step: Step): Promise<void> {
  await bench.run({ name: `${step.id}: not passed before`, kind: 'before', step: step.id }, () =>
    judgeBefore(bench, attempt, step),
  );
}

async function judgeBefore({ stage }: Bench, attempt: Attempt, step: Step): Promise<string[]> {
  const round = await lookAtStep({ ...stage, patience: before }, attempt);
  const checks = round.results.flatMap(({ check, status, message }) => {
    const allowed = step.checks.find(({ id }) => id === check)?.allowPassBeforeSolve !== undefined;
    if (status === 'pass') return allowed ? [] : [`${check} passes before anything was done`];
    if (status === 'spoiled') return [`${check} is spoiled where the step begins; ${message?.en ?? ''}`];
    return status === 'error' ? [`${check} broke: ${message?.en ?? ''}`] : [];
  });
  return [...checks, ...describeGuards(round)];
}

/** A guard has nothing to say but where the learner broke something. */
function describeGuards({ spoiled, guardErrors = [] }: Round): string[] {
  return [
    ...spoiled.map(({ guard, message }) => `${guard}: spoiled; ${message.en}`),
    ...guardErrors.map(({ guard, error }) => `${guard} broke: ${error.en}`),
  ];
}

/** The solution passes, and passes when it is done again. @returns the attempt with the step solved; undefined when it could not be. */
export async function testSolution(bench: Bench, attempt: Attempt, step: Step): Promise<Attempt | undefined> {
  let current = attempt;
  const solve = async (): Promise<readonly string[]> => {
    const { attempt: after, missing } = await solveAndCheck(bench, current);
    current = after;
    return missing;
  };
  const passed = await bench.run({ name: `${step.id}: the solution passes`, kind: 'solve', step: step.id }, solve);
  if (passed) await bench.run({ name: `${step.id}: solved again, it still passes`, kind: 'again', step: step.id }, solve);
  return passed ? current : undefined;
}

async function solveAndCheck(
  { stage }: Bench,
  attempt: Attempt,
): Promise<{ readonly attempt: Attempt; readonly missing: readonly string[] }> {
  const { attempt: done } = await solveStep(stage, attempt);
  const { attempt: checked, round } = await checkAttempt({ ...stage, patience: patienceAfterSolving(stage) }, done);
  return { attempt: checked, missing: [...(hasPassed(round) ? [] : describeMissing(round)), ...describeGuards(round)] };
}

function describeMissing(round: Round): string[] {
  const failed = round.results.filter(({ status }) => status !== 'pass' && status !== 'notApplicable');
  return failed.map(({ check, status, message, expected, actual }) =>
    [`${check}: ${status}`, message?.en, expected && `expected ${expected.en}`, actual && `found ${actual.en}`]
      .filter((part) => part !== undefined && part !== '')
      .join('; '),
  );
}

/**
 * A reset brings the start of a step back, also after each wrong answer, and each of those is refused. Where the reset leaves
 * out steps that the learner went through, the solution has to pass without them too.
 * @returns false when a reset failed: nothing that comes after it says anything.
 */
export async function testResets(bench: Bench, begun: Attempt, step: Step): Promise<boolean> {
  const { stage } = bench;
  const known: { attempt?: Attempt } = {};
  const reset = async (name: string): Promise<Attempt | undefined> => {
    delete known.attempt;
    await bench.run({ name: `${step.id}: ${name}`, kind: 'reset', step: step.id }, async () => {
      known.attempt = await resetTo(stage, begun, step.id);
      return judgeBefore(bench, known.attempt, step);
    });
    return known.attempt;
  };
  let attempt = await reset('a reset brings its start back');
  for (const wrong of stage.loaded.lab.test.wrong.filter((one) => one.step === step.id)) {
    if (attempt === undefined) return false;
    await testWrongAnswer(bench, attempt, wrong);
    if (stage.cluster.signal.aborted) throw new Interrupted();
    attempt = await reset(`reset after wrong answer ${wrong.id}`);
  }
  if (attempt === undefined || step.needs === undefined) return attempt !== undefined;
  const start = attempt;
  const name = `${step.id}: the solution passes without the steps that it does not need`;
  await bench.run({ name, kind: 'solve', step: step.id }, async () => (await solveAndCheck(bench, start)).missing);
  return true;
}

async function testWrongAnswer(bench: Bench, attempt: Attempt, wrong: WrongAnswer): Promise<void> {
  const { stage } = bench;
  await bench.run({ name: `${wrong.step}: wrong answer ${wrong.id} is refused`, kind: 'wrong', step: wrong.step }, async () => {
    const given = await performActions(stage, wrong.do, performInput(stage, attempt, `the wrong answer ${wrong.id}`));
    const answered = { ...attempt, answers: { ...attempt.answers, ...given.answers } };
    // What other checks say is not asked, and some would be waited for in vain.
    return judgeWrong(wrong, stepOf(stage, wrong.step), await lookAtStep(stage, answered, { only: wrong.mustFail }));
  });
}

/** One that broke, or does not apply, says nothing; what is blocked says what the checks say that it waits for. */
export function judgeWrong(
  { mustFail }: Pick<WrongAnswer, 'mustFail'>,
  { checks }: Pick<Step, 'checks'>,
  { results }: Pick<Round, 'results'>,
): string[] {
  const isRefused = (id: string): boolean => {
    const status = results.find(({ check }) => check === id)?.status;
    const needs = checks.find((check) => check.id === id)?.needs ?? [];
    return status === 'blocked' ? needs.some(isRefused) : status === 'notYet' || status === 'spoiled';
  };
  return mustFail.flatMap((id) => {
    if (isRefused(id)) return [];
    const result = results.find(({ check }) => check === id);
    return [`${id} should have refused it and says ${result?.status ?? 'nothing'}: ${result?.message?.en ?? ''}`];
  });
}
