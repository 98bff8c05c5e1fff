import { mkdir, readFile } from 'node:fs/promises';
import { createFixture } from 'fs-fixture';
import { extract, list } from 'tar';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseImageReference } from '../../src/artifacts/image-reference.ts';
import { openRegistry, type Registry } from '../../src/artifacts/registry.ts';
import { digestOfBytes, openStore, type Store } from '../../src/artifacts/store.ts';
import { type PublishedImage, publishImage } from '../rig/upstream-registry.ts';
import { startUpstreamServer, type UpstreamServer } from '../rig/upstream-server.ts';

const reference = 'registry.k8s.io/coredns/coredns:v1.14.2';
const root = '/registry.k8s.io/v2/coredns/coredns';
const { signal } = new AbortController();

let server: UpstreamServer;
let cache: Awaited<ReturnType<typeof createFixture>>;
let store: Store;
let registry: Registry;
let image: PublishedImage;

beforeEach(async () => {
  server = await startUpstreamServer();
  server.requireLogin('registry.k8s.io');
  image = publishImage(server, reference);
  cache = await createFixture();
  store = openStore(cache.path);
  registry = openRegistry({ store, endpoints: { 'registry.k8s.io': server.endpoint('registry.k8s.io') }, firstPause: 1 });
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await cache[Symbol.asyncDispose]();
});

describe('registry', () => {
  test('looks an image up for the architecture, and logs in once', async () => {
    const arm = await registry.resolveImage(reference, 'arm64', signal);
    const amd = await registry.resolveImage(reference, 'amd64', signal);
    expect(arm).toMatchObject({ name: reference, digest: image.manifests['arm64'] });
    expect(amd.digest).toBe(image.manifests['amd64']);
    expect(server.requestsOf('/registry.k8s.io/token')).toHaveLength(1);
  });

  test('packs an archive that has the announced size, the names and every blob once', async () => {
    const resolved = await registry.resolveImage(reference, 'amd64', signal);
    const stored = await registry.pullImage(`${resolved.name}@${resolved.digest}`, 'amd64', signal);
    expect(stored.bytes).toBe(resolved.bytes);
    const names: string[] = [];
    await list({ file: stored.file, strict: true, onReadEntry: (entry) => names.push(entry.path) });
    expect(names).toHaveLength(5);
    expect(names.slice(0, 2)).toEqual(['oci-layout', 'index.json']);
    await mkdir(cache.getPath('out'));
    await extract({ file: stored.file, cwd: cache.getPath('out'), strict: true });
    const index = JSON.parse(await readFile(cache.getPath('out/index.json'), 'utf8')) as { manifests: unknown[] };
    expect(index.manifests).toEqual([
      {
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        digest: resolved.digest,
        size: expect.any(Number),
        annotations: { 'io.containerd.image.name': reference, 'org.opencontainers.image.ref.name': 'v1.14.2' },
        platform: { architecture: 'amd64', os: 'linux' },
      },
    ]);
    for (const name of names.slice(2)) {
      const blob = await readFile(cache.getPath(`out/${name}`));
      expect(digestOfBytes(blob)).toBe(`sha256:${name.slice('blobs/sha256/'.length)}`);
    }
  });

  test('packs the same bytes for ever, since locks hold their digest', async () => {
    const resolved = await registry.resolveImage(reference, 'amd64', signal);
    const stored = await registry.pullImage(`${resolved.name}@${resolved.digest}`, 'amd64', signal);
    expect(stored.digest).toMatchInlineSnapshot(`"sha256:26af9a04a133f2e5ec5e117e8494e4d357083281efda03552ecb59d01b8f7e24"`);
  });

  test('goes on with a blob that was cut', async () => {
    const path = `${root}/blobs/${image.layerDigest}`;
    server.fail(path, { cutAfter: 10 });
    await registry.pullImage(`${reference}@${image.manifests['amd64'] ?? ''}`, 'amd64', signal);
    expect(server.requestsOf(path).map((one) => one.headers['range'])).toContain('bytes=10-');
  });

  test('refuses a blob and a manifest with a wrong digest', async () => {
    const digest = image.manifests['amd64'] ?? '';
    server.fail(`${root}/blobs/${image.layerDigest}`, { content: Buffer.from('evil') });
    await expect(registry.pullImage(`${reference}@${digest}`, 'amd64', signal)).rejects.toMatchObject({
      code: 'KL-SOURCE-DIGEST',
    });
    server.fail(`${root}/manifests/${digest}`, { content: Buffer.from('{}') });
    await expect(registry.resolveImage(reference, 'amd64', signal)).rejects.toMatchObject({ code: 'KL-SOURCE-DIGEST' });
  });

  test('says that there is none for the architecture, or no such tag', async () => {
    await expect(registry.resolveImage(reference, 's390x', signal)).rejects.toMatchObject({
      code: 'KL-SOURCE-REFUSED',
      message: `${reference} does not exist for linux/s390x`,
    });
    await expect(registry.resolveImage('registry.k8s.io/pause:9', 'amd64', signal)).rejects.toMatchObject({
      code: 'KL-SOURCE-REFUSED',
    });
  });
});

test.each([
  ['busybox', 'docker.io/library/busybox:latest'],
  ['rancher/local-path-provisioner:v0.0.37', 'docker.io/rancher/local-path-provisioner:v0.0.37'],
  ['docker.io/library/busybox:1.37', 'docker.io/library/busybox:1.37'],
  ['localhost:5000/a/b', 'localhost:5000/a/b:latest'],
  [`registry.k8s.io/pause:3.10@sha256:${'0'.repeat(64)}`, 'registry.k8s.io/pause:3.10'],
  [`registry.k8s.io/pause@sha256:${'0'.repeat(64)}`, `registry.k8s.io/pause@sha256:${'0'.repeat(64)}`],
])('the full name of %s', (text, name) => {
  expect(parseImageReference(text).name).toBe(name);
});

test.each(['', '../etc', 'a b', 'registry.k8s.io/../x:1', 'a@sha256:1'])('%j is no image reference', (text) => {
  expect(() => parseImageReference(text)).toThrow(RangeError);
});
