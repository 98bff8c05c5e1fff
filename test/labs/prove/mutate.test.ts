import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { describe, expect, it } from 'vitest';
import { findLabs } from '../../../src/labs/find-labs.ts';
import { listMutants, takeShard, writeAgain } from '../../../src/labs/prove/mutate.ts';
import { packageFolder } from '../../e2e/rig/kubelab-run.ts';

const manifest = `# The claim
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: lab-x}
spec:
  hostNetwork: true
  containers:
    - {name: web, image: "\${image.web}", ports: [{containerPort: 80}]}
`;

const read = (text: string): unknown[] =>
  parseAllDocuments(text, { version: '1.1' }).map((document) => document.toJS() as unknown);

describe('mutants of a manifest', () => {
  const mutants = listMutants(manifest);
  const find = (what: string): unknown[] => read(mutants.find((mutant) => mutant.what === what)?.text ?? '');

  it('drop or change every field but those that name the object', () => {
    expect(mutants.map(({ what }) => what)).toEqual([
      'PersistentVolumeClaim data: metadata dropped',
      'PersistentVolumeClaim data: spec dropped',
      'PersistentVolumeClaim data: spec.accessModes dropped',
      'PersistentVolumeClaim data: spec.accessModes[0] dropped',
      'PersistentVolumeClaim data: spec.accessModes[0] is "ReadWriteOncex"',
      'PersistentVolumeClaim data: spec.resources dropped',
      'PersistentVolumeClaim data: spec.resources.requests dropped',
      'PersistentVolumeClaim data: spec.resources.requests.storage dropped',
      'PersistentVolumeClaim data: spec.resources.requests.storage is "3Gi"',
      'Pod web: metadata dropped',
      'Pod web: spec dropped',
      'Pod web: spec.hostNetwork dropped',
      'Pod web: spec.hostNetwork is false',
      'Pod web: spec.containers dropped',
      'Pod web: spec.containers[0] dropped',
      'Pod web: spec.containers[0].name dropped',
      'Pod web: spec.containers[0].name is "webx"',
      'Pod web: spec.containers[0].image dropped',
      'Pod web: spec.containers[0].image is "${image.web}x"',
      'Pod web: spec.containers[0].ports dropped',
      'Pod web: spec.containers[0].ports[0] dropped',
      'Pod web: spec.containers[0].ports[0].containerPort dropped',
      'Pod web: spec.containers[0].ports[0].containerPort is 81',
    ]);
  });

  it('differ from the manifest in that field alone', () => {
    const [claim, pod] = read(manifest) as [Record<string, unknown>, Record<string, unknown>];
    expect(find('PersistentVolumeClaim data: spec.resources.requests.storage is "3Gi"')).toEqual([
      { ...claim, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '3Gi' } } } },
      pod,
    ]);
    expect(find('Pod web: spec.hostNetwork dropped')).toEqual([
      claim,
      { ...pod, spec: { containers: (pod['spec'] as { containers: unknown }).containers } },
    ]);
  });

  it('are all different', () => {
    const texts = mutants.map(({ text }) => JSON.stringify(read(text)));
    expect(new Set(texts).size).toBe(texts.length);
    expect(texts).not.toContain(JSON.stringify(read(manifest)));
  });

  it('keep values that are put in later, also where YAML would take them for something else', () => {
    const later =
      'kind: Pod\nmetadata: {name: nfs}\nspec: {server: ${SERVER}, image: "${image.web}", args: ["echo ${seq 1 2}"]}\n';
    const found = listMutants(later);
    expect(found.map(({ what }) => what)).toContain('Pod nfs: spec.server is "${SERVER}x"');
    expect(found.find(({ what }) => what === 'Pod nfs: spec.image dropped')?.text).toBe(
      'kind: Pod\nmetadata: { name: nfs }\nspec: { server: ${SERVER}, args: [ "echo ${seq 1 2}" ] }\n',
    );
  });

  it('are written as Kubernetes reads them: a mode with a leading zero is octal', () => {
    const modes = 'kind: Pod\nmetadata: {name: web}\nspec:\n  - {mode: 0755, text: "0755", flag: yes}\n';
    expect(read(writeAgain(modes))).toEqual(read(modes));
    const changed = listMutants(modes).find(({ what }) => what === 'Pod web: spec[0].mode is 494')?.text;
    expect(read(changed ?? '')).toEqual([
      { kind: 'Pod', metadata: { name: 'web' }, spec: [{ mode: 0o756, text: '0755', flag: true }] },
    ]);
  });
});

describe('mutants of the labs that are shipped', async () => {
  const found = await findLabs({ package: packageFolder, state: join(tmpdir(), 'no-packs') });
  const solutions = found.flatMap(({ lab }) =>
    lab!.lab.steps.flatMap(({ solve }) =>
      solve.flatMap((action) => ('apply' in action ? [{ id: lab!.lab.id, file: action.apply, folder: lab!.folder }] : [])),
    ),
  );

  it.for(solutions)('change one value of $id/$file and no other', async ({ file, folder }) => {
    const manifest = (await folder.read(file)).replaceAll(/\$\{[^}]+\}/g, 'later');
    const leaves = listLeaves(read(manifest));
    expect(listLeaves(read(writeAgain(manifest)))).toEqual(leaves);
    for (const { what, text } of listMutants(manifest)) {
      const others = listLeaves(read(text));
      const changed = [...others].filter(([path, value]) => leaves.get(path) !== value);
      if (what.includes(' is ')) expect([what, changed.length, others.size]).toEqual([what, 1, leaves.size]);
      else expect(others.size).toBeLessThanOrEqual(leaves.size);
    }
  });
});

/** Every value by its path. */
function listLeaves(value: unknown, path = ''): Map<string, unknown> {
  const fields = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (fields.length === 0) return new Map([[path, typeof value === 'object' ? JSON.stringify(value) : value]]);
  return new Map(fields.flatMap(([name, field]) => [...listLeaves(field, `${path}/${name}`)]));
}

describe('parts of all slips', () => {
  it('are apart, of about one size, and all together everything', () => {
    const all = Array.from({ length: 11 }, (_, index) => index);
    const parts = [1, 2, 3].map((index) => takeShard(all, { index, count: 3 }));
    expect(parts.map(({ length }) => length)).toEqual([4, 4, 3]);
    expect(parts.flat().toSorted((one, other) => one - other)).toEqual(all);
    expect(takeShard(all)).toEqual(all);
  });
});
