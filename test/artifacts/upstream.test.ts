import { readdir, readFile } from 'node:fs/promises';
import { createFixture } from 'fs-fixture';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { pairingFor } from '../../src/artifacts/pairing.ts';
import type { Source, Want } from '../../src/artifacts/source.ts';
import { digestOfBytes, openStore } from '../../src/artifacts/store.ts';
import { upstreamSource } from '../../src/artifacts/upstream.ts';
import type { Event } from '../../src/events.ts';
import { CommandFailed } from '../../src/errors/errors.ts';
import { localRunner } from '../../src/exec/local.ts';
import type { Runner } from '../../src/exec/runner.ts';
import { factsFor, knownMinors, newestMinor } from '../../src/kubernetes/versions.ts';
import { publishAll } from '../rig/upstream-world.ts';
import { makeSigningKey, makeTarball, publishPackages, type SigningKey } from '../rig/upstream-layout.ts';
import { startUpstreamServer, type UpstreamServer } from '../rig/upstream-server.ts';

const want: Want = {
  kubernetes: '1.36.4',
  containerd: 'default',
  architecture: 'amd64',
  plugin: 'flannel',
  addons: ['metrics-server', 'local-path'],
  install: 'packages',
};
const pairing = pairingFor(want.kubernetes);
const hosts = ['dl.k8s.io', 'pkgs.k8s.io', 'github.com', 'registry.k8s.io', 'ghcr.io', 'docker.io'];
const repository = '/pkgs.k8s.io/core:/stable:/v1.36/deb';
const containerdPath = `/github.com/containerd/containerd/releases/download/v${pairing.containerd}/containerd-${pairing.containerd}-linux-amd64.tar.gz`;
const packages = [
  ...['1.36.3-1.1', '1.36.4-1.1', '1.36.4-1.10'].flatMap((version) => [
    { name: 'kubeadm', version },
    { name: 'kubectl', version },
    { name: 'kubelet', version, depends: 'iptables (>= 1.4.21), kubernetes-cni (>= 1.2.0), util-linux' },
  ]),
  { name: 'kubernetes-cni', version: '1.9.0-1.1' },
  { name: 'kubernetes-cni', version: '1.10.0-1.1' },
  { name: 'cri-tools', version: '1.36.0-1.1' },
];

let key: SigningKey;
let server: UpstreamServer;
let cache: Awaited<ReturnType<typeof createFixture>>;
let events: Event[];

beforeAll(async () => {
  key = await makeSigningKey();
});
afterAll(() => key[Symbol.asyncDispose]());
beforeEach(async () => {
  server = await startUpstreamServer();
  cache = await createFixture();
  events = [];
  await publishAll(server, want, packages, key);
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await cache[Symbol.asyncDispose]();
});

function openSource(runner: Runner = localRunner(), folder = cache.path): Source {
  const endpoints = Object.fromEntries(hosts.map((host) => [host, server.endpoint(host)]));
  const { signal } = new AbortController();
  return upstreamSource({
    runner,
    signal,
    events: (event) => events.push(event),
    cache: folder,
    endpoints,
    firstPause: 1,
    stallTimeout: 5_000,
  });
}

describe('versions', () => {
  test('are the patches of the package repository, oldest first', async () => {
    expect(await openSource().versions('1.36')).toEqual(['1.36.3', '1.36.4']);
    expect(await openSource().versions(undefined)).toEqual(['1.36.3', '1.36.4']);
  });

  test('are the newest patch alone where there is no package repository yet', async () => {
    server.serve('/dl.k8s.io/release/stable-1.35.txt', 'v1.35.8\n');
    expect(await openSource().versions('1.35')).toEqual(['1.35.8']);
    expect(await openSource().versions('1.34')).toEqual([]);
  });

  test('go back to 1.24 and no further', async () => {
    await expect(openSource().versions('1.23')).rejects.toMatchObject({ code: 'KL-VERSION-UNKNOWN' });
    await expect(openSource().resolve({ ...want, kubernetes: '1.23.17' })).rejects.toMatchObject({ code: 'KL-VERSION-UNKNOWN' });
  });
});

