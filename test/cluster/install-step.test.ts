import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFixture } from 'fs-fixture';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Artifact, Lock } from '../../src/artifacts/source.ts';
import type { NodePlan } from '../../src/cluster/plan.ts';
import { installStep } from '../../src/cluster/install-step.ts';
import type { UpContext } from '../../src/cluster/up-context.ts';
import { upSteps } from '../../src/cluster/up-steps.ts';
import { localRunner } from '../../src/exec/local.ts';
import type { Runner } from '../../src/exec/runner.ts';
import { makePlan } from '../golden/vagrant-plans.ts';

let folder: Awaited<ReturnType<typeof createFixture>>;
/** What was run on the node, as the node's own shell saw it: paths of the node lie below a folder. */
let ran: string[];
let context: UpContext;
const plan = makePlan({ controlPlanes: 1, workers: 1 });
const [node] = plan.nodes as [NodePlan, ...NodePlan[]];

const contents = {
  'bin/kubeadm': 'kubeadm'.repeat(1000),
  'images/pause.tar': '\u0000\r\nÿ\u0001',
};

beforeEach(async () => {
  folder = await createFixture({
    'cache/bin/kubeadm': contents['bin/kubeadm'],
    'cache/images/pause.tar': contents['images/pause.tar'],
  });
  for (const place of ['opt/kubelab/provision', 'var/lib/kubelab']) mkdirSync(folder.getPath('node', place), { recursive: true });
  ran = [];
  provisionWith('ls -R "$KUBELAB_ARTIFACTS" >"$ROOT/seen"; echo ran "$1"');
  const artifacts = Object.entries(contents).map(([path, text]): Artifact => ({
    path,
    version: 'v1',
    from: 'here',
    digest: `sha256:${createHash('sha256').update(text).digest('hex')}`,
    ...(path.startsWith('images/') ? { image: 'registry.k8s.io/pause:3.10' } : {}),
  }));
  const lock = { ...plan.lock, artifacts } as Lock;
  context = {
    plan,
    source: { file: ({ path }: Artifact) => folder.getPath('cache', path) },
    images: { onNodes: true },
    provider: { connect: (of: NodePlan) => ({ ...of, ...onNode() }) },
    signal: new AbortController().signal,
    lock: () => lock,
  } as unknown as UpContext;
});

afterEach(() => folder.rm());

/** The scripts of provision/, as far as they matter here. */
function provisionWith(script: string): void {
  for (const name of ['run.sh', '50-node.sh'])
    writeFileSync(
      folder.getPath('node/opt/kubelab/provision', name),
      `ROOT='${folder.getPath('node')}' KUBELAB_ARTIFACTS='${folder.getPath('node/var/lib/kubelab/artifacts')}'\n${script}\necho ${name} >>"$ROOT/scripts"\n`,
    );
}

/** Runs everything on this host, with the node's absolute paths led into the folder that stands for it. */
function onNode(): Runner {
  const local = localRunner();
  const move = (text: string): string => text.replaceAll(/\/(?:var\/lib|opt)\/kubelab/g, (path) => folder.getPath(`node${path}`));
  return {
    run: ([file, ...args], options) => {
      ran.push([file, ...args].join(' '));
      return local.run([file, ...args.map(move)], options);
    },
  };
}

const run = (): Promise<void> => installStep(context, node).run(() => {}, context.signal);

describe('installing on a node', () => {
  it('hands over every artifact whole, runs the scripts, and clears up', async () => {
    const step = installStep(context, node);
    expect(await step.done()).toBe(false);
    await run();
    expect(await step.done()).toBe(true);
    expect((await readFile(folder.getPath('node/seen'), 'utf8')).match(/\S+$/gm)).toEqual(
      expect.arrayContaining(['kubeadm', 'pause.tar', 'pause.tar.ref']),
    );
    expect(await readFile(folder.getPath('node/scripts'), 'utf8')).toBe('run.sh\n50-node.sh\n');
    expect(await readdir(folder.getPath('node/var/lib/kubelab'))).toEqual([]);
  });

  it('goes on after it was cut off, with what is there already', async () => {
    provisionWith('exit 1');
    await expect(run()).rejects.toThrow('exit code 1');
    expect(await installStep(context, node).done()).toBe(false);
    const place = folder.getPath('node/var/lib/kubelab/artifacts');
    expect(await readFile(join(place, 'bin/kubeadm'), 'utf8')).toBe(contents['bin/kubeadm']);
    expect(await readFile(join(place, 'images/pause.tar'), 'utf8')).toBe(contents['images/pause.tar']);
    expect(await readFile(join(place, 'images/pause.tar.ref'), 'utf8')).toBe('registry.k8s.io/pause:3.10\n');
    writeFileSync(join(place, 'images/pause.tar'), 'damaged');
    ran.length = 0;
    provisionWith('cp "$KUBELAB_ARTIFACTS/images/pause.tar" "$ROOT/copy"');
    await run();
    expect(ran.filter((line) => line.includes('cat >')).map((line) => line.split(' ').at(-2))).toEqual([
      '/var/lib/kubelab/artifacts/images/pause.tar',
    ]);
    expect(await readFile(folder.getPath('node/copy'), 'utf8')).toBe(contents['images/pause.tar']);
  });

  it('stands between the files of a node and its role, and only there where images are plain', () => {
    const needs = (images: object): Record<string, readonly string[]> =>
      Object.fromEntries(upSteps({ ...context, images } as UpContext).map((step) => [step.id, step.needs]));
    expect(needs({ onNodes: true })).toMatchObject({
      'install:control1': ['files:control1', 'obtain'],
      'init:control1': ['install:control1'],
      'join:worker1': ['install:worker1'],
    });
    expect(needs({})['init:control1']).toEqual(['files:control1']);
    expect(Object.keys(needs({}))).not.toContain('install:control1');
  });
});
