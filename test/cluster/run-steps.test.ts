import { setTimeout as sleep } from 'node:timers/promises';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CommandFailed, Interrupted, KubelabError } from '../../src/errors/errors.ts';
import { exitCodes } from '../../src/errors/catalogue.ts';
import type { Event } from '../../src/events.ts';
import {
  runSteps,
  sortSteps,
  StepsFailed,
  StepsInterrupted,
  type StepReport,
  type StepsReport,
} from '../../src/cluster/run-steps.ts';
import type { Step } from '../../src/cluster/step.ts';

/** Something that a test opens when it wants to. */
interface Gate {
  readonly passed: Promise<void>;
  open(): void;
}

function makeGate(): Gate {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

function step(id: string, needs: readonly string[] = [], fields: Partial<Step> = {}): Step {
  return { id, title: `do ${id}`, phase: 'test', needs, done: async () => false, run: async () => {}, ...fields };
}

function fail(cause: unknown): Partial<Step> {
  return { run: () => Promise.reject(cause) };
}

interface Recording {
  readonly events: Event[];
  readonly entries: StepReport[];
  readonly abort: AbortController;
  run(steps: readonly Step[], forecast?: (step: Step) => number | undefined): Promise<StepsReport>;
}

function makeRecording(): Recording {
  const events: Event[] = [];
  const entries: StepReport[] = [];
  const abort = new AbortController();
  return {
    events,
    entries,
    abort,
    run: (steps, forecast = () => undefined) =>
      runSteps(steps, {
        signal: abort.signal,
        events: (event) => events.push(event),
        forecast,
        record: (entry) => entries.push(entry),
      }),
  };
}

function listStates(events: readonly Event[]): string[] {
  return events.flatMap((event) => (event.type === 'step' ? [`${event.id} ${event.state}`] : []));
}

async function catchFrom(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('it should have failed');
    },
    (error: unknown) => error,
  );
}

describe('a run that goes well', () => {
  it('reports each step, in the order in which they ended', async () => {
    const recording = makeRecording();
    const report = await recording.run([
      step('join', ['init'], { node: 'worker1', run: async (progress) => progress('halfway') }),
      step('init', ['boot']),
      step('boot', [], { done: async () => true }),
    ]);
    expect(listStates(recording.events)).toEqual(['boot already', 'init started', 'init done', 'join started', 'join done']);
    expect(recording.events).toContainEqual({ type: 'progress', id: 'join', node: 'worker1', text: 'halfway' });
    expect(report.map(({ id, state }) => [id, state])).toEqual([
      ['boot', 'already'],
      ['init', 'done'],
      ['join', 'done'],
    ]);
    expect(report[2]).toEqual({
      id: 'join',
      node: 'worker1',
      phase: 'test',
      title: 'do join',
      state: 'done',
      startedAt: expect.any(Number),
      seconds: expect.any(Number),
    });
    expect(recording.entries).toEqual(report);
  });

  it('tells the forecast when a step starts, and the seconds when it ended', async () => {
    const recording = makeRecording();
    await recording.run([step('a'), step('b')], ({ id }) => (id === 'a' ? 12 : undefined));
    const started = recording.events.filter((event) => event.type === 'step' && event.state === 'started');
    expect(started).toEqual([
      { type: 'step', id: 'a', title: 'do a', state: 'started', forecastSeconds: 12 },
      { type: 'step', id: 'b', title: 'do b', state: 'started' },
    ]);
    for (const event of recording.events)
      if (event.type === 'step' && event.state === 'done') expect(event.seconds).toBeGreaterThanOrEqual(0);
  });

  it('runs at once whatever is ready, and does not hold a branch up for another', async () => {
    const recording = makeRecording();
    const slow = makeGate();
    const fast = makeGate();
    const run = recording.run([
      step('slow', [], { run: () => slow.passed }),
      step('fast'),
      step('after-fast', ['fast'], { run: async () => fast.open() }),
      step('both', ['slow', 'after-fast']),
    ]);
    await fast.passed;
    expect(listStates(recording.events)).not.toContain('slow done');
    expect(listStates(recording.events)).not.toContain('both started');
    slow.open();
    expect(await run).toHaveLength(4);
  });

  it('starts no step before all that it needs, in any graph', async () => {
    const graph = fc
      .integer({ min: 0, max: 12 })
      .chain((count) =>
        fc.tuple(
          ...Array.from({ length: count }, (_, index) => fc.subarray(Array.from({ length: index }, (_, need) => String(need)))),
        ),
      );
    await fc.assert(
      fc.asyncProperty(graph, fc.array(fc.boolean()), async (needs, already) => {
        const ended = new Set<string>();
        const steps = needs.map((own, index) => {
          const check = async (): Promise<void> => {
            for (const need of own) expect(ended).toContain(need);
            await Promise.resolve();
          };
          const done = async (): Promise<boolean> => {
            await check();
            if (already[index] === true) ended.add(String(index));
            return already[index] === true;
          };
          return step(String(index), own, { done, run: async () => check().then(() => void ended.add(String(index))) });
        });
        expect(await makeRecording().run(steps.toReversed())).toHaveLength(steps.length);
      }),
    );
  });

  it('does nothing for no steps', async () => {
    expect(await makeRecording().run([])).toEqual([]);
  });
});

