import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Attempt } from '../../../src/labs/attempt/attempt.ts';
import { progressOf, withProgress } from '../../../src/labs/attempt/attempt.ts';
import {
  checkAttempt,
  clearAway,
  goOn,
  makeReady,
  planAttempt,
  resetTo,
  solveStep,
} from '../../../src/labs/attempt/attempt-flow.ts';
import { loadLab } from '../../../src/labs/load-lab.ts';
import type { Stage } from '../../../src/labs/attempt/stage.ts';
import { createFakeTools, type FakeTool, type FakeTools, type ToolHandler } from '../../rig/fake-tool.ts';
import { kubectlIn, type LabRig, podOf, startLab } from '../lab-rig.ts';
import { sampleLab, sampleYaml } from '../sample-lab.ts';

/** The sample lab with a second step, and something that is set up before the first. */
const twoSteps = sampleYaml
  .replace('      - id: pod-ready\n', '      - id: pod-ready\n        points: 2\n')
  .replace('steps:\n', 'setup:\n  - {kubectl: [annotate, node, worker1, lab=first]}\nsteps:\n')
  .replace(
    'test:\n',
    `  - id: leave
    title: {en: "Leave it", ko: "두기"}
    goal: {en: "The pod web runs on.", ko: "파드 web이 계속 실행됩니다."}
    setup:
      - {kubectl: [annotate, node, worker1, lab=second]}
    checks:
      - id: still-there
        object: {kind: Pod, name: web}
        allowPassBeforeSolve: It is to stay.
        message: {en: "The pod is gone.", ko: "파드가 없습니다."}
    hints:
      - {tier: 1, text: {en: "What stays?", ko: "무엇이 남을까요?"}}
    solve:
      - {kubectl: [get, pods]}
test:
`,
  );

type Namespace = 'absent' | 'own' | 'going' | 'foreign' | 'unmarked';

