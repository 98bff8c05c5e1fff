import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { makeClusterPki } from '../../src/kubernetes/pki.ts';
import { sampleFiles } from '../labs/sample-lab.ts';
import { leaveCluster, study } from '../rig/existing-cluster.ts';
import type { FakeTool } from '../rig/fake-tool.ts';
import { createProgramRig, type ProgramRig } from '../rig/program.ts';

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
  }
}

async function writeLab(folder: string, id: string): Promise<void> {
  const yaml = (sampleFiles['lab.yaml'] ?? '')
    .replace('id: first-pod', `id: ${id}`)
    .replace('namespace: lab-first-pod', `namespace: lab-${id}`)
    .replace('        within: 30s\n', '')
    .replace('requires: {images: [web]}\n', '');
  await write(join(folder, id), { ...sampleFiles, 'lab.yaml': yaml });
}

/** A cluster whose nodes do whatever they are told, and whose API server nobody reaches. */
async function createTestRig(kubernetes = study.kubernetes): Promise<ProgramRig & { readonly ssh: FakeTool }> {
  const rig = await createProgramRig();
  const root = await leaveCluster(rig, ['control1', 'worker1']);
  const pki = await makeClusterPki({ algorithm: 'ECDSA-P256', now: new Date(), externalEtcd: false });
  await write(root, {
    'state.json': JSON.stringify({ ...study, kubernetes }),
    'pki/ca.crt': pki.get('ca.crt') ?? '',
    'pki/ca.key': pki.get('ca.key') ?? '',
    'logs/host.log': '',
    kubeconfig: 'clusters: [{cluster: {server: "https://127.0.0.1:1"}}]\n',
  });
  for (const id of ['one', 'two']) await writeLab(rig.path('labs'), id);
  const ssh = await rig.fakeTool('ssh');
  // What runs on nodes is started with the PATH of the process.
  vi.stubEnv('PATH', `${rig.toolFolder}:${process.env['PATH'] ?? ''}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  ssh.answer([], {});
  ssh.answer(/ get '?(?:namespaces,|persistentvolumes)/, { stdout: '{"items": []}' });
  return { ...rig, ssh };
}

describe.runIf(process.platform === 'linux')('lab test', () => {
  it('goes on with the other labs when one can not be cleared away, and writes the report', async () => {
    const { ssh, ...rig } = await createTestRig();
    ssh.answer(/ delete '?namespace'? '?lab-one/, { stderr: 'The connection was refused\n', exitCode: 1 });
    const { exitCode, stdout, stderr } = await rig.run('lab', 'test', './labs/one', './labs/two', '--junit', 'report.xml');
    expect([exitCode, stdout]).toEqual([1, expect.stringMatching(/one [^]*two [^]*failed; see above/)]);
    expect(stderr).toMatch(/FAILED one\/one: setup[^]*The connection was refused[^]*two\/two: setup/);
    const report = await readFile(rig.path('report.xml'), 'utf8');
    expect(report).toMatch(/<testsuite name="one" tests="1" failures="1"[^]*The connection was refused[^]*<testsuite name="two"/);
  }, 60_000);

  it('has failed where a lab can not even be begun', async () => {
    const { ssh, ...rig } = await createTestRig();
    ssh.answer([], { stderr: 'No route to host\n', exitCode: 255 });
    const { exitCode, stderr } = await rig.run('lab', 'test', './labs/one', '--lab', './labs/two', '--junit', 'report.xml');
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/FAILED one\/[^]*No route to host[^]*FAILED two\//)]);
    expect(await readFile(rig.path('report.xml'), 'utf8')).toMatch(/name="one" tests="1" failures="1"[^]*name="two"/);
  });

  it('has proved nothing where no lab fits', async () => {
    const rig = await createTestRig('1.20.0');
    const { exitCode, stdout } = await rig.run('lab', 'test', '--junit', 'report.xml');
    expect([exitCode, stdout]).toEqual([1, expect.stringMatching(/was left out:[^]*No lab was tested\.\n$/)]);
    const skipped = /<testsuite name="emptydir" tests="1" failures="0" skipped="1"[^]*<skipped message="It needs Kubernetes/;
    expect(await readFile(rig.path('report.xml'), 'utf8')).toMatch(skipped);
    expect(rig.ssh.calls).toEqual([]);
  });
});
