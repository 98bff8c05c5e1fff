import { parseAllDocuments } from 'yaml';
import { describe, expect, it } from 'vitest';
import { listMutants } from '../../src/labs/mutate.ts';

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

const read = (text: string): unknown[] => parseAllDocuments(text).map((document) => document.toJS() as unknown);

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
});
