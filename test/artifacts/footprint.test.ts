import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createFixture } from 'fs-fixture';
import { expect, onTestFinished, test } from 'vitest';
import { forecastBuild, locateParts } from '../../src/artifacts/go/footprint.ts';
import type { Artifact, Lock } from '../../src/artifacts/source.ts';

const artifacts: readonly Artifact[] = [
  { path: 'bin/kubeadm', version: 'v1.36.4', from: 'go:k8s.io/kubernetes/cmd/kubeadm@v1.36.4' },
  { path: 'runtime/runc', version: 'v1.3.3', from: 'go:github.com/opencontainers/runc@v1.3.3' },
  { path: 'images/kube-proxy.tar', version: 'v1.36.4', from: 'go', image: 'go.kubelab.local/kube-proxy:v1.36.4' },
  { path: 'images/pause.tar', version: '3.10.2', from: 'c:pause', image: 'go.kubelab.local/pause:3.10.2' },
];
const lock: Lock = {
  apiVersion: 'kubelab/v1',
  source: 'go',
  kubernetes: '1.36.4',
  containerd: '2.2.9',
  architecture: 'amd64',
  components: { pause: '3.10.2' },
  images: {},
  artifacts,
};

test('what is left to build comes from the table of programs, longest first', async () => {
  const fixture = await createFixture({ '.keep': '' });
  onTestFinished(() => fixture.rm());
  const cache = fixture.path;
  expect(await forecastBuild(cache, lock, artifacts)).toEqual({ programs: ['kubeadm', 'runc', 'kube-proxy'], seconds: 152 });
  const built = join(cache, 'go/kubernetes-v1.36.4/bin/kubeadm');
  await mkdir(dirname(built), { recursive: true });
  await writeFile(built, '');
  expect(await forecastBuild(cache, lock, artifacts)).toEqual({ programs: ['runc', 'kube-proxy'], seconds: 26 });
  expect(await forecastBuild(cache, lock, [])).toEqual({ programs: [], seconds: 0 });
});

test('a lock leads to the folders and layers that its artifacts are made from', () => {
  const parts = locateParts('/cache', lock).map((file) => file.replace(/-[0-9a-f]{8}\.tar$/, '-KEY.tar'));
  expect(parts.toSorted()).toEqual([
    '/cache/go/kubernetes-v1.36.4',
    '/cache/go/layers/network-tools-KEY.tar',
    '/cache/go/layers/pause-3.10.2.tar',
    '/cache/go/layers/toolbox-KEY.tar',
    '/cache/go/runc-v1.3.3',
  ]);
});
