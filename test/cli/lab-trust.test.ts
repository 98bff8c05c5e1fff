import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { acquireLock } from '../../src/cluster/cluster-lock.ts';
import { makeClusterPki } from '../../src/kubernetes/pki.ts';
import { findPackOf } from '../../src/labs/pack/pack-trust.ts';
import { sampleFiles } from '../labs/sample-lab.ts';
import { leaveCluster, study } from '../rig/existing-cluster.ts';
import { createProgramRig, packageFolder, type ProgramOptions, type ProgramRig } from '../rig/program.ts';
import type { FakeTool } from '../rig/fake-tool.ts';

const script = 'echo the script of the pack';

/** A lab whose setup runs a script on nodes. */
const labFiles = (id: string): Readonly<Record<string, string>> => ({
  ...sampleFiles,
  'lab.yaml': (sampleFiles['lab.yaml'] ?? '')
    .replace('id: first-pod', `id: ${id}`)
    .replace('namespace: lab-first-pod', `namespace: lab-${id}`)
    .replace('requires: {images: [web]}\n', '')
    .replace('steps:', `setup:\n  - {on: control-plane, run: "${script}"}\nsteps:`),
});

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
  }
}

interface TrustRig extends ProgramRig {
  readonly ssh: FakeTool;
  readonly state: string;
  readonly pack: string;
  /** How often the script of the lab ran on a node. */
  ran(): number;
  trusted(): Promise<unknown>;
}

