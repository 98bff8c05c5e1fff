import { readdir } from 'node:fs/promises';
import { createFixture } from 'fs-fixture';
import { expect, it, onTestFinished } from 'vitest';
import { localRunner } from '../../../src/exec/local.ts';
import type { CheckResult } from '../../../src/labs/check/check-result.ts';
import type { Action } from '../../../src/labs/lab-action.ts';
import { showApply, showKubectl, showScript } from '../../../src/labs/attempt/done-action.ts';
import { describeAction } from '../../../src/labs/attempt/perform.ts';
import type { Stage } from '../../../src/labs/attempt/stage.ts';
import { readField } from '../../../src/labs/check/read-field.ts';
import { checkStep } from '../../../src/labs/check/round.ts';
import { channelMessage, exitStatus, type ApiScript } from '../../rig/api-server.ts';
import { podOf, podsPath, roundOf, startLab, type LabRig, type RunOnNode } from '../lab-rig.ts';

async function start(script: ApiScript, run?: RunOnNode): Promise<LabRig> {
  const rig = await startLab(script, run);
  onTestFinished(() => rig.close());
  return rig;
}

async function look(rig: LabRig, check: Record<string, unknown>): Promise<CheckResult> {
  const { results } = await checkStep({ ...roundOf(rig, [{ id: 'c', ...check }]), patience: { atMost: 1000 } });
  return results[0]!;
}

it.each([
  '127.0.0.1',
  '127.9.9.9',
  '0.0.0.0',
  '169.254.169.254',
  '224.0.0.1',
  '255.255.255.255',
  '::1',
  '::',
  'fe80::1',
  'fe80::1%eth0',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:a9fe:a9fe',
])('asks nobody at %s, whatever the cluster says has that address', async (host) => {
  const asked: string[] = [];
  const pod = podOf('web');
  const objects = { [podsPath]: { items: [{ ...pod, status: { ...pod.status, podIP: host } }] } };
  const rig = await start({ objects }, (node) => {
    asked.push(node);
    return Promise.resolve({ exitCode: 0, stdout: 'secrets\n200', stderr: '', milliseconds: 1 });
  });
  expect(await look(rig, { http: { pod: 'web', port: 80 } })).toMatchObject({
    status: 'error',
    message: { en: `${host} is no address of a pod or a service` },
  });
  expect(asked).toEqual([]);
});

it.each([
  [{ object: { kind: 'Pod', namespace: '..' } }, '".." can not be part of a path of the API'],
  [{ object: { kind: 'Pod', namespace: '.' } }, '"." can not be part of a path of the API'],
  [{ object: { apiVersion: 'v1/../../apis/x/v1', kind: 'Thing' } }, '".." can not be part of a path of the API'],
])('asks the API for nothing at %j', async (check, words) => {
  const rig = await start({ objects: { '/api/v1/pods': { items: [podOf('web')] } }, exec: (_, socket) => socket.close() });
  expect(await look(rig, check)).toMatchObject({ status: 'error', message: { en: words } });
  expect(rig.requests).toEqual([]);
});

it('does not read secrets: the API server refuses that to checks', async () => {
  const rig = await start({
    objects: { '/api/v1': { resources: [{ name: 'secrets', kind: 'Secret', namespaced: true }] } },
    answer: (request, response) => {
      if (request.url?.includes('secrets') !== true) return false;
      response.writeHead(403, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ kind: 'Status', message: 'secrets is forbidden' }));
      return true;
    },
  });
  const message = { en: '{{actual.data.password}}', ko: '{{actual.data.password}}' };
  expect(await look(rig, { object: { kind: 'Secret', namespace: 'kube-system' }, message })).toMatchObject({
    status: 'error',
    message: { en: expect.stringContaining('checks may not read this') },
  });
});

it.each(['stdout', 'stderr'] as const)('an expression that never ends is given up, on %s', async (stream) => {
  const text = 'a'.repeat(50_000);
  const rig = await start({}, () =>
    Promise.resolve({ exitCode: 0, stdout: '', stderr: '', milliseconds: 1, [stream]: `${text}!` }),
  );
  const check = { run: { on: 'worker1', run: 'true' }, expect: { [stream]: { matches: '^(a+)+$' } } };
  expect(await look(rig, check)).toMatchObject({ status: 'error', message: { en: expect.stringContaining('takes too long') } });
});

// Each of them is quick enough by itself.
const slow = { $in: Array.from({ length: 4000 }, (_, index) => ({ $regex: `a*${index}$` })) };

it.each([
  { object: { kind: 'Pod', match: { metadata: { annotations: { a: slow } } } } },
  { object: { kind: 'Pod', not: { metadata: { annotations: { a: slow } } } } },
  { object: { kind: 'Pod', where: { 'metadata.annotations.a': slow } } },
])('very many expressions are given up together: %#', async (check) => {
  const pod = podOf('web');
  const items = [{ ...pod, metadata: { ...pod.metadata, annotations: { a: 'a'.repeat(4000) } } }];
  const rig = await start({ objects: { [podsPath]: { items } } });
  expect(await look(rig, check)).toMatchObject({
    status: 'error',
    message: { en: expect.stringMatching(/^to compare objects with what the lab expects takes more than \d s$/) },
  });
});

it('a field to remember that takes too long to find is a mistake in the lab', async () => {
  const pod = podOf('web');
  const items = [{ ...pod, metadata: { ...pod.metadata, annotations: { a: 'a'.repeat(4000) } } }];
  const { cluster } = await start({ objects: { [podsPath]: { items } } });
  const field = { apiVersion: 'v1', kind: 'Pod', where: { 'metadata.annotations.a': slow }, path: 'metadata.name' };
  const reading = readField({ field, namespace: 'lab-x', values: {}, cluster });
  await expect(reading).rejects.toMatchObject({ code: 'KL-LAB-INVALID' });
});