describe('a failure', () => {
  it('lets running steps end, starts no new one and says what is left', async () => {
    const recording = makeRecording();
    const slow = makeGate();
    const run = catchFrom(
      recording.run([
        step('done'),
        step('slow', [], { run: () => slow.passed }),
        step('bad', [], { node: 'cp1', ...fail(new KubelabError('KL-MACHINE-FAILED', 'no boot')) }),
        step('after-slow', ['slow']),
        step('after-bad', ['bad']),
      ]),
    );
    await sleep(20);
    slow.open();
    const error = await run;
    if (!(error instanceof StepsFailed)) throw error;
    expect(error.failures).toEqual([{ id: 'bad', node: 'cp1', title: 'do bad', cause: expect.any(KubelabError) }]);
    expect(error.left).toEqual(['after-slow', 'after-bad']);
    expect(error.done).toEqual(['done', 'slow']);
    expect(error.message).toBe('bad: no boot');
    expect(error.cause).toBe(error.failures[0]?.cause);
    expect(error.exitCode).toBe(exitCodes.clusterFailed);
    expect(listStates(recording.events).slice(-2)).toEqual(['bad failed', 'slow done']);
  });

  it('keeps every failure of steps that run at the same time', async () => {
    const recording = makeRecording();
    const first = new Error('one');
    const steps = [
      step('a', [], { run: () => sleep(20).then(() => Promise.reject(new Error('two'))) }),
      step('b', [], fail(first)),
      step('c', [], { run: () => sleep(30).then(() => Promise.reject('three')) }),
    ];
    const error = await catchFrom(recording.run(steps));
    expect(error).toBeInstanceOf(StepsFailed);
    expect(error).toMatchObject({
      message: 'b: one\na: two\nc: three',
      cause: first,
      exitCode: exitCodes.bug,
      left: [],
      done: [],
    });
    expect(listStates(recording.events).filter((line) => line.endsWith('failed'))).toEqual(['b failed', 'a failed', 'c failed']);
  });

  it('does not start a step that was still looking when another failed', async () => {
    const recording = makeRecording();
    const looked = makeGate();
    const steps = [step('bad', [], fail(new Error('no'))), step('looks', [], { done: () => looked.passed.then(() => false) })];
    const run = catchFrom(recording.run(steps));
    await sleep(10);
    looked.open();
    expect(await run).toMatchObject({ left: ['looks'] });
    expect(listStates(recording.events)).not.toContain('looks started');
  });

  it('counts a look that failed, also one that throws at once', async () => {
    const look = (): never => {
      throw new Error('can not look');
    };
    const recording = makeRecording();
    const error = await catchFrom(recording.run([step('a', [], { done: look }), step('b', [], { done: async () => look() })]));
    expect(error).toMatchObject({ message: 'a: can not look\nb: can not look', left: [] });
    expect(listStates(recording.events)).toEqual(['a failed', 'b failed']);
  });

  it.each([
    [exitCodes.deadline, new KubelabError('KL-WAIT-DEADLINE', 'late')],
    [
      exitCodes.deadline,
      new CommandFailed({ command: ['x'], place: 'host', exitCode: 1, timedOut: true, stdout: '', stderr: '', message: '' }),
    ],
    [exitCodes.bug, new TypeError('x is not a function')],
    [exitCodes.bug, 'a string'],
    [exitCodes.bug, Object.assign(new Error('odd'), { exitCode: 42 })],
  ])('has the exit code %i of its first cause', async (exitCode, cause) => {
    expect(await catchFrom(makeRecording().run([step('a', [], fail(cause))]))).toMatchObject({ exitCode });
  });

  it('keeps a failure of the sink beside that of the step', async () => {
    const events = (event: Event): void => {
      if (event.type === 'step' && event.state === 'failed') throw new Error('disk full');
    };
    const options = { signal: new AbortController().signal, events, forecast: () => undefined, record: () => {} };
    const error = await catchFrom(runSteps([step('a', [], fail(new Error('first')))], options));
    expect(error).toMatchObject({ message: 'a: first\na: disk full' });
  });
});