describe('an attempt at a lab', () => {
  let tools: FakeTools;
  let program: FakeTool;
  let rig: LabRig;
  let stage: Stage;
  let namespace: Namespace = 'absent';
  const objects: Record<string, unknown> = {};
  /** Every attempt that was kept, in order, with the kubectl calls before it. */
  let kept: { readonly attempt: Attempt; readonly calls: number }[] = [];
  /** The kubectl calls before each time that the cluster was prepared. */
  let prepared: { readonly calls: number; readonly hasBegun: boolean }[] = [];

  beforeAll(async () => {
    tools = await createFakeTools();
    program = await tools.add('kubectl');
    rig = await startLab({ objects });
    await using fixture = await sampleLab({
      'lab.yaml': twoSteps,
      'text/en/leave.md': '# Leave it\n\nLeave it.\n',
      'text/ko/leave.md': '# 두기\n\n둡니다.\n',
    });
    const loaded = await loadLab(fixture.path);
    const manifest = await loaded.folder.read('files/web.yaml');
    const { signal } = rig.cluster;
    const kubectl = kubectlIn(tools.folder, signal);
    stage = {
      loaded: { ...loaded, folder: { ...loaded.folder, read: () => Promise.resolve(manifest) } },
      cluster: { ...rig.cluster, images: { web: 'web:1' }, kubectl },
      patience: { forNothing: 100 },
      keep: (attempt, derive) =>
        Promise.resolve(void kept.push({ attempt: derive?.(attempt) ?? attempt, calls: program.calls.length })),
      prepare: (hasBegun) => Promise.resolve(void prepared.push({ calls: program.calls.length, hasBegun })),
      say: () => undefined,
      now: () => new Date('2026-01-02T03:04:05.000Z'),
    };
  });

  beforeEach(() => {
    kept = [];
    prepared = [];
    setPods();
    namespace = 'absent';
    program.answer([], {});
    program.answer(/ get namespace /, answerNamespace);
    program.answer(/ get persistentvolumes /, { stdout: '{"items": []}' });
    program.answer(/ delete namespace /, () => ((namespace = 'absent'), {}));
    program.answer(/ apply .*-f -$/, ({ stdin }) => {
      if (stdin.includes('Namespace')) namespace = 'own';
      return {};
    });
  });

  afterAll(async () => {
    await rig.close();
    await tools.remove();
  });

  const setPods = (...items: object[]): void => void (objects['/api/v1/namespaces/lab-first-pod/pods'] = { items });

  const answerNamespace: ToolHandler = () => {
    const labels: Record<string, string> = {};
    if (namespace === 'own' || namespace === 'going') labels['kubelab.io/lab'] = 'first-pod';
    if (namespace === 'foreign') labels['kubelab.io/lab'] = 'another';
    const metadata = { labels, ...(namespace === 'going' ? { deletionTimestamp: '2026-01-02T03:04:05Z' } : {}) };
    return { stdout: namespace === 'absent' ? '' : JSON.stringify({ metadata }) };
  };

  const callsSince = (count: number): readonly string[] => program.calls.slice(count).map(({ args }) => args.join(' '));
  const plan = (): Attempt => planAttempt(stage, { cluster: 'rig', made: '', mode: 'guided', language: 'en' });

  it('waits until the namespace of the time before is gone, and makes it anew', async () => {
    namespace = 'going';
    let looks = 0;
    program.answer(/ get namespace /, (call, run) => {
      looks += 1;
      if (looks === 3) namespace = 'absent';
      return answerNamespace(call, run);
    });
    const began = program.calls.length;
    const ready = await makeReady(stage, plan());
    expect(ready.ready).toBe(true);
    const calls = callsSince(began).map((line) => line.replace(/^--kubeconfig \S+ /, ''));
    const applied = calls.findIndex((line) => line.startsWith('apply'));
    expect(calls.slice(0, applied).filter((line) => line.startsWith('get namespace'))).toHaveLength(3);
  });

  it.each([
    ['foreign', 'is that of lab another'],
    ['unmarked', 'was not made by kubelab'],
  ] as const)('leaves a namespace alone that is %s', async (state, said) => {
    namespace = state;
    const began = program.calls.length;
    const failure = { code: 'KL-LAB-NAMESPACE', message: expect.stringContaining(said) };
    await expect(makeReady(stage, plan())).rejects.toMatchObject(failure);
    await expect(clearAway(stage, plan())).rejects.toMatchObject(failure);
    await expect(resetTo(stage, plan(), 'run')).rejects.toMatchObject(failure);
    expect(kept).toEqual([]);
    expect(callsSince(began).filter((line) => !line.includes(' get '))).toEqual([]);
  });

  it('notes that nothing is left to go on with before it clears away, until the step has begun again', async () => {
    const began = program.calls.length;
    const begun = { ...plan(), step: 'leave', ready: true };
    const after = await resetTo(stage, begun, 'leave');
    expect(kept[0]?.attempt).toMatchObject({ step: 'leave', ready: false, rebuild: true, ground: expect.any(String) });
    const before = program.calls.slice(began, kept[0]?.calls).map(({ args }) => args.join(' '));
    expect(before.filter((line) => !line.includes(' get '))).toEqual([]);
    expect(after).toMatchObject({ step: 'leave', ready: true });
    expect(after).not.toHaveProperty('rebuild');
    expect(kept.at(-1)?.attempt).toEqual(after);
    // All that was there before: of the lab, of the step before, and of the step.
    const done = callsSince(began).filter((line) => / annotate | apply /.test(line));
    expect(done.map((line) => line.replace(/^--kubeconfig \S+ /, '').replace(/apply .*/, 'apply'))).toEqual([
      'apply',
      '--namespace lab-first-pod annotate node worker1 lab=first',
      '--namespace lab-first-pod apply',
      '--namespace lab-first-pod annotate node worker1 lab=second',
    ]);
  });

  it('lets checks look only when what was there is cleared away, and before anything is made', async () => {
    await resetTo(stage, { ...plan(), ready: true }, 'run');
    const lines = callsSince(0);
    const removed = lines.findLastIndex((line) => line.includes(' delete namespace '));
    const made = lines.findLastIndex((line) => / apply /.test(line) && !line.includes('--namespace'));
    const [{ calls, hasBegun } = { calls: -1, hasBegun: false }, ...others] = prepared;
    expect([removed < calls, calls <= made, hasBegun, others]).toEqual([true, true, true, []]);
  });

  it('stops at a node that nobody can ask only where nothing has begun on this cluster', async () => {
    const begun = { ...plan(), ready: true };
    await makeReady(stage, plan());
    await goOn(stage, begun);
    await resetTo(stage, { ...plan(), rebuild: true }, 'run');
    await resetTo(stage, { ...begun, broughtAt: '2026-02-02T03:04:05.000Z', rebuild: true }, 'run');
    expect(prepared.map(({ hasBegun }) => hasBegun)).toEqual([false, true, false, false]);
  });

  it('knows after a reset what was shown: hints, and that kubelab did the step', async () => {
    const shown = withProgress({ ...plan(), ready: true }, 'run', { hints: [0], solved: true, points: 0, rounds: 3 });
    const after = await resetTo(stage, withProgress({ ...shown, step: 'leave' }, 'leave', { hints: [0] }), 'run');
    expect(progressOf(after, 'run')).toMatchObject({ hints: [0], solved: true, rounds: 0, resets: 1 });
    expect(progressOf(after, 'run')).not.toHaveProperty('passedAt');
    expect(progressOf(after, 'leave')).toMatchObject({ hints: [0], resets: 0 });
    setPods(podOf('web'));
    expect(progressOf((await checkAttempt(stage, after)).attempt, 'run')).toMatchObject({
      points: 0,
      passedAt: expect.any(String),
    });
  });

  it('keeps what was seen in the round that passed, and until then in the last one', async () => {
    const { attempt: failed } = await checkAttempt(stage, { ...plan(), ready: true });
    expect(progressOf(failed, 'run').evidence).toMatchObject({
      'pod-ready': { status: 'notYet', lines: expect.arrayContaining(['The pod is not ready.']) },
    });
    setPods(podOf('web'));
    const { attempt: passed } = await checkAttempt(stage, failed);
    const { evidence } = progressOf(passed, 'run');
    expect(evidence).toMatchObject({ 'pod-ready': { status: 'pass', lines: expect.arrayContaining(['condition Ready: True']) } });
    setPods();
    expect(progressOf((await checkAttempt(stage, passed)).attempt, 'run').evidence).toEqual(evidence);
  });

  it('is not at its end any more once a later version of the lab goes on', async () => {
    const ended = { ...plan(), ready: true, finishedAt: '2026-01-02T03:04:05.000Z' };
    const on = await goOn(stage, ended);
    expect(on).toMatchObject({ step: 'leave', ready: true });
    expect(on).not.toHaveProperty('finishedAt');
  });

  it('does of the steps before only those again that the step needs', async () => {
    const began = program.calls.length;
    const { lab } = stage.loaded;
    const steps = lab.steps.map((step) => (step.id === 'leave' ? { ...step, needs: [] } : step));
    const apart = { ...stage, loaded: { ...stage.loaded, lab: { ...lab, steps } } };
    await resetTo(apart, { ...plan(), step: 'leave', ready: true }, 'leave');
    const done = callsSince(began).filter((line) => / annotate | apply /.test(line));
    expect(done.map((line) => line.replace(/^--kubeconfig \S+ /, '').replace(/apply .*/, 'apply'))).toEqual([
      'apply',
      '--namespace lab-first-pod annotate node worker1 lab=first',
      '--namespace lab-first-pod annotate node worker1 lab=second',
    ]);
  });

  it('brings back what the lab broke before it asks the API server', async () => {
    const { lab } = stage.loaded;
    const first = [{ kubectl: ['annotate', 'node', 'worker1', 'lab=back'] }];
    const broken = { ...stage, loaded: { ...stage.loaded, lab: { ...lab, reset: { ...lab.reset, first } } } };
    let isBack = false;
    program.answer(/ get namespace /, (call, run) =>
      isBack ? answerNamespace(call, run) : { stderr: 'connection refused\n', exitCode: 1 },
    );
    program.answer(/ annotate node worker1 lab=back/, () => ((isBack = true), {}));
    expect(await resetTo(broken, { ...plan(), ready: true }, 'run')).toMatchObject({ step: 'run', ready: true });
    isBack = false;
    namespace = 'foreign';
    await expect(clearAway(broken, plan())).rejects.toMatchObject({ code: 'KL-LAB-NAMESPACE' });
  });

  it('counts a reset once, also when it was cut off', async () => {
    program.answer(/ annotate node worker1 lab=second/, { stderr: 'no\n', exitCode: 1 });
    await expect(resetTo(stage, { ...plan(), step: 'leave', ready: true }, 'leave')).rejects.toMatchObject({
      code: 'KL-LAB-FAILED',
    });
    const cutOff = kept.at(-1)!.attempt;
    expect(cutOff).toMatchObject({ ready: false, rebuild: true });
    program.answer(/ annotate node worker1 lab=second/, {});
    expect(progressOf(await resetTo(stage, cutOff, 'leave'), 'leave').resets).toBe(1);
  });

  it('says that the lab has no such step any more before anything is changed', async () => {
    const began = program.calls.length;
    await expect(resetTo(stage, plan(), 'gone')).rejects.toMatchObject({ code: 'KL-LAB-ORDER' });
    expect(callsSince(began)).toEqual([]);
    expect(kept).toEqual([]);
  });

  it('gives no points for a solution that was cut off', async () => {
    program.answer(/ apply .*-f -$/, { stderr: 'no\n', exitCode: 1 });
    await expect(solveStep(stage, { ...plan(), ready: true })).rejects.toMatchObject({ code: 'KL-LAB-FAILED' });
    const cutOff = kept.at(-1)!.attempt;
    setPods(podOf('web'));
    const { attempt } = await checkAttempt(stage, cutOff);
    expect(progressOf(attempt, 'run')).toMatchObject({ solved: true, points: 0, passedAt: expect.any(String) });
  });

  it('knows a step that was solved twice as solved, and one that the learner passed as passed', async () => {
    setPods(podOf('web'));
    const solved = await checkAttempt(stage, (await solveStep(stage, { ...plan(), ready: true })).attempt);
    const again = await checkAttempt(stage, (await solveStep(stage, solved.attempt)).attempt);
    expect(progressOf(again.attempt, 'run')).toMatchObject({ solved: true, points: 0 });
    const { attempt: passed } = await checkAttempt(stage, { ...plan(), ready: true });
    expect(progressOf((await solveStep(stage, passed)).attempt, 'run')).toMatchObject({ solved: false });
  });

  it('waits for volumes that a provisioner made to go, and for no others', async () => {
    const provisioned = { 'pv.kubernetes.io/provisioned-by': 'rancher.io/local-path' };
    const volume = (name: string, annotations?: object, claimed = 'lab-first-pod') => ({
      metadata: { name, ...(annotations && { annotations }) },
      spec: { claimRef: { namespace: claimed }, persistentVolumeReclaimPolicy: 'Delete' },
    });
    const byHand = volume('by-hand');
    const items: object[] = [volume('pvc-1', provisioned), byHand, volume('pvc-2', provisioned, 'other')];
    program.answer(/ get persistentvolumes /, () => ({ stdout: JSON.stringify({ items }) }));
    const waited: string[] = [];
    program.answer(/ wait --for=delete persistentvolume/, ({ args }) => {
      waited.push(...args.filter((word) => word.startsWith('persistentvolume/')));
      items.shift();
      return {};
    });
    await clearAway(stage, plan());
    expect(waited).toEqual(['persistentvolume/pvc-1']);
  });

  it('keeps the points of a step that passed, whatever comes later', async () => {
    setPods(podOf('web'));
    const { attempt: passed } = await checkAttempt(stage, { ...plan(), ready: true });
    const { points } = progressOf(passed, 'run');
    expect(points).toBeGreaterThan(0);
    setPods();
    const { attempt: later } = await checkAttempt(stage, passed);
    expect(progressOf(later, 'run').points).toBe(points);
    const hinted = withProgress(later, 'run', { hints: [0] });
    expect(progressOf((await checkAttempt(stage, hinted)).attempt, 'run').points).toBe(points);
  });
});
