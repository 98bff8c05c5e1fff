import { describe, expect, it, onTestFinished } from 'vitest';
import { Interrupted } from '../../../src/errors/errors.ts';
import { loadLab } from '../../../src/labs/load-lab.ts';
import { type LabTest, testLab } from '../../../src/labs/prove/test-lab.ts';
import { createFakeTools, type FakeTool } from '../../rig/fake-tool.ts';
import { kubectlIn, podsPath, startLab } from '../lab-rig.ts';
import { sampleLab, sampleYaml } from '../sample-lab.ts';

const refused = { stderr: 'The connection to the server was refused\n', exitCode: 1 };
const putBack = '{on: worker1, run: echo put back}';
const yaml = sampleYaml.replace('        within: 30s\n', '').replace('steps:', `reset: {also: [${putBack}]}\nsteps:`);

interface TestRig {
  readonly program: FakeTool;
  /** What ran on nodes. */
  readonly scripts: string[];
  readonly abort: AbortController;
  run(): Promise<LabTest>;
}

/** A cluster where kubectl has its way, in which there is nothing. */
async function createTestRig(): Promise<TestRig> {
  const tools = await createFakeTools();
  const program = await tools.add('kubectl');
  const abort = new AbortController();
  const scripts: string[] = [];
  const rig = await startLab(
    { objects: { '/api/v1/namespaces/lab-first-pod/pods': { items: [] }, [podsPath]: { items: [] } } },
    (_, __, { input = '' }) => {
      scripts.push(String(input));
      return Promise.resolve({ exitCode: 0, stdout: '', stderr: '', milliseconds: 1 });
    },
    abort.signal,
  );
  const fixture = await sampleLab({ 'lab.yaml': yaml });
  onTestFinished(async () => {
    expect(program.unexpected).toEqual([]);
    await rig.close();
    await tools.remove();
    await fixture[Symbol.asyncDispose]();
  });
  program.answer([], {});
  program.answer(/ get (?:namespaces,|persistentvolumes).*-o json$/, { stdout: '{"items": []}' });
  const kubectl = kubectlIn(tools.folder, abort.signal);
  const loaded = await loadLab(fixture.path);
  const stage = { loaded, cluster: { ...rig.cluster, kubectl }, patience: {}, now: () => new Date() };
  return {
    program,
    scripts,
    abort,
    run: () =>
      testLab(
        { ...stage, keep: () => Promise.resolve(), say: () => undefined },
        { keepOnFailure: false, report: () => undefined },
      ),
  };
}

function describeCases({ cases }: LabTest) {
  return cases.map(({ name, passed, details }) => (passed ? name : [name, ...details]));
}

describe('the test of a lab', () => {
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
      'run: wrong answer no-such-image is refused',
      ['run: reset after wrong answer no-such-image', ...words],
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
