import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { emulationPatches } from '../../src/kubernetes/emulation.ts';

interface Patch {
  readonly spec: { readonly containers: readonly [{ readonly name: string; readonly readinessProbe?: unknown }] };
}

// A readiness probe where kubeadm has none would be one that asks nobody, and kubelet takes no such pod.
it.each([
  ['1.24.17', ['kube-apiserver']],
  ['1.31.14', ['etcd', 'kube-apiserver']],
  ['1.36.4', ['etcd', 'kube-apiserver', 'kube-scheduler']],
])('%s: slows the readiness probes that kubeadm makes', (version, names) => {
  const containers = [...emulationPatches(version).values()].map((text) => (parse(text) as Patch).spec.containers[0]);
  expect(containers).toHaveLength(4);
  const slowed = containers.filter(({ readinessProbe }) => readinessProbe !== undefined);
  expect(slowed.map(({ name }) => name)).toEqual(names);
  for (const { readinessProbe } of slowed) expect(readinessProbe).toEqual({ periodSeconds: 10, timeoutSeconds: 60 });
});
