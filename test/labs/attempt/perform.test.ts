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
    const pod = { metadata: { name: 'web-abc', namespace: 'lab-first-pod' } };
    rig = await startLab({ objects: { '/api/v1/namespaces/lab-first-pod/pods': { items: [pod] } } });
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

  it('apply a manifest with its values, and tell how to do the same', async () => {
    program.answer(/ apply -f -$/, {});
    const { done } = await perform([apply]);
    const applied = program.calls.at(-1)?.stdin ?? '';
    expect(applied).toContain('image: "web:1"');
    const text = `kubectl -n lab-first-pod apply -f - <<'EOF'\n${applied}EOF`;
    expect(done).toEqual([{ kind: 'apply', file: 'files/web.yaml', text }]);
  });

  it('run kubectl with what it reads, and tell how to do the same', async () => {
    program.answer(/ create | get /, {});
    const { done } = await perform([
      { kubectl: ['create', '-f', '-'], input: 'files/web.yaml' },
      { kubectl: ['get', 'pod', "it's ${TOKEN}"] },
    ]);
    expect(done[0]?.text).toMatch(/^kubectl -n lab-first-pod create -f - <<'EOF'\napiVersion: v1\n[^]*"web:1"[^]*\nEOF$/);
    expect(done[1]).toEqual({ kind: 'kubectl', text: "kubectl -n lab-first-pod get pod 'it'\\''s abc'" });
  });

  it('say of answers how to give them', async () => {
    const { done, answers } = await perform([{ answer: { which: "it's ${TOKEN}", when: 'now' } }]);
    expect(answers).toEqual({ which: "it's abc", when: 'now' });
    const lines = ["kubelab lab check --answer 'which=it'\\''s abc'", 'kubelab lab check --answer when=now'];
    expect(done).toEqual([{ kind: 'answer', text: lines.join('\n') }]);
  });

  it('wait, and say what for', async () => {
    const object = { apiVersion: 'v1', kind: 'Pod', name: 'web-${TOKEN}' };
    const { done } = await perform([{ until: { object }, within: 5000 }]);
    expect(done).toEqual([{ kind: 'until', object: 'Pod web-abc' }]);
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
    const { done } = await perform([{ on: 'worker1', run: script, timeout: 10_000 }]);
    expect(await readdir(place.path)).toEqual(['done']);
    expect([done[0]?.nodes, done[0]?.text?.split('\n').length, done[0]?.hidden]).toEqual([['worker1'], 200, 3802]);
  });

  it('cut a wait of kubectl off when nobody waits so long', async () => {
    program.answer(/ rollout status /, { delay: 'forever' });
    const began = Date.now();
    await expect(perform([rollout], { atMost: 300 })).rejects.toMatchObject({ code: 'KL-LAB-FAILED', action: rollout });
    expect(Date.now() - began).toBeLessThan(20_000);
  });
});
