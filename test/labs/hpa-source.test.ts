import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { localRunner } from '../../src/exec/local.ts';
import { metricsServerObjects } from '../../src/kubernetes/addons/metrics-server.ts';
import { createFakeTools, type FakeTool, type ToolAnswer } from '../rig/fake-tool.ts';

const scripts = join(import.meta.dirname, '../../labs/hpa/scripts');
const flag = '--kubelet-insecure-tls';

interface Container {
  args?: string[];
  command?: string[];
  image: string;
}
interface Item {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly uid?: string; readonly resourceVersion?: string };
  readonly spec: { replicas: number; readonly template: { readonly spec: { readonly containers: [Container] } } };
}

/** The kube-system of a cluster, behind a kubectl that knows what the scripts ask of it. */
interface Cluster {
  readonly kubectl: FakeTool;
  readonly items: Map<string, Item>;
  container(): Container;
  replicas(): number;
  run(script: 'break.sh' | 'bring-back.sh'): Promise<{ exitCode?: number; stderr: string }>;
}

const deployment = 'deployment/metrics-server';
const keyOf = ({ kind, metadata }: Item): string => `${kind.toLowerCase()}/${metadata.name}`;
const copy = (item: unknown): Item => JSON.parse(JSON.stringify(item)) as Item;

async function onCluster(work: (cluster: Cluster) => Promise<void>): Promise<void> {
  const tools = await createFakeTools();
  try {
    const kubectl = await tools.add('kubectl');
    const objects = metricsServerObjects({ image: 'metrics-server' }).map(copy);
    const items = new Map(objects.map((item) => [keyOf(item), item]));
    answerAll(kubectl, items);
    const kept = join(tools.folder, 'keep');
    await work({
      kubectl,
      items,
      container: () => items.get(deployment)!.spec.template.spec.containers[0],
      replicas: () => items.get(deployment)!.spec.replicas,
      run: async (name) => {
        const file = join(tools.folder, name);
        await writeFile(file, readFileSync(join(scripts, name), 'utf8').replaceAll('/var/lib/kubelab-lab-hpa', kept));
        const { signal } = new AbortController();
        const env = { PATH: tools.path(process.env['PATH']) };
        return localRunner().run(['sh', '-eu', file], { timeout: 20_000, signal, accept: 'any', env });
      },
    });
    expect(kubectl.unexpected).toEqual([]);
  } finally {
    await tools.remove();
  }
}

function answerAll(kubectl: FakeTool, items: Map<string, Item>): void {
  const served = (item: Item) => ({ ...item, metadata: { ...item.metadata, uid: '1', resourceVersion: '2' }, status: {} });
  const put = (item: Item): void => void items.set(keyOf(item), copy(item));
  const listed = async (args: readonly string[]): Promise<Item[]> =>
    (JSON.parse(await readFile(args.at(-1)!, 'utf8')) as { readonly items: Item[] }).items;
  const failing = (isWrong: boolean): ToolAnswer => (isWrong ? { exitCode: 1, stderr: 'refused\n' } : {});
  kubectl.answer(/ get deployment metrics-server -o json$/, () => ({ stdout: JSON.stringify(served(items.get(deployment)!)) }));
  kubectl.answer(/ get deployment metrics-server -o name$/, {});
  kubectl.answer(/ --ignore-not-found -o json$/, ({ args }) => {
    const found = args.flatMap((name) => items.get(name) ?? []).map(served);
    return { stdout: JSON.stringify({ kind: 'List', items: found }) };
  });
  kubectl.answer(/^create -f/, async ({ args }) => {
    const all = await listed(args);
    // A server makes nothing that says which version of it it is.
    const fresh = all.filter((item) => !items.has(keyOf(item)) && item.metadata.resourceVersion === undefined);
    for (const item of fresh) put(item);
    return failing(fresh.length < all.length);
  });
  kubectl.answer(/^replace -f/, async ({ args }) => {
    const all = await listed(args);
    const known = all.filter((item) => items.has(keyOf(item)) && item.metadata.uid === undefined);
    for (const item of known) put(item);
    return failing(known.length < all.length);
  });
  kubectl.answer(/^replace -f -$/, ({ stdin }) => {
    put(JSON.parse(stdin) as Item);
    return {};
  });
  kubectl.answer(/ rollout status deployment\/metrics-server|^wait --for=condition=Available /, {});
}

describe('what breaks metrics-server', () => {
  it.each<[string, Partial<Container>, Partial<Container>]>([
    ['among others', { args: ['--a', flag, '--b=1'] }, { args: ['--a', '--b=1'] }],
    ['first and last', { args: [flag, '--a', `${flag}=true`] }, { args: ['--a'] }],
    ['in the command', { command: ['/m', flag], args: ['--a'] }, { command: ['/m'], args: ['--a'] }],
    ['nowhere', { args: ['--a', `${flag}-not`] }, { args: ['--a', `${flag}-not`] }],
  ])('leaves no pod and no flag where the flag stands %s', async (_where, before, after) =>
    onCluster(async ({ container, replicas, run }) => {
      Object.assign(container(), before);
      for (const round of [1, 2]) {
        expect(await run('break.sh'), `round ${round}`).toMatchObject({ exitCode: 0 });
        expect(container()).toMatchObject(after);
        expect(replicas()).toBe(0);
      }
    }),
  );
});

describe('what brings metrics-server back', () => {
  it.each<[string, (cluster: Cluster) => void]>([
    ['nothing', () => {}],
    ['the flag, twice', ({ container }) => container().args!.push(flag, flag)],
    ['an image that is nowhere', ({ container }) => Object.assign(container(), { image: 'elsewhere' })],
    ['its Deployment gone', ({ items }) => items.delete(deployment)],
    ['all of it gone', ({ items }) => items.clear()],
  ])('makes it as it was, after %s', async (_what, change) =>
    onCluster(async (cluster) => {
      const before = new Map([...cluster.items].map(([key, item]) => [key, copy(item)]));
      await cluster.run('break.sh');
      // A second break must not take the broken one for what was there before.
      await cluster.run('break.sh');
      change(cluster);
      for (const round of [1, 2]) {
        expect(await cluster.run('bring-back.sh'), `round ${round}`).toMatchObject({ exitCode: 0 });
        expect(new Set(cluster.items.keys())).toEqual(new Set(before.keys()));
        for (const [key, item] of before) expect(cluster.items.get(key)).toEqual(item);
      }
    }),
  );

  it('gives no flag to one that had none', async () =>
    onCluster(async ({ container, run }) => {
      container().args = ['--a'];
      await run('break.sh');
      expect(await run('bring-back.sh')).toMatchObject({ exitCode: 0 });
      expect(container().args).toEqual(['--a']);
    }));

  it('touches nothing where nothing was broken', async () =>
    onCluster(async ({ kubectl, run }) => {
      expect(await run('bring-back.sh')).toMatchObject({ exitCode: 0 });
      expect(kubectl.calls).toEqual([]);
    }));

  it.each([/ rollout status /, /^wait /])('fails with what to look at when it does not come back: %s', async (which) =>
    onCluster(async ({ kubectl, run }) => {
      await run('break.sh');
      kubectl.answer(which, { exitCode: 1 });
      const { exitCode, stderr } = await run('bring-back.sh');
      expect([exitCode, stderr]).toEqual([2, expect.stringContaining('kubectl get csr')]);
    }),
  );
});