describe('resolve', () => {
  test('packages: everything exact, and nothing fetched but metadata', async () => {
    const lock = await openSource().resolve(want);
    expect(lock).toMatchObject({ source: 'upstream', kubernetes: '1.36.4', containerd: pairing.containerd });
    expect(lock.components).toMatchObject({ pause: '3.10.2', 'metrics-server': '0.9.0' });
    expect(lock.images['flannel']).toBe(`ghcr.io/flannel-io/flannel:v${pairing.flannel}`);
    expect(lock.artifacts.map(({ path, version }) => `${path} ${version}`)).toMatchInlineSnapshot(`
      [
        "packages/kubeadm.deb 1.36.4-1.10",
        "packages/kubelet.deb 1.36.4-1.10",
        "packages/kubectl.deb 1.36.4-1.10",
        "packages/kubernetes-cni.deb 1.10.0-1.1",
        "runtime/containerd 2.2.4",
        "runtime/ctr 2.2.4",
        "runtime/containerd-shim-runc-v2 2.2.4",
        "runtime/runc 1.3.4",
        "images/kube-apiserver.tar v1.36.4",
        "images/kube-controller-manager.tar v1.36.4",
        "images/kube-scheduler.tar v1.36.4",
        "images/kube-proxy.tar v1.36.4",
        "images/coredns.tar v1.14.2",
        "images/pause.tar 3.10.2",
        "images/etcd.tar 3.6.8-0",
        "images/flannel.tar v0.28.9",
        "images/flannel-cni-plugin.tar v1.9.1-flannel3",
        "images/metrics-server.tar v0.9.0",
        "images/local-path.tar v0.0.37",
        "images/toolbox.tar 1.37",
      ]
    `);
    expect(lock.artifacts.find(({ path }) => path === 'packages/kubelet.deb')).toEqual({
      path: 'packages/kubelet.deb',
      version: '1.36.4-1.10',
      from: 'https://pkgs.k8s.io/core:/stable:/v1.36/deb/amd64/kubelet_1.36.4-1.10_amd64.deb',
      digest: digestOfBytes('deb kubelet 1.36.4-1.10 amd64'),
      bytes: 29,
    });
    expect(await openStore(cache.path).list()).toEqual([]);
  });

  test('binaries: programs, CNI plugins and crictl in place of packages', async () => {
    const lock = await openSource().resolve({ ...want, install: 'binaries', plugin: 'none', addons: [] });
    const paths = lock.artifacts.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(['bin/kubeadm', 'bin/kubelet', 'bin/kubectl', 'bin/crictl', 'cni/bridge', 'runtime/ctr']),
    );
    expect(paths.filter((path) => path.startsWith('packages/') || path.includes('flannel') || path.includes('metrics'))).toEqual(
      [],
    );
  });

  test('takes cri-tools where the packages of the version depend on it', async () => {
    const older = packages.map((one) => (one.name === 'kubeadm' ? { ...one, depends: 'cri-tools (>= 1.30.0)' } : one));
    await publishPackages(server, '1.36', older, key);
    const lock = await openSource().resolve(want);
    expect(lock.artifacts.map(({ path }) => path)).toContain('packages/cri-tools.deb');
  });

  test.each(['packages', 'binaries'] as const)('%s: a patch that does not exist, with the nearest ones', async (install) => {
    await expect(openSource().resolve({ ...want, kubernetes: '1.36.9', install })).rejects.toMatchObject({
      code: 'KL-VERSION-UNKNOWN',
      details: ['nearest: 1.36.4, 1.36.3'],
    });
  });

  test('refuses an index that is not the signed one, or a signature by another key', async () => {
    const index = await makeTarball({ a: 'b' });
    server.fail(`${repository}/Packages`, { content: index });
    await expect(openSource().resolve(want)).rejects.toMatchObject({ code: 'KL-SOURCE-DIGEST' });
    await using other = await makeSigningKey();
    await publishPackages(server, '1.36', packages, other);
    const error = await openSource()
      .resolve(want)
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'KL-SOURCE-DIGEST' });
    expect(String(error)).toContain('another key');
    server.serve(`${repository}/Release`, 'SHA256:\n');
    await publishPackagesWithChangedRelease();
    expect(
      String(
        await openSource()
          .resolve(want)
          .catch((caught: unknown) => caught),
      ),
    ).toContain('changed after it was signed');
  });

  test('refuses a key that has expired', async () => {
    await using expired = await makeSigningKey('expired');
    await publishPackages(server, '1.36', packages, expired);
    server.serve(`/pkgs.k8s.io/core:/stable:/v${newestMinor}/deb/Release.key`, expired.armoured);
    expect(
      String(
        await openSource()
          .resolve(want)
          .catch((caught: unknown) => caught),
      ),
    ).toContain('has expired');
  });

  test('takes the key from an older repository where the newest minor has none yet', async () => {
    server.remove(`/pkgs.k8s.io/core:/stable:/v${newestMinor}/deb/Release.key`);
    expect((await openSource().resolve(want)).kubernetes).toBe('1.36.4');
  });

  test('says what to install when gpgv is missing', async () => {
    const runner: Runner = {
      run: (command) => {
        const failure = {
          command,
          place: 'host',
          exitCode: undefined,
          timedOut: false,
          stdout: '',
          stderr: '',
          message: 'the program was not found',
        };
        return Promise.reject(new CommandFailed(failure));
      },
    };
    await expect(openSource(runner).resolve(want)).rejects.toMatchObject({ code: 'KL-HOST-TOOL-MISSING' });
  });
});

async function publishPackagesWithChangedRelease(): Promise<void> {
  await publishPackages(server, '1.36', packages, key);
  server.serve(`${repository}/Release`, 'Origin: evil\n');
}

