import { describe, expect, it, onTestFinished } from 'vitest';
import { loadLab } from '../../../src/labs/load-lab.ts';
import { removeObjects } from '../../../src/labs/attempt/namespace.ts';
import { createFakeTools, type FakeTool } from '../../rig/fake-tool.ts';
import { kubectlIn, startLab } from '../lab-rig.ts';
import { sampleLab, sampleYaml } from '../sample-lab.ts';

const roles = 'rbac.authorization.k8s.io/v1';

function objectOf(kind: string, name: string, creationTimestamp: string, labels: Record<string, string> = {}) {
  const apiVersion = kind.startsWith('ClusterRole') ? roles : 'v1';
  return { apiVersion, kind, metadata: { name, creationTimestamp, labels } };
}

interface RemoveRig {
  readonly program: FakeTool;
  readonly said: string[];
  /** @returns what was deleted and labelled outside of the namespace. */
  remove(startedAt: string): Promise<readonly string[]>;
}

/** A lab that names these objects, on a cluster that kubectl tells of. */
async function createRemoveRig(clusterObjects: string): Promise<RemoveRig> {
  const tools = await createFakeTools();
  const program = await tools.add('kubectl');
  const rig = await startLab({});
  const fixture = await sampleLab({
    'lab.yaml': sampleYaml.replace('steps:', `reset: {clusterObjects: [${clusterObjects}]}\nsteps:`),
  });
  onTestFinished(async () => {
    expect(program.unexpected).toEqual([]);
    await rig.close();
    await tools.remove();
    await fixture[Symbol.asyncDispose]();
  });
  const { signal } = rig.cluster;
  const kubectl = kubectlIn(tools.folder, signal);
  const loaded = await loadLab(fixture.path);
  const said: string[] = [];
  program.answer([], {});
  program.answer(/ get persistentvolumes /, { stdout: '{"items": []}' });
  return {
    program,
    said,
    remove: async (startedAt) => {
      const prepare = () => Promise.resolve();
      const stage = { loaded, cluster: { ...rig.cluster, kubectl }, patience: {}, now: () => new Date(), prepare };
      await removeObjects({ ...stage, keep: () => Promise.resolve(), say: (text) => void said.push(text) }, startedAt);
      const lines = program.calls.map(({ args }) => args.slice(args.findIndex((word) => /^(?:get|label|delete)$/.test(word))));
      return lines
        .map((words) => words.slice(0, words[0] === 'delete' ? 3 : undefined).join(' '))
        .filter((line) => /^(?:label|delete (?!namespace|pods))/.test(line));
    },
  };
}

const twoKinds = '{kind: pv, name: data}, {kind: clusterrole, name: view}, {kind: clusterrolebinding, name: view}';
const isRead = / get namespace\/lab-first-pod pv\/data clusterrole\/view clusterrolebinding\/view /;

describe('objects of a lab outside of its namespace', () => {
  it('go where they were made since it began, and stay where they were there before', async () => {
    const rig = await createRemoveRig(twoKinds);
    const items = [
      objectOf('PersistentVolume', 'data', '2026-05-01T10:00:03Z'),
      objectOf('ClusterRole', 'view', '2026-05-01T09:00:00Z'),
      objectOf('ClusterRoleBinding', 'view', '2026-05-01T10:00:02Z'),
    ];
    rig.program.answer(isRead, { stdout: JSON.stringify({ kind: 'List', items }) });
    expect(await rig.remove('2026-05-01T10:00:02.900Z')).toEqual([
      `label PersistentVolume/data ClusterRoleBinding.v1.rbac.authorization.k8s.io/view kubelab.io/lab=first-pod --overwrite`,
      'delete PersistentVolume data',
      'delete ClusterRoleBinding.v1.rbac.authorization.k8s.io view',
    ]);
    expect(rig.said).toContain('ClusterRole view was there before the lab, and stays');
  });

  it('go where a run that was cut off made them: its namespace is older, or it has marked them', async () => {
    const rig = await createRemoveRig(twoKinds);
    const label = { 'kubelab.io/lab': 'first-pod' };
    const items = [
      objectOf('Namespace', 'lab-first-pod', '2026-05-01T08:00:00Z', label),
      objectOf('PersistentVolume', 'data', '2026-05-01T08:00:00Z'),
      objectOf('ClusterRole', 'view', '2026-05-01T07:59:59Z', { 'kubelab.io/lab': 'other' }),
      objectOf('ClusterRoleBinding', 'view', '2026-05-01T07:00:00Z', label),
    ];
    rig.program.answer(isRead, { stdout: JSON.stringify({ kind: 'List', items }) });
    expect(await rig.remove('2026-05-01T10:00:00.000Z')).toEqual([
      'label PersistentVolume/data kubelab.io/lab=first-pod --overwrite',
      'delete PersistentVolume data',
      'delete ClusterRoleBinding.v1.rbac.authorization.k8s.io view',
    ]);
  });

  it('does not count on a namespace that is not the one of the lab', async () => {
    const rig = await createRemoveRig(twoKinds);
    const items = [
      objectOf('Namespace', 'lab-first-pod', '2026-05-01T08:00:00Z'),
      objectOf('PersistentVolume', 'data', '2026-05-01T09:00:00Z'),
    ];
    rig.program.answer(isRead, { stdout: JSON.stringify({ kind: 'List', items }) });
    expect(await rig.remove('2026-05-01T10:00:00.000Z')).toEqual([]);
  });

  it('are asked for one by one where a kind is not known', async () => {
    const rig = await createRemoveRig('{kind: widget, name: a}, {kind: pv, name: data}');
    rig.program.answer(/ get .*widget\/a/, { stderr: `the server doesn't have a resource type "widget"\n`, exitCode: 1 });
    const volume = objectOf('PersistentVolume', 'data', '2026-05-01T10:00:00Z');
    rig.program.answer(/ get pv\/data /, { stdout: JSON.stringify(volume) });
    expect(await rig.remove('2026-05-01T10:00:00.000Z')).toEqual([
      'label PersistentVolume/data kubelab.io/lab=first-pod --overwrite',
      'delete PersistentVolume data',
    ]);
  });
});
