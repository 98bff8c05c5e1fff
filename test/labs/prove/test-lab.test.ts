import { describe, expect, it, onTestFinished } from 'vitest';
import { Interrupted } from '../../../src/errors/errors.ts';
import { loadLab } from '../../../src/labs/load-lab.ts';
import { type LabTest, testLab, type TestOptions } from '../../../src/labs/prove/test-lab.ts';
import { createFakeTools, type FakeTool } from '../../rig/fake-tool.ts';
import { kubectlIn, podOf, startLab } from '../lab-rig.ts';
import { sampleLab, sampleYaml } from '../sample-lab.ts';

const refused = { stderr: 'The connection to the server was refused\n', exitCode: 1 };
const putBack = '{on: worker1, run: echo put back}';
const yaml = sampleYaml.replace('        within: 30s\n', '').replace('steps:', `reset: {also: [${putBack}]}\nsteps:`);

/** With a second step that needs no other, and is solved by this. */
function withSecond(solve: string): string {
  const check = '{id: more-ready, object: {kind: Pod, name: more}, message: {en: "No pod.", ko: "파드가 없습니다."}}';
  const step = `  - id: more
    title: {en: "More", ko: "하나 더"}
    goal: {en: "A pod more runs.", ko: "파드 more가 실행됩니다."}
    needs: []
    checks: [${check}]
    hints: [{tier: 1, text: {en: "Which one?", ko: "무엇일까요?"}}]
    solve: [${solve}]
`;
  return yaml.replace('test:\n', `${step}test:\n`);
}

const applyMore = '{apply: files/more.yaml}';

interface TestRig {
  readonly program: FakeTool;
  /** What ran on nodes. */
  readonly scripts: string[];
  readonly abort: AbortController;
  run(options?: Partial<TestOptions>): Promise<LabTest>;
}

/** A cluster where kubectl has its way: a pod is there from `apply` on, until it or its namespace is deleted. */
async function createTestRig(text = yaml): Promise<TestRig> {
  const tools = await createFakeTools();
  const program = await tools.add('kubectl');
  const abort = new AbortController();
  const scripts: string[] = [];
  const pods = '/api/v1/namespaces/lab-first-pod/pods';
  const objects: Record<string, { items: readonly ReturnType<typeof podOf>[] }> = { [pods]: { items: [] } };
  const found = (): readonly ReturnType<typeof podOf>[] => objects[pods]?.items ?? [];
  const rig = await startLab(
    { objects },
    (_, __, { input = '' }) => {
      scripts.push(String(input));
      return Promise.resolve({ exitCode: 0, stdout: '', stderr: '', milliseconds: 1 });
    },
    abort.signal,
  );
  const fixture = await sampleLab({ 'lab.yaml': text, 'files/more.yaml': 'apiVersion: v1\nkind: Pod\nmetadata: {name: more}\n' });
  onTestFinished(async () => {
    expect(program.unexpected).toEqual([]);
    await rig.close();
    await tools.remove();
    await fixture[Symbol.asyncDispose]();
  });
  program.answer([], {});
  program.answer(
    ({ args, stdin }) => args.includes('apply') && stdin.includes('kind: Pod'),
    ({ stdin }) => {
      const name = /name: (web|more)/.exec(stdin)?.[1] ?? '';
      objects[pods] = { items: [...found().filter(({ metadata }) => metadata.name !== name), podOf(name)] };
      return {};
    },
  );
  program.answer(/ delete (?:namespace|pod) /, () => {
    objects[pods] = { items: [] };
    return {};
  });
  program.answer(/ annotate pod web /, () =>
    found().some(({ metadata }) => metadata.name === 'web') ? {} : { stderr: 'pods "web" not found\n', exitCode: 1 },
  );
  program.answer(/ get (?:namespaces,|persistentvolumes|deployments\.apps,).*-o json$/, { stdout: '{"items": []}' });
  const kubectl = kubectlIn(tools.folder, abort.signal);
  const loaded = await loadLab(fixture.path);
  const stage = { loaded, cluster: { ...rig.cluster, kubectl, images: { web: 'web:1' } }, patience: {}, now: () => new Date() };
  return {
    program,
    scripts,
    abort,
    run: (options) =>
      testLab(
        { ...stage, keep: () => Promise.resolve(), prepare: () => Promise.resolve(), say: () => undefined },
        { keepOnFailure: false, report: () => undefined, ...options },
      ),
  };
}

function describeCases({ cases }: LabTest) {
  return cases.map(({ name, passed, details }) => (passed ? name : [name, ...details]));
}