describe('an abort', () => {
  function untilAborted(signal: AbortSignal): Promise<void> {
    return new Promise((_, reject) => signal.addEventListener('abort', () => setTimeout(() => reject(new Interrupted()), 20)));
  }

  it('waits for running steps, cancels them and starts no other', async () => {
    const recording = makeRecording();
    const { abort } = recording;
    const steps = [
      step('ok'),
      step('a', [], { run: () => untilAborted(abort.signal) }),
      step('b', [], { run: () => sleep(60_000, undefined, { signal: abort.signal }) }),
      step('c', ['a']),
    ];
    const run = catchFrom(recording.run(steps));
    await sleep(20);
    abort.abort();
    const error = await run;
    if (!(error instanceof StepsInterrupted)) throw error;
    expect(error).toBeInstanceOf(Interrupted);
    expect(error.exitCode).toBe(exitCodes.interrupted);
    expect(error.rest).toMatchObject({ failures: [], left: ['c'], done: ['ok'] });
    expect(listStates(recording.events).slice(-2)).toEqual(['b cancelled', 'a cancelled']);
  });

  it('keeps what a step threw beside the interruption, and a step that ended well all the same', async () => {
    const recording = makeRecording();
    const { abort } = recording;
    const aborted = new Promise<void>((resolve) => abort.signal.addEventListener('abort', () => resolve()));
    const cause = new Error('cut off');
    const steps = [
      step('a', [], { run: () => aborted.then(() => Promise.reject(cause)) }),
      step('b', [], { run: () => aborted }),
    ];
    const run = catchFrom(recording.run(steps));
    await sleep(10);
    abort.abort();
    expect(await run).toMatchObject({ rest: { failures: [{ id: 'a', cause }], left: [], done: ['b'] } });
    expect(listStates(recording.events)).toEqual(expect.arrayContaining(['a cancelled', 'b done']));
  });

  it('does not hide a failure that came before it', async () => {
    const recording = makeRecording();
    const { abort } = recording;
    const steps = [step('bad', [], fail(new Error('first'))), step('a', [], { run: () => untilAborted(abort.signal) })];
    const run = catchFrom(recording.run(steps));
    await sleep(10);
    abort.abort();
    const error = await run;
    expect(error).toBeInstanceOf(StepsFailed);
    expect(error).toMatchObject({ message: 'bad: first' });
    expect(listStates(recording.events)).toContain('a cancelled');
  });

  it('before the start leaves everything', async () => {
    const recording = makeRecording();
    recording.abort.abort();
    expect(await catchFrom(recording.run([step('a')]))).toMatchObject({ rest: { left: ['a'] } });
    expect(recording.events).toEqual([]);
  });

  it('leaves a step that was interrupted while it looked', async () => {
    const recording = makeRecording();
    const { abort } = recording;
    const run = catchFrom(recording.run([step('a', [], { done: () => untilAborted(abort.signal).then(() => false) })]));
    abort.abort();
    expect(await run).toMatchObject({ rest: { failures: [], left: ['a'] } });
    expect(recording.events).toEqual([]);
  });
});

describe('sortSteps', () => {
  it.each([
    ['two steps have the id a', [step('a'), step('a')]],
    ['the step a needs b, which is not there', [step('a', ['b'])]],
    ['steps need each other in a circle: b -> c -> b', [step('x'), step('a', ['b', 'x']), step('b', ['c']), step('c', ['b'])]],
    ['steps need each other in a circle: a -> a', [step('a', ['a'])]],
  ])('refuses a graph where %s', async (message, steps) => {
    expect(() => sortSteps(steps)).toThrow(message);
    const recording = makeRecording();
    const error = await catchFrom(recording.run(steps));
    expect(error).toMatchObject({ name: 'Error', message });
    expect(recording.events).toEqual([]);
  });
});

describe('a step that waits for another', () => {
  const wait: Step['run'] = (_, signal) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
  const make = (id: string, fields: Partial<Step>): Step => ({
    id,
    title: id,
    phase: id,
    needs: [],
    done: () => Promise.resolve(false),
    run: () => Promise.resolve(),
    ...fields,
  });
  const run = (steps: readonly Step[]) =>
    runSteps(steps, {
      signal: new AbortController().signal,
      events: () => undefined,
      forecast: () => undefined,
      record: () => undefined,
    });

  it.each([
    ['fails', [make('init', { run: () => Promise.reject(new Error('no')) })]],
    ['can not start any more', [make('boot', { run: () => Promise.reject(new Error('no')) }), make('init', { needs: ['boot'] })]],
  ])('is cancelled when the other %s', async (_what, others) => {
    const error = await run([make('join', { awaits: ['init'], run: wait }), ...others]).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StepsFailed);
    const { failures, report } = error as StepsFailed;
    expect(failures.map(({ id }) => id)).toEqual([others[0]?.id]);
    expect(report.find(({ id }) => id === 'join')?.state).toBe('cancelled');
  });

  it('goes on while the other still runs, whatever else failed', async () => {
    let release: () => void = () => undefined;
    const init = new Promise<void>((resolve) => (release = resolve));
    const steps = [
      make('init', { run: () => init }),
      make('join', { awaits: ['init'], run: () => init }),
      make('other', {
        run: () => {
          setTimeout(() => release(), 20);
          return Promise.reject(new Error('no'));
        },
      }),
    ];
    const error = await run(steps).catch((thrown: unknown) => thrown);
    expect((error as StepsFailed).done.toSorted()).toEqual(['init', 'join']);
  });
});
