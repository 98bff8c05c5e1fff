import { readdir } from 'node:fs/promises';
import { createFixture } from 'fs-fixture';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Action } from '../../../src/labs/lab-action.ts';
import { type LoadedLab, loadLab } from '../../../src/labs/load-lab.ts';
import { ActionFailed, type Performed, performActions } from '../../../src/labs/attempt/perform.ts';
import type { Patience } from '../../../src/labs/check/verdict.ts';
import { createFakeTools, type FakeTool, type FakeTools } from '../../rig/fake-tool.ts';
import { kubectlIn, type LabRig, startLab } from '../lab-rig.ts';
import { sampleLab } from '../sample-lab.ts';

const apply: Action = { apply: 'files/web.yaml' };
const rollout: Action = { kubectl: ['rollout', 'status', 'deployment/web', '--timeout=120s'] };

describe('the actions of a lab', () => {
  let tools: FakeTools;
  let program: FakeTool;
  let rig: LabRig;
  let loaded: LoadedLab;

  beforeAll(async () => {
    tools = await createFakeTools();
    program = await tools.add('kubectl');
    rig = await startLab({});
    await using fixture = await sampleLab();
    const { folder, ...rest } = await loadLab(fixture.path);
    const manifest = await folder.read('files/web.yaml');
    loaded = { ...rest, folder: { ...folder, read: () => Promise.resolve(manifest) } };
  });

  afterAll(async () => {
    expect(program.unexpected).toEqual([]);
    await rig.close();
    await tools.remove();
  });

  const nothing = () => Promise.resolve();

  function perform(actions: readonly Action[], patience: Patience = {}): Promise<Performed> {
    const { signal } = rig.cluster;
    const kubectl = kubectlIn(tools.folder, signal);
    const cluster = { ...rig.cluster, kubectl };
    const values = { TOKEN: 'abc', 'image.web': 'web:1' };
    return performActions(
      { loaded, cluster, patience, keep: nothing, prepare: nothing, say: () => undefined, now: () => new Date() },
      actions,
      { what: 'the solution of step run', values, variables: {}, rightAnswer: () => Promise.resolve('') },
    );
  }

  it('apply a manifest with its values, and say what was done', async () => {
    program.answer(/ apply -f -$/, {});
    const { done } = await perform([apply]);
    expect(done).toEqual(['kubectl -n lab-first-pod apply -f first-pod/files/web.yaml']);
    expect(program.calls.at(-1)?.stdin).toContain('image: "web:1"');
  });

  it('say of answers how to give them', async () => {
    const { done, answers } = await perform([{ answer: { which: "it's ${TOKEN}", when: 'now' } }]);
    expect(answers).toEqual({ which: "it's abc", when: 'now' });
    expect(done).toEqual(["kubelab lab check --answer 'which=it'\\''s abc'", 'kubelab lab check --answer when=now']);
  });

  it('name the one that failed, with what was said', async () => {
    program.answer(/ apply -f -$/, { stderr: 'The Pod "web" is invalid\n', exitCode: 1 });
    const failed: unknown = await perform([apply, rollout]).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(ActionFailed);
    expect(failed).toMatchObject({
      code: 'KL-LAB-FAILED',
      action: apply,
      details: ['kubectl -n lab-first-pod apply -f first-pod/files/web.yaml', 'The Pod "web" is invalid'],
    });
  });

  it.each([
    [{ kubectl: ['get', 'pod', '${NOPE}'] }, "kubectl -n lab-first-pod get pod '${NOPE}'"],
    [{ answer: { which: '${NOPE}' } }, 'answer which'],
  ])('name a value that there is not: %j', async (action, line) => {
    await expect(perform([action])).rejects.toMatchObject({
      code: 'KL-LAB-FAILED',
      details: [line, '${NOPE} in the solution of step run has no value'],
    });
  });

  it('have ended on every node before one that failed is named', async () => {
    await using place = await createFixture({});
    const script = `if mkdir ${place.getPath('first')} 2>/dev/null; then exit 3; fi\nsleep 1\ntouch ${place.getPath('second')}\n`;
    await expect(perform([{ on: 'workers', run: script, timeout: 10_000 }])).rejects.toMatchObject({ code: 'KL-LAB-FAILED' });
    expect((await readdir(place.path)).toSorted()).toEqual(['first', 'second']);
  });

  it('run the whole of a script, also after a command in it that reads its input', async () => {
    await using place = await createFixture({});
    // A shell may have read as much as 8 KiB ahead.
    const script = `cat\n${'# what cat would have taken\n'.repeat(4000)}touch ${place.getPath('done')}\n`;
    await perform([{ on: 'worker1', run: script, timeout: 10_000 }]);
    expect(await readdir(place.path)).toEqual(['done']);
  });

  it('cut a wait of kubectl off when nobody waits so long', async () => {
    program.answer(/ rollout status /, { delay: 'forever' });
    const began = Date.now();
    await expect(perform([rollout], { atMost: 300 })).rejects.toMatchObject({ code: 'KL-LAB-FAILED', action: rollout });
    expect(Date.now() - began).toBeLessThan(20_000);
  });
});
