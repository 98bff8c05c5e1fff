import path from 'node:path';
import { writeFileAtomic } from '../cluster/files.ts';
import { exitCodes } from '../errors/catalogue.ts';
import { findLabs } from '../labs/find-labs.ts';
import { judgeFit } from '../labs/judge-fit.ts';
import { type LeftLab, renderJunit } from '../labs/prove/junit.ts';
import type { ClusterFacts } from '../labs/lab-cluster.ts';
import type { Localized } from '../labs/lab-fields.ts';
import type { Lab } from '../labs/lab.ts';
import type { LoadedLab } from '../labs/load-lab.ts';
import { detailsOf, type TestCase } from '../labs/prove/test-bench.ts';
import { type LabTest, testLab } from '../labs/prove/test-lab.ts';
import { hasSolutions, requireSolutions, testInstructor } from '../labs/solutions.ts';
import type { Block } from '../ui/block.ts';
import { type CommandResult, defineCommand } from './command.ts';
import { trialMark } from '../labs/attempt/trial-mark.ts';
import type { Context } from './context.ts';
import { type Existing, openExisting } from './existing.ts';
import { readClusterFacts } from './lab-cluster.ts';
import { attemptsOf, findLabOf, labPlaces, onStage } from './lab-stage.ts';
import { requireFit, requireFree } from './lab-trial.ts';
import { requireTrust, trustFlag } from './lab-trust.ts';

export const labTest = defineCommand({
  name: 'test',
  summary: 'prove labs on this cluster: checks, wrong answers, solutions, reset',
  description:
    'First all steps as a learner goes through them: no check passes before, the solution passes and passes again. Then each step after a reset, which brings its start back: each wrong answer is refused by the checks that it names. In the end nothing is left behind.',
  args: {
    labs: { summary: 'ids of labs, or paths of their folders; without any, all that fit', optional: true, variadic: true },
  },
  flags: {
    lab: { type: 'strings', value: 'lab', summary: 'the same as an argument' },
    step: { type: 'string', value: 'id', summary: 'only this step; those that it needs are solved on the way' },
    keepOnFailure: { type: 'boolean', summary: 'end where something failed, and leave the cluster as it is' },
    ...trustFlag,
    junit: { type: 'string', value: 'file', summary: 'write a report as JUnit XML' },
  },
  examples: [
    { command: 'kubelab lab test', what: 'all labs that fit this cluster' },
    { command: 'kubelab lab test ./labs/my-lab --step claim --keep-on-failure', what: 'while you write one' },
  ],
  run: ({ args, flags }, context) => runTest(context, [...args.labs, ...flags.lab], flags),
});

interface TestFlags {
  readonly step: string | undefined;
  readonly keepOnFailure: boolean;
  readonly junit: string | undefined;
  readonly trust: boolean;
}

async function runTest(context: Context, asked: readonly string[], flags: TestFlags): Promise<CommandResult> {
  const existing = await openExisting(context);
  const { labs, left } = await chooseLabs(context, existing, asked);
  await requireTrust(context, existing, labs, flags.trust);
  for (const { lab } of labs) await requireFree(existing, lab, flags.step);
  const tests: LabTest[] = [];
  try {
    for (const loaded of labs) {
      tests.push(await testOne(context, existing, loaded, flags));
      if (flags.keepOnFailure && tests.some(({ cases }) => cases.some(({ passed }) => !passed))) break;
    }
  } finally {
    // Also where it is broken off: what was tested until then is known.
    if (flags.junit !== undefined) await writeFileAtomic(path.resolve(context.cwd, flags.junit), renderJunit(tests, left));
  }
  const passed = tests.length > 0 && tests.every(({ cases }) => cases.every((one) => one.passed));
  return {
    data: { passed, tests, left },
    human: () => describeTests(tests, left),
    exitCode: passed ? exitCodes.done : exitCodes.notPassed,
  };
}

interface Choice {
  readonly labs: readonly LoadedLab[];
  readonly left: readonly LeftLab[];
}

