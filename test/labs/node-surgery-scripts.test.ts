import { chmod, mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFixture, type FsFixture } from 'fs-fixture';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { localRunner } from '../../src/exec/local.ts';
import type { RunResult } from '../../src/exec/runner.ts';

const scripts = join(import.meta.dirname, '../../labs/node-surgery/scripts');
const right = 'disabled_plugins = []\n';
const wrong = 'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n';
const socket = 'run/containerd/containerd.sock';

/** As systemd's, for containerd alone: it runs where there is its socket, and can not be started while it is masked. */
const systemctl = `#!/bin/sh
set -eu
echo "$*" >>"$STATE/calls"
case "$*" in
'unmask --quiet containerd.service kubelet.service') rm -f "$STATE/masked" ;;
'is-active --quiet containerd.service') [ -e "$STATE/../${socket}" ] ;;
'stop containerd.service') rm -f "$STATE/../${socket}" ;;
'restart containerd.service')
	[ ! -e "$STATE/masked" ] || exit 1
	cp "$STATE/../etc/containerd/config.toml" "$STATE/read"
	touch "$STATE/../${socket}"
	;;
esac
`;

interface Node {
  readonly fixture: FsFixture;
  run(script: string, env?: Readonly<Record<string, string>>): Promise<RunResult>;
  /** What was asked of systemd. */
  calls(): Promise<readonly string[]>;
}

/** A worker on which save.sh has run, and whose files are in a folder. */
async function createNode(files: Readonly<Record<string, string>> = {}): Promise<Node> {
  const fixture = await createFixture({
    'bin/systemctl': systemctl,
    'bin/kubectl': '#!/bin/sh\n',
    'bin/ip': '#!/bin/sh\n',
    'etc/containerd/config.toml': right,
    'etc/kubernetes/kubelet.conf': '',
    'etc/kubernetes/manifests/.keep': '',
    'var/lib/kubelet/pki/.keep': '',
    'var/lib/kubelab-lab/.keep': '',
    'state/.keep': '',
    [socket]: '',
    ...files,
  });
  onTestFinished(() => fixture.rm());
  for (const tool of ['systemctl', 'kubectl', 'ip']) await chmod(fixture.getPath('bin', tool), 0o755);
  const { signal } = new AbortController();
  const saved = join(fixture.getPath('saved'), fixture.path, 'etc/containerd');
  await mkdir(saved, { recursive: true });
  await writeFile(join(saved, 'config.toml'), right);
  const archive = fixture.getPath('var/lib/kubelab-lab/saved.tar');
  await localRunner().run(['tar', '-cf', archive, '-C', fixture.getPath('saved'), '.'], { timeout: 5_000, signal });
  return {
    fixture,
    run: async (script, env = {}) => {
      const text = await readFile(join(scripts, script), 'utf8');
      const own = text.replaceAll(/(?<!\$tree)\/(?=(?:etc|var\/lib|run)\/)/g, join(fixture.path, '/'));
      await writeFile(fixture.getPath('script.sh'), own);
      const PATH = `${fixture.getPath('bin')}:${process.env['PATH']}`;
      const options = { timeout: 20_000, signal, accept: 'any', env: { PATH, STATE: fixture.getPath('state'), ...env } } as const;
      return localRunner().run(['sh', fixture.getPath('script.sh')], options);
    },
    calls: async () => (await fixture.readFile('state/calls', 'utf8')).trim().split('\n'),
  };
}

describe('a reset of a worker whose containerd was stopped', () => {
  it.each([
    ['as the step begins', wrong, false, false],
    ['and started again without CRI', wrong, true, false],
    ['and is masked', right, false, true],
    ['and whose configuration is right again', right, false, false],
  ])('has it run with what it had, and kubelet ask it anew: %s', async (_what, config, runs, masked) => {
    const node = await createNode({ 'etc/containerd/config.toml': config, ...(masked ? { 'state/masked': '' } : {}) });
    if (!runs) await rm(node.fixture.getPath(socket));
    expect(await node.run('bring-back.sh')).toMatchObject({ exitCode: 0 });
    expect(await node.fixture.readFile('state/read', 'utf8')).toBe(right);
    expect(await node.calls()).toEqual(expect.arrayContaining(['restart containerd.service', 'restart kubelet.service']));
  });

  it('changes nothing where nothing is broken', async () => {
    const node = await createNode();
    await utimes(node.fixture.getPath('etc/containerd/config.toml'), 1, 1);
    expect(await node.run('bring-back.sh')).toMatchObject({ exitCode: 0 });
    expect((await node.calls()).filter((call) => call.startsWith('restart'))).toEqual([]);
  });
});

describe('the step of containerd', () => {
  it('stops it with its plugin off, and the solution, also when done twice, has it run with the plugin', async () => {
    const node = await createNode();
    expect(await node.run('stop-containerd.sh')).toMatchObject({ exitCode: 0 });
    expect(await node.fixture.readFile('etc/containerd/config.toml', 'utf8')).toBe(wrong);
    expect(await node.fixture.exists(socket)).toBe(false);
    for (const _ of [1, 2]) {
      expect(await node.run('enable-cri.sh')).toMatchObject({ exitCode: 0 });
      expect(await node.fixture.readFile('state/read', 'utf8')).toBe(right);
    }
  });
});

describe('the solution of the static pod', () => {
  it('has the image of web, whatever the source calls it', async () => {
    const node = await createNode();
    const env = { WEB_IMAGE: 'example.test/any/name:7', KUBELAB_NAMESPACE: 'lab' };
    expect(await node.run('static-pod.sh', env)).toMatchObject({ exitCode: 0 });
    const pod: unknown = parse(await node.fixture.readFile('etc/kubernetes/manifests/hello.yaml', 'utf8'));
    expect(pod).toMatchObject({ metadata: { namespace: 'lab' }, spec: { containers: [{ image: 'example.test/any/name:7' }] } });
  });

  it('says so where there is none', async () => {
    const node = await createNode();
    const failed = await node.run('static-pod.sh', { WEB_IMAGE: '', KUBELAB_NAMESPACE: 'lab' });
    expect(failed).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('no Deployment web') as string });
  });
});
