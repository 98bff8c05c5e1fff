import { describe, expect, it } from 'vitest';
import type { Kubectl } from '../../../src/kubernetes/kubectl.ts';
import { findLeftovers, takeInventory } from '../../../src/labs/inventory.ts';
import { renderJunit } from '../../../src/labs/prove/junit.ts';
import type { LabTest } from '../../../src/labs/prove/test-lab.ts';

describe('what a lab leaves behind', () => {
  it('is what came, what went, and what changed', () => {
    const before = new Map([
      ['Node worker1', '{"labels":[]}'],
      ['StorageClass local-path', 'true'],
      ['Namespace default', ''],
    ]);
    expect(findLeftovers(before, before)).toEqual([]);
    const after = new Map([
      ['Node worker1', '{"labels":["a=b"]}'],
      ['Namespace default', ''],
      ['PersistentVolume x', ''],
    ]);
    expect(findLeftovers(before, after)).toEqual([
      'PersistentVolume x is left behind',
      'StorageClass local-path is gone',
      'Node worker1 has changed: labels: [] is now ["a=b"]',
    ]);
  });
});

describe('an inventory', () => {
  const item = (kind: string, metadata: Record<string, unknown>) => ({ kind, metadata });
  /** The cluster answers with what is in a namespace only where all are asked for. */
  const take = (...items: ReturnType<typeof item>[]) => {
    const unused = () => Promise.reject(new Error('an inventory only lists'));
    const list = (words: readonly string[]) =>
      items.filter(({ metadata }) => words.includes('--all-namespaces') === (metadata['namespace'] !== undefined));
    const kubectl: Kubectl = {
      json: <T>(words: readonly string[]) => Promise.resolve({ items: list(words) } as T),
      apply: unused,
      run: unused,
    };
    return takeInventory(kubectl, 'lab-x');
  };

  it('lets go what was on its way out before, and nothing that goes in between', async () => {
    const going = item('Namespace', { name: 'probe', deletionTimestamp: '2026-01-01T00:00:00Z' });
    const kept = item('Namespace', { name: 'kept' });
    const before = await take(going, kept);
    expect(findLeftovers(before, await take(kept))).toEqual([]);
    expect(findLeftovers(before, await take(going, kept))).toEqual([]);
    expect(findLeftovers(before, await take())).toEqual(['Namespace kept is gone']);
    const inside = item('ConfigMap', { name: 'web', namespace: 'probe' });
    for (const after of [[kept], [going, kept], [going, inside, kept]])
      expect(findLeftovers(await take(going, inside, kept), await take(...after))).toEqual([]);
    const ended = item('Namespace', { name: 'kept', deletionTimestamp: '2026-01-01T00:00:00Z' });
    expect(findLeftovers(before, await take(ended))).toEqual(['Namespace kept has changed:  is now leaving']);
  });

  it('has what a lab may have done to what all share, and not what is in labs', async () => {
    const server = (args: string) => ({ ...item('Deployment', { name: 'metrics', namespace: 'kube-system' }), spec: { args } });
    const role = (verb: string) => ({ ...item('ClusterRole', { name: 'view' }), rules: [{ verbs: [verb] }] });
    const own = item('Deployment', { name: 'web', namespace: 'lab-x' });
    const left = item('ConfigMap', { name: 'web', namespace: 'default' });
    const before = await take(server('--safe'), role('get'), own);
    expect([...before.keys()]).toEqual(['ClusterRole view', 'Deployment kube-system/metrics']);
    expect(findLeftovers(before, await take(server('--safe'), role('get')))).toEqual([]);
    expect(findLeftovers(before, await take(server('x'.repeat(400)), role('delete'), left))).toEqual([
      'ConfigMap default/web is left behind',
      'ClusterRole view has changed: rules: [{"verbs":["get"]}] is now [{"verbs":["delete"]}]',
      'Deployment kube-system/metrics has changed: spec',
    ]);
  });

  it('leaves out what is of other labs', async () => {
    const other = item('Namespace', { name: 'lab-y' });
    expect([...(await take(other, item('Namespace', { name: 'lab-x' }))).keys()]).toEqual(['Namespace lab-x']);
  });
});

describe('the JUnit report', () => {
  it('has a suite per lab, and says what failed', () => {
    const test: LabTest = {
      lab: 'pv-pvc',
      version: '1.0.0',
      kubernetes: '1.36.4',
      checks: 2,
      seconds: 3.25,
      cases: [
        { name: 'claim: the solution passes', kind: 'solve', step: 'claim', passed: true, seconds: 1.5, details: [] },
        { name: 'claim: wrong "a" & <b>', kind: 'wrong', passed: false, seconds: 1, details: ['it \u001b[31mpasses', 'x'] },
      ],
    };
    expect(renderJunit([test])).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="pv-pvc" tests="2" failures="1" time="3.250">
    <properties>
      <property name="lab.version" value="1.0.0"/>
      <property name="kubernetes" value="1.36.4"/>
    </properties>
    <testcase classname="pv-pvc" name="claim: the solution passes" time="1.500"/>
    <testcase classname="pv-pvc" name="claim: wrong &quot;a&quot; &amp; &lt;b&gt;" time="1.000">
      <failure message="it [31mpasses">it [31mpasses
x</failure>
    </testcase>
  </testsuite>
</testsuites>
`);
  });

  it('has labs that were left out as skipped, and why', () => {
    expect(renderJunit([], [{ lab: 'nfs', reason: 'It needs "kernel" & <NFS>.' }])).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="nfs" tests="1" failures="0" skipped="1" time="0.000">
    <testcase classname="nfs" name="nfs: can be tested here" time="0.000">
      <skipped message="It needs &quot;kernel&quot; &amp; &lt;NFS&gt;."/>
    </testcase>
  </testsuite>
</testsuites>
`);
  });
});
