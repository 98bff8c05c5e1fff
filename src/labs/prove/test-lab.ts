import type { Attempt } from '../attempt/attempt.ts';
import { buildUp, clearAway, goOn, performInput, planAttempt } from '../attempt/attempt-flow.ts';
import { removeObjects } from '../attempt/namespace.ts';
import { performActions } from '../attempt/perform.ts';
import { stepOf, type Stage } from '../attempt/stage.ts';
import { findLeftovers, type Inventory, takeInventory } from '../inventory.ts';
import type { Step } from '../lab.ts';
import { type Bench, detailsOf, LeftAsItIs, openBench, type TestCase } from './test-bench.ts';
import { testBefore, testResets, testSolution } from './test-step.ts';

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
  /** Ends where something failed, and leaves the cluster as it is. */
  readonly keepOnFailure: boolean;
  readonly report: (result: TestCase) => void;
}

/**
 * Proves a lab on a cluster: first as a learner goes through it, then each step after a reset to it, with what goes wrong.
 * Checks do not pass before a step is solved, wrong answers are refused by the checks named, the solution passes, and passes
 * when it is done again; a reset brings the start of its step back, and nothing is left behind.
 */
export async function testLab(stage: Stage, options: TestOptions): Promise<LabTest> {
  const began = Date.now();
  const { lab } = stage.loaded;
  const bench = openBench(stage, options);
  try {
    await testAll(bench, options.step);
  } catch (error) {
    if (!(error instanceof LeftAsItIs)) throw error;
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

async function testAll(bench: Bench, only: string | undefined): Promise<void> {
  const { stage } = bench;
  const { lab } = stage.loaded;
  const first = planAttempt(stage, { cluster: stage.cluster.name, made: '', mode: 'guided', language: 'en' });
  const plan = only === undefined ? first : { ...first, step: stepOf(stage, only).id };
  const known: { inventory?: Inventory; begun?: Attempt } = {};
  await bench.run({ name: `${lab.id}: setup`, kind: 'before' }, async () => {
    // A test that was cut off may have left something.
    await clearAway(stage, plan);
    // What all labs share stays.
    await stage.prepare(false);
    known.inventory = await takeInventory(stage.cluster.kubectl, lab.namespace);
    known.begun = await buildUp(stage, plan);
    return [];
  });
  const { inventory, begun } = known;
  if (begun !== undefined) {
    const walked = await walk(bench, begun, only === undefined ? lab.steps : [stepOf(stage, only)]);
    // With the values of the beginning: what a step on the way remembers is not there for one that does without it.
    for (const step of walked) if (!(await testResets(bench, begun, step))) break;
  }
  // Without it, nothing was begun.
  if (inventory === undefined) return;
  await bench.run({ name: `${lab.id}: leaves nothing behind`, kind: 'leftovers' }, async () => {
    const failed = await clearAwayAll(stage, begun ?? plan);
    if (failed.length > 0) return failed;
    return findLeftovers(inventory, await takeInventory(stage.cluster.kubectl, lab.namespace));
  });
}

/**
 * The learner's way: one step after the other, each on what those before have left.
 * @returns the steps that it came to: all, unless one could not be solved.
 */
async function walk(bench: Bench, begun: Attempt, steps: readonly Step[]): Promise<readonly Step[]> {
  const walked: Step[] = [];
  let attempt = begun;
  for (const step of steps) {
    walked.push(step);
    await testBefore(bench, attempt, step);
    const solved = await testSolution(bench, attempt, step);
    if (solved === undefined || step === steps.at(-1)) break;
    const isOn = await bench.need({ name: `${step.id}: going on to the next step`, kind: 'before', step: step.id }, async () => {
      attempt = await goOn(bench.stage, solved);
    });
    if (!isOn) break;
  }
  return walked;
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
  await detailsOf(() => removeObjects(stage, attempt.broughtAt ?? attempt.startedAt));
  await detailsOf(async () => {
    await performActions(stage, reset.also, performInput(stage, attempt, `the reset of lab ${id}`));
  });
  return failed;
}