/** A cluster of system containers whose nodes do whatever they are told, and a pack with one lab. */
async function createTrustRig(options: ProgramOptions = {}, provider: 'nspawn' | 'libvirt' = 'nspawn'): Promise<TrustRig> {
  const rig = await createProgramRig(options);
  const root = await leaveCluster(rig, ['control1', 'worker1']);
  await writeFile(join(root, 'state.json'), JSON.stringify({ ...study, provider }));
  const pki = await makeClusterPki({ algorithm: 'ECDSA-P256', now: new Date(), externalEtcd: false });
  await write(join(root, 'pki'), { 'ca.crt': pki.get('ca.crt') ?? '', 'ca.key': pki.get('ca.key') ?? '' });
  await write(root, { 'logs/host.log': '', kubeconfig: 'clusters: [{cluster: {server: "https://127.0.0.1:1"}}]\n' });
  const state = join(rig.home, '.local/state/kubelab');
  const pack = join(state, 'packs/acme/1.0.0');
  await write(join(pack, 'labs/from-pack'), labFiles('from-pack'));
  await write(pack, { 'pack.lock': 'files: one\n' });
  const ssh = await rig.fakeTool('ssh');
  // What runs on nodes is started with the PATH of the process.
  vi.stubEnv('PATH', `${rig.toolFolder}:${process.env['PATH'] ?? ''}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  ssh.answer([], {});
  return {
    ...rig,
    ssh,
    state,
    pack,
    ran: () => ssh.calls.filter(({ stdin }) => stdin.includes(script)).length,
    trusted: async () => JSON.parse(await readFile(join(state, 'trusted-packs.json'), 'utf8')) as unknown,
  };
}

/** Runs a command, and types once the program asks. */
async function runAndType(rig: TrustRig, keys: string, ...words: string[]) {
  const run = rig.run(...words);
  await vi.waitFor(() => expect(rig.printed()).toContain('Do you trust it?'), { timeout: 10_000, interval: 5 });
  rig.type(keys);
  return run;
}

describe.runIf(process.platform === 'linux')('a lab of a pack, where nodes share the kernel of this host', () => {
  it.each([
    ['start', 'from-pack'],
    ['start', 'acme/from-pack'],
    ['start', 'from-pack', '--yes'],
    ['test', 'from-pack'],
    ['mutate', 'from-pack'],
  ])('does not run on its own: lab %s %s', async (...words) => {
    const rig = await createTrustRig();
    const { exitCode, stderr } = await rig.run('lab', ...words);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('KL-LAB-TRUST')]);
    expect(stderr).toContain('kubelab lab start acme/from-pack --trust');
    expect(rig.ssh.calls).toEqual([]);
    await expect(rig.trusted()).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('runs with --trust, and from then on without', async () => {
    const rig = await createTrustRig();
    expect(await rig.run('lab', 'start', 'from-pack', '--trust')).toMatchObject({ exitCode: 0 });
    expect(rig.ran()).toBe(1);
    expect(await rig.trusted()).toEqual({
      apiVersion: 'kubelab/v1',
      packs: { 'acme@1.0.0': expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
    });
    expect((await stat(join(rig.state, 'trusted-packs.json'))).mode & 0o777).toBe(0o600);
    expect(await rig.run('lab', 'start', 'from-pack')).toMatchObject({ exitCode: 0 });
  });

  it('asks once on a terminal, also with --yes, and says what is at stake', async () => {
    const rig = await createTrustRig({ terminal: true });
    const { exitCode, stderr } = await runAndType(rig, 'y', 'lab', 'start', 'from-pack', '--yes');
    expect(exitCode).toBe(0);
    const words = stripVTControlCharacters(stderr).replaceAll(/[│\s]+/g, ' ');
    expect(words).toContain('The scripts of its labs run as root in containers that share the kernel of this host');
    expect(words).toContain('who made the pack is not checked');
    expect(rig.ran()).toBe(1);
    expect((await rig.run('lab', 'start', 'from-pack')).stderr).not.toContain('Do you trust it?');
  });

  it('does not run when the answer is no', async () => {
    const rig = await createTrustRig({ terminal: true });
    const { exitCode, stderr } = await runAndType(rig, '\r', 'lab', 'start', 'from-pack');
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('KL-LAB-TRUST')]);
    expect(rig.ssh.calls).toEqual([]);
    await expect(rig.trusted()).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each([
    ['another lock', 'files: two\n'],
    ['no lock any more', undefined],
  ])('is asked about anew once its pack has %s, also where it was begun before', async (_, lock) => {
    const rig = await createTrustRig();
    expect((await rig.run('lab', 'start', 'from-pack', '--trust')).exitCode).toBe(0);
    const before = rig.ssh.calls.length;
    if (lock === undefined) await rm(join(rig.pack, 'pack.lock'));
    else await write(rig.pack, { 'pack.lock': lock });
    for (const words of [['start', 'from-pack'], ['check'], ['solve', '--yes'], ['reset', '--yes'], ['watch']])
      expect([words, (await rig.run('lab', ...words)).stderr]).toEqual([words, expect.stringContaining('KL-LAB-TRUST')]);
    expect(rig.ssh.calls.length).toBe(before);
    // It can still be ended: its namespace goes, and no script of it runs.
    expect(await rig.run('lab', 'stop', '--yes')).toMatchObject({ exitCode: 0 });
    expect(rig.ran()).toBe(1);
    expect(rig.ssh.calls.at(-1)?.args.at(-1)).toContain('kubelab.io/lab=from-pack');
    expect((await rig.run('lab', 'start', 'from-pack', '--trust')).exitCode).toBe(0);
  });

  it('counts for one pack and version only, and without a lock too', async () => {
    const rig = await createTrustRig();
    const other = join(rig.state, 'packs/acme/2.0.0');
    expect((await rig.run('lab', 'start', 'from-pack', '--trust')).exitCode).toBe(0);
    await write(join(other, 'labs/from-pack'), labFiles('from-pack'));
    expect((await rig.run('lab', 'start', 'from-pack')).stderr).toContain('the pack acme 2.0.0');
    expect((await rig.run('lab', 'start', 'from-pack', '--trust')).exitCode).toBe(0);
    expect(await rig.trusted()).toMatchObject({ packs: { 'acme@1.0.0': expect.any(String), 'acme@2.0.0': 'none' } });
  });

  it('is not asked about when its folder is named', async () => {
    const rig = await createTrustRig();
    await write(rig.path('mine'), labFiles('from-folder'));
    expect(await rig.run('lab', 'start', './mine')).toMatchObject({ exitCode: 0 });
    expect(rig.ran()).toBe(1);
    await expect(rig.trusted()).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('is not run while nobody can tell what was trusted', async () => {
    const rig = await createTrustRig();
    await write(rig.state, { 'trusted-packs.json': '{"apiVersion":"kubelab/v1","packs":[]}' });
    expect((await rig.run('lab', 'start', 'from-pack', '--trust')).stderr).toContain('KL-STATE-DAMAGED');
    expect(rig.ssh.calls).toEqual([]);
  });
});

describe.runIf(process.platform === 'linux')('a lab that was begun', () => {
  /** The attempt as it is kept, changed if need be. */
  async function readKept(rig: TrustRig, change: Readonly<Record<string, unknown>> = {}): Promise<Record<string, unknown>> {
    const [cluster = ''] = await readdir(join(rig.state, 'attempts'));
    const file = join(rig.state, 'attempts', cluster, 'from-pack.json');
    const kept = { ...(JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>), ...change };
    await writeFile(file, JSON.stringify(kept));
    return kept;
  }

  it('goes on with the newest version of its pack, or with the one that is named', async () => {
    const rig = await createTrustRig();
    await rig.run('lab', 'start', 'from-pack', '--trust');
    const begun = await readKept(rig);
    await write(join(rig.state, 'packs/acme/2.0.0/labs/from-pack'), labFiles('from-pack'));
    const { stderr } = await rig.run('lab', 'start', 'from-pack', '--trust');
    expect(stderr).toContain('Lab from-pack was begun with acme 1.0.0, and goes on with 2.0.0.');
    expect(await readKept(rig)).toMatchObject({
      folder: join(rig.state, 'packs/acme/2.0.0/labs/from-pack'),
      vars: begun['vars'],
      ready: true,
    });
    expect((await rig.run('lab', 'start', 'acme@1.0.0/from-pack')).exitCode).toBe(0);
    expect(await readKept(rig)).toMatchObject({ folder: join(rig.pack, 'labs/from-pack') });
  });

  it('is not exchanged for one of another pack, or for a version without its step', async () => {
    const rig = await createTrustRig();
    await rig.run('lab', 'start', 'from-pack', '--trust');
    await write(join(rig.state, 'packs/other/1.0.0/labs/from-pack'), labFiles('from-pack'));
    const refused = await rig.run('lab', 'start', 'other/from-pack', '--trust');
    expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining('KL-LAB-ORDER')]);
    expect(refused.stderr).toContain('kubelab lab start acme@1.0.0/from-pack');
    await readKept(rig, { step: 'gone' });
    await write(join(rig.state, 'packs/acme/2.0.0/labs/from-pack'), labFiles('from-pack'));
    expect((await rig.run('lab', 'start', 'acme/from-pack', '--trust')).stderr).toContain('KL-LAB-ORDER');
  });

  it('can be ended when its folder has changed and has no such step any more', async () => {
    const rig = await createTrustRig();
    const lab = labFiles('from-pack');
    await write(rig.path('mine'), lab);
    expect(await rig.run('lab', 'start', './mine')).toMatchObject({ exitCode: 0 });
    const renamed = (lab['lab.yaml'] ?? '').replace('id: run', 'id: begin').replace('step: run', 'step: begin');
    const texts = { 'text/en/begin.md': '# Begin\n', 'text/ko/begin.md': '# 시작\n' };
    await write(rig.path('mine'), { 'lab.yaml': renamed, ...texts });
    for (const words of [['check'], ['show'], ['reset', '--yes'], ['start', './mine']]) {
      const { exitCode, stderr } = await rig.run('lab', ...words);
      expect([words, exitCode, stderr]).toEqual([words, 2, expect.stringContaining('has no step run any more')]);
    }
    rig.ssh.answer(({ args }) => args.join(' ').includes(' get persistentvolumes '), { stdout: '{"items": []}' });
    expect(await rig.run('lab', 'stop', '--yes')).toMatchObject({ exitCode: 0 });
    expect(await rig.run('lab', 'start', './mine')).toMatchObject({ exitCode: 0 });
    expect(await readKept(rig)).toMatchObject({ step: 'begin', ready: true });
  });

  it('is set up from the ground after a reset that was cut off, and has values for what is new in it', async () => {
    const rig = await createTrustRig();
    const lab = labFiles('from-pack');
    await write(rig.path('mine'), lab);
    await rig.run('lab', 'start', './mine');
    rig.ssh.answer(({ args }) => args.join(' ').includes(' get persistentvolumes '), { stdout: '{"items": []}' });
    rig.ssh.answer(({ stdin }) => stdin.includes(script), { exitCode: 1 });
    expect((await rig.run('lab', 'reset', '--yes')).stderr).toContain('KL-LAB-FAILED');
    expect(await readKept(rig)).toMatchObject({ ready: false, rebuild: true });
    rig.ssh.answer(({ stdin }) => stdin.includes(script), {});
    await write(rig.path('mine'), { 'lab.yaml': (lab['lab.yaml'] ?? '').replace('vars:\n', 'vars:\n  WORD: {random: hex8}\n') });
    const before = rig.ssh.calls.length;
    expect(await rig.run('lab', 'start', './mine')).toMatchObject({ exitCode: 0 });
    const kept = await readKept(rig);
    expect(kept).toMatchObject({ ready: true, vars: { WORD: expect.stringMatching(/^[0-9a-f]{8}$/) } });
    expect(kept).not.toHaveProperty('rebuild');
    const commands = rig.ssh.calls.slice(before).map(({ args }) => args.join(' '));
    expect(commands.filter((line) => line.includes(' delete namespace '))).toHaveLength(1);
  });

  /** A namespace of the lab that is there, until it is deleted. */
  function answerNamespace(rig: TrustRig): void {
    const metadata = { creationTimestamp: '2026-01-02T03:04:05Z', labels: { 'kubelab.io/lab': 'from-pack' } };
    let isThere = true;
    const asks =
      (words: string) =>
      ({ args }: { readonly args: readonly string[] }) =>
        args.join(' ').includes(words);
    rig.ssh.answer(asks(' get namespace '), () => ({ stdout: isThere ? JSON.stringify({ metadata }) : '' }));
    rig.ssh.answer(asks(' delete namespace '), () => ((isThere = false), {}));
    rig.ssh.answer(asks(' get persistentvolumes '), { stdout: '{"items": []}' });
  }

  it('begins on nothing that a run which was cut off has left, and asks before that goes', async () => {
    const rig = await createTrustRig();
    answerNamespace(rig);
    const asked = await rig.run('lab', 'start', 'from-pack', '--trust');
    expect([asked.exitCode, asked.stderr]).toEqual([2, expect.stringMatching(/Delete all that is in namespace\s+lab-from-pack/)]);
    expect(rig.ran()).toBe(0);
    expect(await rig.run('lab', 'start', 'from-pack', '--trust', '--yes')).toMatchObject({ exitCode: 0 });
    const lines = rig.ssh.calls.map(({ args, stdin }) => (stdin.includes(script) ? 'setup' : args.join(' ')));
    const removed = lines.findIndex((line) => line.includes(' delete namespace '));
    expect([removed > 0, lines.indexOf('setup') > removed]).toEqual([true, true]);
    const kept = await readKept(rig);
    expect(kept).toMatchObject({ step: 'run', ready: true, steps: { run: { resets: 0 } } });
    expect(kept).not.toHaveProperty('rebuild');
    // It is the learner's now, and nobody asks again.
    answerNamespace(rig);
    expect(await rig.run('lab', 'start', 'from-pack')).toMatchObject({ exitCode: 0 });
    expect(rig.ran()).toBe(1);
  });

  it('begins on nothing that a test which was cut off did to nodes, also where its namespace is gone', async () => {
    const rig = await createTrustRig();
    const nothing = { stdout: '{"items": []}' };
    rig.ssh.answer(({ args }) => args.join(' ').includes(' get persistentvolumes '), nothing);
    rig.ssh.answer(({ args }) => args.join(' ').includes(' get namespaces,'), nothing);
    rig.ssh.answer(({ stdin }) => stdin.includes(script), { exitCode: 1 });
    // It fails in the middle, and leaves what it has done.
    const flags = ['--trust', '--keep-on-failure'];
    expect(await rig.run('lab', 'test', 'from-pack', ...flags)).toMatchObject({ exitCode: 1 });
    rig.ssh.answer(({ stdin }) => stdin.includes(script), {});
    expect(await rig.run('lab', 'start', 'from-pack')).toMatchObject({ exitCode: 2 });
    const before = rig.ssh.calls.length;
    expect(await rig.run('lab', 'start', 'from-pack', '--yes')).toMatchObject({ exitCode: 0 });
    const lines = rig.ssh.calls.slice(before).map(({ args, stdin }) => (stdin.includes(script) ? 'setup' : args.join(' ')));
    const removed = lines.findIndex((line) => line.includes(' delete namespace '));
    expect([removed >= 0, lines.indexOf('setup') > removed]).toEqual([true, true]);
    // What was cleared away is nothing to ask about again.
    expect(await rig.run('lab', 'stop', '--yes')).toMatchObject({ exitCode: 0 });
    expect(await rig.run('lab', 'start', 'from-pack')).toMatchObject({ exitCode: 0 });
  });

  it('is asked about and ended in the language that it is read in', async () => {
    const rig = await createTrustRig();
    answerNamespace(rig);
    const cleared = await rig.run('lab', 'start', 'from-pack', '--trust', '--lang', 'ko');
    expect(cleared.stderr.replaceAll(/\s+/g, ' ')).toContain('모두 지우고 시작할까요?');
    await rig.run('lab', 'start', 'from-pack', '--lang', 'ko', '--yes');
    for (const [word, question] of [
      ['reset', 'run 단계 처음으로 돌아갈까요?'],
      ['stop', '모두 지울까요?'],
    ] as const)
      expect((await rig.run('lab', word)).stderr.replaceAll(/\s+/g, ' ')).toContain(question);
    expect((await rig.run('lab', 'stop', '--yes')).stdout).toContain('from-pack 실습을 끝냈습니다. study 클러스터에');
  });

  it('asks about nothing that a run in another terminal is at work in', async () => {
    const rig = await createTrustRig();
    answerNamespace(rig);
    const title = 'lab test from-pack';
    const owner = { pid: process.pid, host: 'test-host', command: `kubelab ${title}`, kill: () => true };
    // Begun and forgotten, so that the folder of this cluster is there.
    await rig.run('lab', 'start', 'from-pack', '--trust', '--yes');
    const [cluster = ''] = await readdir(join(rig.state, 'attempts'));
    await rm(join(rig.state, 'attempts', cluster, 'from-pack.json'));
    answerNamespace(rig);
    const lock = await acquireLock(join(rig.state, 'attempts', cluster, '.lab-from-pack.lock'), owner);
    const { exitCode, stderr } = await rig.run('lab', 'start', 'from-pack');
    await lock.release();
    expect([exitCode, stderr]).toEqual([6, expect.stringContaining('KL-CLUSTER-BUSY')]);
    expect(stderr).toContain(title);
    expect(stderr).not.toContain('cut off');
    expect((await rig.run('lab', 'start', 'from-pack')).stderr).toContain('cut off');
  });

  it('goes on where it was left while the API server is down, as a step may want it', async () => {
    const rig = await createTrustRig();
    expect(await rig.run('lab', 'start', 'from-pack', '--trust')).toMatchObject({ exitCode: 0 });
    rig.ssh.answer(({ args }) => args.join(' ').includes('kubectl'), { exitCode: 1, stderr: 'connection refused\n' });
    expect(await rig.run('lab', 'start', 'from-pack')).toMatchObject({ exitCode: 0 });
    await readKept(rig, { ready: false });
    const { exitCode, stderr } = await rig.run('lab', 'start', 'from-pack');
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('KL-LAB-ORDER')]);
    expect(stderr).toContain('kubelab lab reset');
  });

  it('keeps what another terminal kept while it was being started', async () => {
    const rig = await createTrustRig();
    expect(await rig.run('lab', 'start', 'from-pack', '--trust')).toMatchObject({ exitCode: 0 });
    rig.ssh.answer(
      ({ args }) => args.join(' ').includes(' get namespace '),
      async () => {
        await readKept(rig, { steps: { run: { solved: false, points: 3, rounds: 1, results: {}, resets: 0, hints: [0] } } });
        return {};
      },
    );
    expect(await rig.run('lab', 'start', 'from-pack', '--lang', 'ko')).toMatchObject({ exitCode: 0 });
    expect(await readKept(rig)).toMatchObject({ language: 'ko', steps: { run: { points: 3, hints: [0] } } });
  });

  it('leaves what was made on a cluster before it came there', async () => {
    const rig = await createTrustRig();
    expect(await rig.run('lab', 'start', 'from-pack', '--trust')).toMatchObject({ exitCode: 0 });
    await readKept(rig, { startedAt: '2020-01-02T03:04:05.000Z', made: '2020-01-02T03:04:05.000Z' });
    answerNamespace(rig);
    expect(await rig.run('lab', 'start', 'from-pack')).toMatchObject({ exitCode: 0 });
    const { broughtAt } = await readKept(rig);
    expect(Date.now() - Date.parse(String(broughtAt))).toBeLessThan(60_000);
  });

  it('begins again on a cluster that was made anew, where no solution leads back to its step', async () => {
    const rig = await createTrustRig();
    const { 'lab.yaml': yaml = '', ...files } = labFiles('from-pack');
    const step = yaml.slice(yaml.indexOf('  - id: run'), yaml.indexOf('test:\n'));
    const learner = yaml
      .replace('test:\n', `${step.replace('id: run', 'id: again')}test:\n`)
      .replace('version: 1.0.0', 'version: 1.0.0\nbuild: learner')
      .replaceAll(/ {4}solve:\n.*\n/g, '');
    const texts = { 'text/en/again.md': '# Again\n', 'text/ko/again.md': '# 다시\n' };
    await write(join(rig.pack, 'labs/from-pack'), { ...files, ...texts, 'lab.yaml': learner });
    expect(await rig.run('lab', 'start', 'from-pack', '--trust')).toMatchObject({ exitCode: 0 });
    await readKept(rig, { step: 'again', made: '2020-01-02T03:04:05.000Z' });
    // The nodes of this rig give no list of what is to be removed, so that it ends there.
    expect((await rig.run('lab', 'start', 'from-pack')).stderr).toContain('has no solutions to get to step again with');
    expect(await readKept(rig)).toMatchObject({ step: 'run', made: study.createdAt });
  });
});

it('only what is in the folder of packs is of a pack', async () => {
  const { state, pack } = await createTrustRig();
  expect(await findPackOf(state, join(pack, 'labs/from-pack'))).toMatchObject({ name: 'acme', version: '1.0.0' });
  expect(await findPackOf(state, join(packageFolder, 'labs/emptydir'))).toBeUndefined();
  expect(await findPackOf(state, join(state, 'packs-of-mine/acme/1.0.0/labs/x'))).toBeUndefined();
  expect(await findPackOf(state, state)).toBeUndefined();
  expect(await findPackOf('/no/such/folder', join(pack, 'labs/from-pack'))).toBeUndefined();
});

it.each(['{kind: Secret, namespace: kube-system, path: data}', '{kind: Pod, namespace: "..", path: data}'])(
  'a field that can not be read when a step begins is a trouble of the lab or the cluster: %s',
  async (field) => {
    const rig = await createTrustRig();
    const lab = labFiles('from-folder');
    const yaml = (lab['lab.yaml'] ?? '').replace('    checks:', `    remember: {WAS: ${field}}\n    checks:`);
    await write(rig.path('mine'), { ...lab, 'lab.yaml': yaml });
    const { exitCode, stderr } = await rig.run('lab', 'start', './mine');
    expect([exitCode, stderr]).toEqual([4, expect.stringContaining('KL-LAB-FAILED')]);
    expect(stderr).toContain('remember WAS');
  },
);

describe.runIf(process.platform === 'linux')('a mistake in a lab is named with its place', () => {
  /** A lab of a folder that was begun, with its files changed. */
  async function begin(change: (files: Record<string, string>) => Readonly<Record<string, string>>) {
    const rig = await createTrustRig();
    const files = labFiles('from-folder');
    await write(rig.path('mine'), { ...files, ...change(files) });
    return { rig, begun: await rig.run('lab', 'start', './mine') };
  }
  const inYaml = (before: string, after: string) => (files: Record<string, string>) => ({
    'lab.yaml': (files['lab.yaml'] ?? '').replace(before, after),
  });
  const asked = `checks:
      - id: which
        answer:
          question: {en: "Which?", ko: "무엇?"}
          is: [a]
          choices: [{id: a, text: {en: "\${HOME}", ko: "가"}}]
        message: {en: "No.", ko: "아니오."}`;

  it.each([
    ['the text of the lab', () => ({ 'text/en/index.md': '# A\n\nIn ${HOME}.\n' }), 'mine/text/en/index.md:3:4: ${HOME}'],
    ['the text of a step', () => ({ 'text/en/run.md': 'On ${node.worker2}' }), 'mine/text/en/run.md:1:4: ${node.worker2}'],
    ['a goal', inYaml('A pod web runs.', 'A pod ${HOME} runs.'), 'mine/lab.yaml:16:16: ${HOME}'],
    ['a choice', inYaml('checks:', asked), 'mine/lab.yaml:22:40: ${HOME}'],
  ])('in %s', async (_, change, place) => {
    const { begun } = await begin(change);
    expect([begun.exitCode, begun.stderr]).toEqual([2, expect.stringContaining('KL-LAB-INVALID')]);
    expect(begun.stderr).toContain(`${place} has no value here`);
  });

  it('in a hint, which then costs nothing', async () => {
    const { rig, begun } = await begin(inYaml('Which command makes one pod?', 'Look at ${HOME}.'));
    expect(begun.exitCode).toBe(0);
    const { exitCode, stderr } = await rig.run('lab', 'hint');
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('KL-LAB-INVALID')]);
    expect(stderr).toMatch(/lab\.yaml:\d+:\d+: \$\{HOME\} has no value/);
    const [cluster = ''] = await readdir(join(rig.state, 'attempts'));
    const kept = await readFile(join(rig.state, 'attempts', cluster, 'from-folder.json'), 'utf8');
    expect(JSON.parse(kept)).toMatchObject({ step: 'run', steps: {} });
  });

  it('in an answer to a question that no step asks', async () => {
    const { rig, begun } = await begin(inYaml('solve:', 'solve:\n      - {answer: {which: true}}'));
    expect(begun.exitCode).toBe(0);
    const { exitCode, stderr } = await rig.run('lab', 'solve', '--yes');
    expect([exitCode, stderr]).toEqual([4, expect.stringContaining('KL-LAB-FAILED')]);
    expect(stderr).toContain('the solution of step run');
    expect(stderr).toContain('the lab asks no question which');
  });
});

it('virtual machines need no trust', async () => {
  const rig = await createTrustRig({}, 'libvirt');
  expect(await rig.run('lab', 'start', 'from-pack')).toMatchObject({ exitCode: 0 });
  expect(rig.ran()).toBe(1);
  await expect(rig.trusted()).rejects.toMatchObject({ code: 'ENOENT' });
});
