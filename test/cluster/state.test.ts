import { readFile, writeFile } from 'node:fs/promises';
import { createFixture } from 'fs-fixture';
import { describe, expect, it } from 'vitest';
import { KubelabError } from '../../src/errors/errors.ts';
import { FileDamaged } from '../../src/cluster/files.ts';
import type { NodePlan, Plan } from '../../src/cluster/plan.ts';
import { compareWithState, describeState, readState, writeState } from '../../src/cluster/state.ts';

function makeNode(name: string, role: NodePlan['role'], last: number): NodePlan {
  return { name, role, address: `10.83.7.${last}`, cpus: 2, memoryMiB: 2048, disksMiB: [] };
}

const plan: Plan = {
  name: 'lab',
  kubernetes: '1.36.4',
  provider: { name: 'nspawn', why: 'no KVM', differences: [] },
  source: { kind: 'go', why: 'asked for' },
  install: 'binaries',
  box: 'debian-12',
  runtime: { name: 'containerd', version: '2.3.7' },
  network: { nodes: '10.83.7.0/24', gateway: '10.83.7.1', pods: '10.244.0.0/16', services: '10.96.0.0/12', plugin: 'flannel' },
  endpoint: { address: '10.83.7.10', port: 6443, kind: 'direct' },
  etcd: 'stacked',
  nodes: [makeNode('cp1', 'control-plane', 10), makeNode('worker1', 'worker', 21), makeNode('worker2', 'worker', 22)],
  addons: [],
  kubeadm: { certSANs: [], extraArgs: {}, extraVolumes: {}, featureGates: {}, kubelet: {}, kubeProxy: {} },
  lock: {
    apiVersion: 'kubelab/v1',
    source: 'go',
    kubernetes: '1.36.4',
    containerd: '2.3.7',
    architecture: 'amd64',
    components: {},
    images: {},
    artifacts: [],
  },
};
const state = describeState(plan, new Date('2026-01-02T03:04:05Z'));

/** The detail lines of the refusal. */
function listRefusals(changed: Plan): readonly string[] {
  try {
    compareWithState(changed, state);
  } catch (error) {
    if (!(error instanceof KubelabError)) throw error;
    expect(error.code).toBe('KL-SPEC-FIXED');
    return error.details;
  }
  throw new Error('it was not refused');
}

describe('state.json', () => {
  it('comes back as it was written', async () => {
    await using folder = await createFixture({});
    const file = folder.getPath('state.json');
    expect(await readState(file)).toBeUndefined();
    await writeState(file, state);
    expect(await readState(file)).toEqual(state);
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
      apiVersion: 'kubelab/v1',
      createdAt: '2026-01-02T03:04:05.000Z',
    });
    const withoutToken = describeState(plan, new Date());
    await writeState(file, withoutToken);
    expect(await readState(file)).toEqual(withoutToken);
  });

  it.each([
    ['cut off', '{"apiVersion": "kube'],
    ['empty', ''],
    ['of another version', JSON.stringify({ ...state, apiVersion: 'kubelab/v2' })],
    ['without nodes', JSON.stringify({ ...state, nodes: undefined })],
    ['with a date that is none', JSON.stringify({ ...state, createdAt: 'yesterday' })],
  ])('is refused with its path when it is %s', async (_what, text) => {
    await using folder = await createFixture({});
    const file = folder.getPath('state.json');
    await writeFile(file, text);
    const error: unknown = await readState(file).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FileDamaged);
    expect(error).toMatchObject({ path: file, message: expect.stringMatching(/ is damaged: [^\n]+$/) });
  });
});