describe('the test of a lab', () => {
  it('goes through the lab as a learner does, then back to each step', async () => {
    const { run } = await createTestRig();
    expect(describeCases(await run())).toEqual([
      'first-pod: setup',
      'run: not passed before',
      'run: the solution passes',
      'run: solved again, it still passes',
      'run: a reset brings its start back',
      'run: wrong answer no-such-image is refused',
      'run: reset after wrong answer no-such-image',
      'first-pod: leaves nothing behind',
    ]);
  });

  it('names a guard that is tripped where a step begins, and one that could not be looked at', async () => {
    const guard = (id: string, look: string) => `{id: ${id}, ${look}, message: {en: "It is gone.", ko: "없어졌습니다."}}`;
    const tripped = guard('tripped', 'object: {kind: Pod, name: keeper}');
    const broken = guard('broken', 'http: {node: worker1, port: 80, from: worker9}');
    const { run } = await createTestRig(yaml.replace('    hints:\n', `    guards: [${tripped}, ${broken}]\n    hints:\n`));
    const { cases } = await run();
    const details = (name: string) => cases.find((one) => one.name === name)?.details.join('; ');
    for (const name of ['run: not passed before', 'run: a reset brings its start back', 'run: the solution passes'])
      expect([name, details(name)]).toEqual([name, expect.stringMatching(/tripped: spoiled; It is gone.*broken broke: /)]);
  });

  it('solves a step without those that it does not need', async () => {
    const { run } = await createTestRig(withSecond(applyMore));
    const cases = describeCases(await run());
    expect(cases.filter((name) => String(name).startsWith('more: '))).toEqual([
      'more: not passed before',
      'more: the solution passes',
      'more: solved again, it still passes',
      'more: a reset brings its start back',
      'more: the solution passes without the steps that it does not need',
    ]);
  });

  it('finds a step that needs another and does not say so', async () => {
    const { run } = await createTestRig(withSecond(`{kubectl: [annotate, pod, web, seen=yes]}, ${applyMore}`));
    const { cases } = await run();
    expect(cases.filter(({ passed }) => !passed).map(({ name }) => name)).toEqual([
      'more: the solution passes without the steps that it does not need',
    ]);
  });

  it('goes to the step that it is to test alone, on nodes that were put back once', async () => {
    const { run, scripts } = await createTestRig(withSecond(applyMore));
    expect(describeCases(await run({ step: 'more' }))).toEqual([
      'first-pod: setup',
      'more: not passed before',
      'more: the solution passes',
      'more: solved again, it still passes',
      'more: a reset brings its start back',
      'more: the solution passes without the steps that it does not need',
      'first-pod: leaves nothing behind',
    ]);
    // In the setup, in the reset, and in the end.
    expect(scripts).toHaveLength(3);
  });

  it('ends at a failure when what it left is wanted', async () => {
    const { run } = await createTestRig(
      yaml.replace('{kubectl: [delete, pod, web, --ignore-not-found]}', '{apply: files/web.yaml}'),
    );
    const cases = describeCases(await run({ keepOnFailure: true }));
    expect(cases.at(-1)).toEqual(['run: wrong answer no-such-image is refused', expect.stringContaining('pod-ready')]);
    expect(cases).toHaveLength(6);
  });

  it('has failed when nothing can be cleared away before it, and ends there', async () => {
    const { program, run } = await createTestRig();
    program.answer(/ delete namespace /, refused);
    expect(describeCases(await run())).toEqual([
      ['first-pod: setup', expect.any(String), 'The connection to the server was refused'],
    ]);
  });

  it('has failed when a reset fails, goes no further, and clears away what it can', async () => {
    const { program, scripts, run } = await createTestRig();
    let count = 0;
    program.answer(/ delete namespace /, () => (++count === 1 ? {} : refused));
    const words = [expect.any(String), 'The connection to the server was refused'];
    expect(describeCases(await run())).toEqual([
      'first-pod: setup',
      'run: not passed before',
      'run: the solution passes',
      'run: solved again, it still passes',
      ['run: a reset brings its start back', ...words],
      ['first-pod: leaves nothing behind', ...words],
    ]);
    // Before it, and in the end: nothing of the lab stays on nodes because a namespace does.
    expect(scripts).toHaveLength(2);
  });

  it('is broken off, and no failure, when somebody stops it', async () => {
    const { program, abort, run } = await createTestRig();
    program.answer(/ delete namespace /, () => {
      abort.abort();
      return { delay: 'forever' };
    });
    await expect(run()).rejects.toBeInstanceOf(Interrupted);
  });
});
