import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { leaveCluster, writeTool } from '../rig/existing-cluster.ts';
import { createProgramRig, packageFolder, type ProgramRig } from '../rig/program.ts';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
}

/** The real program as a process of its own, for what has the terminal to itself. */
function start(rig: ProgramRig, tools: string, words: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [join(packageFolder, 'bin/kubelab.js'), ...words], {
    cwd: rig.folder,
    env: { HOME: rig.home, PATH: `${tools}${delimiter}${process.env['PATH'] ?? ''}` },
  });
}

async function launch(rig: ProgramRig, tools: string, words: readonly string[], input: string): Promise<Ended> {
  const child = start(rig, tools, words);
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.resume();
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stdout };
}

describe('kubeconfig', () => {
  it('says where it is, or prints it', async () => {
    const rig = await createProgramRig();
    await leaveCluster(rig, []);
    expect((await rig.run('kubeconfig')).stdout).toBe('<folder>/.kubelab/study/kubeconfig\n');
    expect((await rig.run('kubeconfig', '--print')).stdout).toBe('apiVersion: v1\nkind: Config\n');
    expect(JSON.parse((await rig.run('kubeconfig', '--json')).stdout)).toMatchObject({
      data: { file: '<folder>/.kubelab/study/kubeconfig' },
    });
  });

  it('says when there is none yet', async () => {
    const rig = await createProgramRig({ files: { 'kubelab.yaml': 'name: study\n' } });
    expect(await rig.run('kubeconfig')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('KL-CLUSTER-NONE') });
    const root = await leaveCluster(rig, []);
    await rm(join(root, 'kubeconfig'));
    expect((await rig.run('kubeconfig')).stderr).toContain('study has no kubeconfig yet');
  });
});

describe.runIf(process.platform === 'linux')('kubectl', () => {
  const fake = 'echo "$0" "$@"; cat; exit 3';

  it('runs with the kubeconfig of the cluster, the input and the exit code', async () => {
    const rig = await createProgramRig();
    const root = await leaveCluster(rig, ['control1']);
    const tools = await writeTool(rig.path('tools'), 'kubectl', fake);
    const ended = await launch(rig, tools, ['kubectl', 'apply', '-f', '-', '--json'], 'kind: Pod');
    expect(ended).toEqual({ code: 3, stdout: `${tools}/kubectl --kubeconfig ${root}/kubeconfig apply -f - --json\nkind: Pod` });
  });

  it('prefers the kubectl that went into the nodes', async () => {
    const rig = await createProgramRig();
    await leaveCluster(rig, ['control1']);
    const built = join(rig.home, '.cache/kubelab/go/kubernetes-v1.36.4/bin');
    await writeTool(built, 'kubectl', fake);
    await writeFile(rig.path('kubelab.lock'), JSON.stringify(lockWithKubectl));
    const { stdout } = await launch(rig, await writeTool(rig.path('tools'), 'kubectl', 'echo wrong'), ['kubectl', 'version'], '');
    expect(stdout).toMatch(new RegExp(`^${built}/kubectl --kubeconfig `));
  });

  it('ends with its tool when it is told to end', async () => {
    const rig = await createProgramRig();
    await leaveCluster(rig, ['control1']);
    const tools = await writeTool(rig.path('tools'), 'kubectl', 'echo ready; exec sleep 60');
    const child = start(rig, tools, ['kubectl', 'logs', '-f', 'pod']);
    child.stderr.resume();
    child.stdout.once('data', () => child.kill('SIGTERM'));
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(130);
  });

  it('says when no control plane runs', async () => {
    const rig = await createProgramRig();
    await leaveCluster(rig, ['worker1']);
    expect(await rig.run('kubectl', 'get', 'nodes')).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('KL-CLUSTER-HALTED'),
    });
  });

  it('says when there is no kubectl', async () => {
    const rig = await createProgramRig({ env: { PATH: '/nowhere' } });
    await leaveCluster(rig, ['control1']);
    const { exitCode, stderr } = await rig.run('kubectl', 'get', 'nodes');
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('KL-HOST-TOOL-MISSING') });
    expect(stderr).toContain('kubelab ssh control1 -- kubectl get nodes');
  });
});

const lockWithKubectl = {
  apiVersion: 'kubelab/v1',
  nodes: '10.83.7.0/24',
  lock: {
    apiVersion: 'kubelab/v1',
    source: 'go',
    kubernetes: '1.36.4',
    containerd: '2.2.9',
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    components: {},
    images: {},
    artifacts: [{ path: 'bin/kubectl', version: 'v1.36.4', from: 'go:k8s.io/kubernetes/cmd/kubectl@v1.36.4' }],
  },
};

describe.runIf(process.platform === 'linux')('ssh', () => {
  const fake = 'for word in "$@"; do echo "[$word]"; done; cat; exit 7';

  it.each([
    { words: [], remote: [] },
    { words: ['--', 'grep', 'a b', '/etc/hosts'], remote: ['[--]', "[grep 'a b' /etc/hosts]"] },
    { words: ['uname', '-n'], remote: ['[--]', '[uname -n]'] },
    { words: ['crictl ps | wc -l'], remote: ['[--]', '[crictl ps | wc -l]'] },
  ])('hands on $words', async ({ words, remote }) => {
    const rig = await createProgramRig();
    const root = await leaveCluster(rig, ['worker1']);
    const tools = await writeTool(rig.path('tools'), 'ssh', fake);
    const { code, stdout } = await launch(rig, tools, ['ssh', 'worker1', ...words], 'input');
    expect(code).toBe(7);
    expect(stdout.split('\n')).toEqual(['[-F]', `[${root}/ssh_config]`, '[-a]', '[worker1]', ...remote, 'input']);
  });

  it('says which nodes there are', async () => {
    const rig = await createProgramRig();
    await leaveCluster(rig, ['worker1']);
    const unknown = await rig.run('ssh', 'worker9');
    expect(unknown).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('KL-NODE-UNKNOWN') });
    expect(unknown.stderr).toContain('nodes: control1, worker1');
    expect(unknown.stderr).not.toContain('Log:');
    expect((await rig.run('ssh')).stderr).toContain('nodes: control1, worker1');
    const halted = await rig.run('ssh', 'control1');
    expect(halted).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('control1 is not running') });
  });
});
