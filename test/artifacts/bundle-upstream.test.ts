import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createBundle } from '../../src/artifacts/bundle/create.ts';
import { bundleSource } from '../../src/artifacts/bundle/source.ts';
import { verifyBundle } from '../../src/artifacts/bundle/verify.ts';
import { upstreamSource } from '../../src/artifacts/upstream.ts';
import { localRunner } from '../../src/exec/local.ts';
import { makeSigningKey } from '../rig/upstream-layout.ts';
import { startUpstreamServer } from '../rig/upstream-server.ts';
import { publishAll } from '../rig/upstream-world.ts';
import { createBundleRig, createContext, want as wish } from './bundle-rig.ts';

const hosts = ['dl.k8s.io', 'pkgs.k8s.io', 'github.com', 'registry.k8s.io', 'ghcr.io', 'docker.io'];
const packages = [
  { name: 'kubeadm', version: '1.36.4-1.1' },
  { name: 'kubectl', version: '1.36.4-1.1' },
  { name: 'kubelet', version: '1.36.4-1.1', depends: 'kubernetes-cni (>= 1.2.0)' },
  { name: 'kubernetes-cni', version: '1.9.0-1.1' },
  { name: 'cri-tools', version: '1.36.0-1.1' },
];

test.each(['packages', 'binaries'] as const)(
  'what upstream gives goes into a bundle and comes out the same: %s',
  async (install) => {
    await using key = await makeSigningKey();
    await using server = await startUpstreamServer();
    const want = { ...wish, install, addons: ['metrics-server', 'local-path'] };
    await publishAll(server, want, packages, key);
    const rig = await createBundleRig();
    const context = createContext(rig);
    const endpoints = Object.fromEntries(hosts.map((host) => [host, server.endpoint(host)]));
    const upstream = upstreamSource({ ...context, runner: localRunner(), endpoints, firstPause: 1 });
    const lock = await upstream.obtain(await upstream.resolve(want));
    await createBundle({ ...rig.input, lock, source: upstream });
    await verifyBundle(rig.bundle, { signal: context.signal });

    const source = bundleSource({ ...context, cache: join(rig.folder, 'elsewhere') }, { file: rig.bundle });
    const obtained = await source.obtain(await source.resolve(want));
    expect(obtained).toEqual({ ...lock, source: 'bundle', origin: 'upstream' });
    for (const artifact of obtained.artifacts)
      expect((await readFile(source.file(artifact))).equals(await readFile(upstream.file(artifact)))).toBe(true);
  },
);