describe('compareWithState', () => {
  it('finds nothing to do for the same plan', () => {
    expect(compareWithState(plan, state)).toEqual({ added: [], removed: [], resized: [] });
  });

  it('allows more and fewer workers', () => {
    const [cp1, worker1, worker2] = plan.nodes;
    if (cp1 === undefined || worker1 === undefined || worker2 === undefined) throw new Error('the plan has three nodes');
    const more = { ...plan, nodes: [...plan.nodes, makeNode('worker3', 'worker', 23)] };
    expect(compareWithState(more, state)).toEqual({ added: ['worker3'], removed: [], resized: [] });
    expect(compareWithState({ ...plan, nodes: [cp1, worker1] }, state)).toEqual({ added: [], removed: ['worker2'], resized: [] });
    const other = { ...plan, nodes: [cp1, worker2, makeNode('extra', 'worker', 24)] };
    expect(compareWithState(other, state)).toEqual({ added: ['extra'], removed: ['worker1'], resized: [] });
  });

  it('tells which nodes have another size', () => {
    const nodes = plan.nodes.map((node) => (node.name === 'worker2' ? { ...node, memoryMiB: 4096 } : node));
    expect(compareWithState({ ...plan, nodes }, state)).toEqual({ added: [], removed: [], resized: ['worker2'] });
  });

  it('does not mind what can change at any time', () => {
    const changed: Plan = {
      ...plan,
      source: { kind: 'bundle', why: 'x' },
      lock: { ...plan.lock, source: 'bundle', origin: plan.lock.source === 'upstream' ? 'upstream' : 'go' },
    };
    expect(compareWithState(changed, state)).toEqual({ added: [], removed: [], resized: [] });
  });

  it.each<[string, Plan]>([
    ['box: debian-12 is running, the spec asks for ./other.tar', { ...plan, box: './other.tar' }],
    [`addons: ${plan.addons.join(', ') || 'none'} is running, the spec asks for local-path`, { ...plan, addons: ['local-path'] }],
    ['kubernetes: 1.36.4 is running, the spec asks for 1.37.1', { ...plan, kubernetes: '1.37.1' }],
    ['provider: nspawn is running, the spec asks for libvirt', { ...plan, provider: { ...plan.provider, name: 'libvirt' } }],
    [
      'runtime: containerd 2.3.7 is running, the spec asks for containerd 2.4.0',
      { ...plan, runtime: { name: 'containerd', version: '2.4.0' } },
    ],
    [
      'network.nodes: 10.83.7.0/24 is running, the spec asks for 10.9.0.0/24',
      { ...plan, network: { ...plan.network, nodes: '10.9.0.0/24' } },
    ],
    [
      'network.pods: 10.244.0.0/16 is running, the spec asks for 10.1.0.0/16',
      { ...plan, network: { ...plan.network, pods: '10.1.0.0/16' } },
    ],
    [
      'network.services: 10.96.0.0/12 is running, the spec asks for 10.2.0.0/16',
      { ...plan, network: { ...plan.network, services: '10.2.0.0/16' } },
    ],
    ['network.plugin: flannel is running, the spec asks for none', { ...plan, network: { ...plan.network, plugin: 'none' } }],
    [
      'controlPlane.count: 1 is running, the spec asks for 2',
      { ...plan, nodes: [...plan.nodes, makeNode('cp2', 'control-plane', 11)] },
    ],
    [
      'controlPlane.endpoint: direct is running, the spec asks for haproxy',
      { ...plan, endpoint: { ...plan.endpoint, kind: 'haproxy' } },
    ],
    [
      'etcd: stacked is running, the spec asks for external: 1',
      { ...plan, etcd: 'external', nodes: [...plan.nodes, makeNode('etcd1', 'etcd', 31)] },
    ],
    [
      'storage.count: 0 is running, the spec asks for 1',
      { ...plan, nodes: [...plan.nodes, makeNode('storage1', 'storage', 51)] },
    ],
    [
      'address of worker1: 10.83.7.21 is running, the spec asks for 10.83.7.99',
      { ...plan, nodes: plan.nodes.map((node) => (node.name === 'worker1' ? { ...node, address: '10.83.7.99' } : node)) },
    ],
  ])('refuses: %s', (line, changed) => {
    expect(listRefusals(changed)).toEqual([line]);
  });

  it('refuses everything at once, in one error', () => {
    const changed: Plan = { ...plan, kubernetes: '1.37.1', network: { ...plan.network, pods: '10.1.0.0/16', plugin: 'none' } };
    expect(listRefusals(changed).map((line) => line.split(':')[0])).toEqual(['kubernetes', 'network.pods', 'network.plugin']);
  });
});