describe('obtain', () => {
  test('fills the cache, then has nothing left to do, in this run and in the next', async () => {
    const source = openSource();
    const lock = await source.resolve(want);
    expect(await source.missing(lock)).toHaveLength(lock.artifacts.length);
    const full = await source.obtain(lock);
    expect(full.artifacts.every(({ digest, bytes }) => digest !== undefined && bytes !== undefined)).toBe(true);
    expect(full.artifacts.map(({ bytes }) => bytes)).toEqual(
      lock.artifacts.map(({ bytes }, index) => bytes ?? full.artifacts[index]?.bytes),
    );
    const texts = async (path: string): Promise<string> => {
      const artifact = full.artifacts.find((one) => one.path === path);
      return artifact === undefined ? 'none' : readFile(source.file(artifact), 'utf8');
    };
    expect(await texts('packages/kubeadm.deb')).toBe('deb kubeadm 1.36.4-1.10 amd64');
    expect(await texts('runtime/containerd-shim-runc-v2')).toBe('shim');
    expect(await texts('runtime/runc')).toBe('runc');
    expect(await texts('images/toolbox.tar')).toContain('"io.containerd.image.name":"docker.io/library/busybox:1.37"');
    expect(events.at(-1)).toMatchObject({ type: 'progress', id: 'obtain' });
    expect(await readdir(cache.getPath('store/partial'))).toEqual([]);
    expect((await readdir(cache.path)).toSorted()).toEqual(['store']);

    const requests = server.requests.length;
    const next = openSource();
    expect(await next.missing(lock)).toEqual([]);
    expect(await next.missing(full)).toEqual([]);
    expect(await next.obtain(lock)).toEqual(full);
    expect(server.requests).toHaveLength(requests);
  });

  test('gives the same bytes on another host from the full lock', async () => {
    const full = await openSource().obtain(await openSource().resolve(want));
    await using elsewhere = await createFixture();
    expect(await openSource(localRunner(), elsewhere.path).obtain(full)).toEqual(full);
  });

  test('goes on after a failure with what is still missing', async () => {
    const lock = await openSource().resolve(want);
    const path = `${repository}/amd64/kubelet_1.36.4-1.10_amd64.deb`;
    server.fail(path, { content: Buffer.from('deb kubelet 1.36.4-1.10 evil!') });
    await expect(openSource().obtain(lock)).rejects.toMatchObject({ code: 'KL-SOURCE-DIGEST' });
    expect(await readdir(cache.getPath('store/partial'))).not.toContainEqual(expect.stringMatching(/\..*\.part$/));
    const full = await openSource().obtain(lock);
    expect(await openSource().missing(full)).toEqual([]);
  });

  test('refuses a tarball that is not the one in the lock', async () => {
    const lock = await openSource().resolve(want);
    server.serve(containerdPath, await makeTarball({ 'bin/containerd': 'evil' }));
    await expect(openSource().obtain(lock)).rejects.toMatchObject({ code: 'KL-SOURCE-DIGEST' });
  });
});

describe('images for labs', () => {
  const roles = ['shell', 'web', 'database', 'nfs-provisioner', 'moon'];

  test('are named without asking anybody', async () => {
    const lock = await openSource().resolve(want);
    const requests = server.requests.length;
    expect(await openSource().roleImages(lock, roles)).toEqual({
      shell: 'docker.io/library/busybox:1.37',
      web: 'docker.io/library/busybox:1.37',
      database: 'docker.io/library/mongo:7.0',
      'nfs-provisioner': 'registry.k8s.io/sig-storage/nfs-subdir-external-provisioner:v4.0.2',
    });
    expect(await openSource().roleImages({ ...lock, images: {} }, ['shell'])).toEqual({});
    expect(server.requests).toHaveLength(requests);
  });

  test('are taken by digest, and only those that the cluster has not', async () => {
    const source = openSource();
    const lock = await source.resolve(want);
    const resolved = await source.resolveRoles(lock, roles);
    expect(resolved).toMatchObject({ kubernetes: '1.36.4', images: await source.roleImages(lock, roles) });
    expect(resolved.artifacts.map(({ path, image }) => `${path} ${image}`)).toEqual([
      'images/database.tar docker.io/library/mongo:7.0',
      'images/nfs-provisioner.tar registry.k8s.io/sig-storage/nfs-subdir-external-provisioner:v4.0.2',
    ]);
    expect(resolved.artifacts[0]?.from).toMatch(/^docker\.io\/library\/mongo:7\.0@sha256:[0-9a-f]{64}$/);
    const [database] = (await source.obtain(resolved)).artifacts;
    if (database === undefined) throw new Error('no database');
    expect(await readFile(source.file(database), 'utf8')).toContain('"io.containerd.image.name":"docker.io/library/mongo:7.0"');
    expect((await source.resolveRoles(lock, ['web'])).artifacts).toEqual([]);
  });
});

test('every known minor has a pairing that its version table allows', () => {
  for (const minor of knownMinors()) {
    const { containerd } = pairingFor(`${minor}.0`);
    const branch = containerd.split('.').slice(0, 2).join('.');
    const patch = Number(containerd.split('.')[2]);
    const lowest = factsFor(`${minor}.0`).containerd.find((one) => one.startsWith(`${branch}.`));
    if (lowest === undefined) expect(factsFor(`${minor}.0`).containerd, minor).toEqual([]);
    else expect(patch, minor).toBeGreaterThanOrEqual(Number(lowest.split('.')[2]));
  }
});