async function chooseLabs(context: Context, existing: Existing, asked: readonly string[]): Promise<Choice> {
  const facts = await readClusterFacts(existing);
  const isNamed = asked.length > 0;
  const all = isNamed
    ? await Promise.all(asked.map((id) => findLabOf(context, id)))
    : (await findLabs(labPlaces(context))).flatMap((found) => {
        if (found.lab === undefined) throw found.error;
        return [found.lab];
      });
  if (isNamed) {
    for (const { lab } of all) requireSolutions(lab, testInstructor);
    for (const { lab } of all) requireFit(lab, facts, 'en');
  }
  const judged = all.map((loaded) => ({ loaded, reasons: judgeTestable(loaded.lab, facts) }));
  const unfit = judged.filter(({ reasons }) => reasons.length > 0);
  return {
    labs: judged.filter(({ reasons }) => reasons.length === 0).map(({ loaded }) => loaded),
    left: unfit.map(({ loaded, reasons }) => ({ lab: loaded.lab.id, reason: reasons.map(({ en }) => en).join(' ') })),
  };
}

function judgeTestable(lab: Lab, facts: ClusterFacts): readonly Pick<Localized, 'en'>[] {
  return hasSolutions(lab) ? judgeFit(lab, facts) : [{ en: 'It is a learner build, which has no solutions.' }];
}

/** A lab that can not even be begun has failed, and does not keep others from being tested. */
async function testOne(context: Context, existing: Existing, loaded: LoadedLab, flags: TestFlags): Promise<LabTest> {
  const { id, version, steps } = loaded.lab;
  const began = Date.now();
  const done: { test?: LabTest } = {};
  const details = await detailsOf(async () => {
    done.test = await testOnStage(context, existing, loaded, flags);
  });
  if (done.test !== undefined) return done.test;
  const seconds = (Date.now() - began) / 1000;
  const failed: TestCase = { name: `${id}: begins`, kind: 'before', passed: false, seconds, details };
  context.events({ type: 'note', text: describeCase(id, failed) });
  const { kubernetes } = existing.state;
  return { lab: id, version, kubernetes, checks: steps.flatMap(({ checks }) => checks).length, seconds, cases: [failed] };
}

function testOnStage(context: Context, existing: Existing, loaded: LoadedLab, flags: TestFlags): Promise<LabTest> {
  const { id } = loaded.lab;
  return onStage(context, { existing, loaded, title: `lab test ${id}`, changes: true }, async (stage) => {
    // It may have been begun since.
    await requireFree(existing, loaded.lab, flags.step);
    // Before anything is changed, an attempt is kept; a trial has only this to keep.
    const mark = trialMark(attemptsOf(existing), id);
    const test = await testLab(
      { ...stage, patience: {}, keep: () => mark.put(existing.state.createdAt) },
      {
        ...(flags.step === undefined ? {} : { step: flags.step }),
        keepOnFailure: flags.keepOnFailure,
        report: (result) => context.events({ type: 'note', text: describeCase(id, result) }),
      },
    );
    if (test.cases.some(({ kind, passed }) => kind === 'leftovers' && passed)) await mark.remove();
    return test;
  });
}

function describeCase(lab: string, { name, passed, seconds, details }: TestCase): string {
  const head = `${passed ? 'ok' : 'FAILED'} ${lab}/${name} (${seconds.toFixed(1)} s)`;
  return [head, ...details.map((line) => `    ${line}`)].join('\n');
}

function describeTests(tests: readonly LabTest[], left: Choice['left']): readonly Block[] {
  const count = (test: LabTest, kind: TestCase['kind']): string => {
    const all = test.cases.filter((one) => one.kind === kind);
    return `${all.filter(({ passed }) => passed).length}/${all.length}`;
  };
  const failed = tests.flatMap(({ cases }) => cases.filter(({ passed }) => !passed));
  return [
    {
      kind: 'table',
      table: {
        columns: ['LAB', 'CHECKS', 'BEFORE', 'WRONG', 'SOLVED', 'AGAIN', 'RESET', 'SECONDS'],
        rows: tests.map((test) => [
          test.lab,
          String(test.checks),
          count(test, 'before'),
          count(test, 'wrong'),
          count(test, 'solve'),
          count(test, 'again'),
          count(test, 'reset'),
          test.seconds.toFixed(0),
        ]),
      },
    },
    ...(left.length === 0
      ? []
      : [{ kind: 'list', items: left.map(({ lab, reason }) => `${lab} was left out: ${reason}`) } as const]),
    tests.length === 0
      ? { kind: 'text', text: 'No lab was tested.', tone: 'bad' }
      : failed.length === 0
        ? { kind: 'text', text: 'All labs do what they promise.', tone: 'good' }
        : { kind: 'text', text: `${failed.length} failed; see above.`, tone: 'bad' },
  ];
}