// To read so much takes a busy host longer than a test has.
it('a script that prints without end is ended, and says why', { timeout: 90_000 }, async () => {
  const rig = await start({});
  const result = await look(rig, { run: { on: 'worker1', run: 'yes', timeout: '60s' } });
  expect(result).toMatchObject({ status: 'error', message: { en: 'worker1: it printed more than 64 MiB' } });
});

it('a command in a pod that prints without end is bounded, and so are bytes that are no text', async () => {
  const rig = await start({
    objects: { [podsPath]: { items: [podOf('web')] } },
    exec: (_, socket) => {
      for (let count = 0; count < 100; count += 1) socket.send(channelMessage(1, Buffer.alloc(64 * 1024, 0xff)));
      socket.send(channelMessage(1, '\u001b]52;c;eA==\u0007'));
      socket.send(exitStatus(1));
      socket.close();
    },
  });
  const message = { en: '{{stdout}}', ko: '{{stdout}}' };
  const result = await look(rig, { exec: { pod: 'web', command: ['yes'] }, message });
  expect(result.status).toBe('notYet');
  expect(result.message?.en).toMatch(/^\uFFFD{299}…$/);
});

it('what a script says is cleaned and bounded', async () => {
  const rig = await start({});
  const run = String.raw`printf '\033]8;;http://evil\033\\x\033[2J\302\233y\342\200\256z\377\000'; head -c 100000 /dev/zero | tr '\0' a; exit 1`;
  const result = await look(rig, { run: { on: 'worker1', run } });
  expect(JSON.stringify(result).length).toBeLessThan(2000);
  for (const actual of [result.actual?.en, result.actual?.ko]) {
    expect(actual).toMatch(/^xz\uFFFDa+…$/);
    expect(actual).not.toMatch(/\p{Cc}|\p{Bidi_Control}/u);
  }
});

it('what a solution did is text, never commands, when it is pasted', async () => {
  const args = ["'; touch evil; echo '", '$(touch evil)\u001b]0;', "\u0007'; touch evil; '", 'a\u0000b\u202ec\nd'];
  const input = 'x: $(touch evil)\nE\u0000OF\nEOF_\ntouch evil\n';
  const { text = '' } = showKubectl('lab-x', args, input);
  expect(text).not.toMatch(/[^\P{Cc}\t\n]|\p{Bidi_Control}/u);
  await using place = await createFixture({});
  const options = { timeout: 10_000, signal: new AbortController().signal, cwd: place.path };
  const { stdout } = await localRunner().run(['sh', '-c', `kubectl() { printf '[%s]' "$@"; cat; }; ${text}`], options);
  const words = [args[0], '$(touch evil);', "'; touch evil; '", 'abc\nd'].map((word) => `[${word}]`).join('');
  expect(stdout).toBe(`[-n][lab-x]${words}x: $(touch evil)\nEOF\nEOF_\ntouch evil\n`);
  const script = {
    script: 'echo $WORD',
    file: undefined,
    nodes: ['worker1'],
    environment: { WORD: '$(touch evil)\nx', OTHER: '' },
  };
  expect((await localRunner().run(['sh', '-c', showScript(script).text ?? ''], options)).stdout).toBe('$(touch evil) x\n');
  expect(await readdir(place.path)).toEqual([]);
});

it('what a solution did is cut where nobody would read it, so that no part of it can be pasted', async () => {
  const files = ['x\n'.repeat(5000), 'x'.repeat(100_000), `${'y'.repeat(300)}\n`.repeat(180)];
  for (const manifest of files) {
    const { text = '', hidden = 0 } = showApply('lab-x', 'files/big.yaml', manifest);
    expect(text.length).toBeLessThan(50_000);
    const lines = text.split('\n');
    expect([lines[0], lines.includes('EOF')]).toEqual(["kubectl -n lab-x apply -f - <<'EOF'", false]);
    expect(lines.length + hidden).toBe(manifest.trimEnd().split('\n').length + 2);
  }
});

it('values and names of an attempt are words, never commands, when they are shown to be pasted', async () => {
  const values = { EVIL: "'; touch evil; echo '", FLAG: '-o=x', CODE: '$(touch evil) `touch evil`\nx' };
  const stage = { loaded: { lab: { id: 'x', namespace: 'lab-x' } } } as unknown as Stage;
  const action: Action = { kubectl: ['annotate', 'pod/web', '${EVIL}', '${FLAG}', '${CODE}'] };
  const line = describeAction(action, stage, values);
  const options = { timeout: 10_000, signal: new AbortController().signal };
  const { stdout } = await localRunner().run(['sh', '-c', `kubectl() { printf '[%s]' "$@"; }; ${line}`], options);
  expect(stdout).toBe(`[-n][lab-x][annotate][pod/web][${values.EVIL}][${values.FLAG}][${values.CODE}]`);
});

it('an expression is not tried on objects that differ in a plain field', async () => {
  // Over such a message it takes longer than it may, which is an error.
  const message = `${'a'.repeat(40)}b`;
  const items = Array.from({ length: 3000 }, (_, index) => ({
    metadata: { name: `web.${index}`, namespace: 'lab-x' },
    involvedObject: { name: 'web' },
    message,
  }));
  const rig = await start({ objects: { '/api/v1/namespaces/lab-x/events': { items } } });
  const where = { message: { $regex: '^(a+)+$' }, 'involvedObject.name': 'db' };
  expect(await look(rig, { object: { kind: 'Event', where } })).toMatchObject({ status: 'notYet' });
  expect(await look(rig, { object: { kind: 'Event', where: { message: where.message } } })).toMatchObject({ status: 'error' });
});
