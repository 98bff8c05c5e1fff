import { randomBytes } from 'node:crypto';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createBundle } from '../../src/artifacts/bundle/create.ts';
import { bundleSource, obtainBundleBase } from '../../src/artifacts/bundle/source.ts';
import { nodeImageKey } from '../../src/artifacts/node-image.ts';
import { openStore } from '../../src/artifacts/store.ts';
import { addLabs, createBundleRig, createContext, forgeContent, listFiles, want } from './bundle-rig.ts';

describe('a bundle as a source', () => {
  test('offers the one version that it holds', async () => {
    const rig = await createBundleRig();
    const source = bundleSource(createContext(rig), { file: rig.bundle });
    expect(source.kind).toBe('bundle');
    expect(await source.versions(undefined)).toEqual(['1.36.4']);
    expect(await source.versions('1.36')).toEqual(['1.36.4']);
    expect(await source.versions('1.35')).toEqual([]);
  });

  test('resolves to its lock, which says who made it', async () => {
    const rig = await createBundleRig();
    const source = bundleSource(createContext(rig), { file: rig.bundle });
    const expected = { ...rig.input.lock, source: 'bundle', origin: 'go' };
    expect(await source.resolve(want)).toEqual(expected);
    expect(await source.resolve({ ...want, kubernetes: '1.36', plugin: 'none', addons: [], containerd: '2.2.9' })).toEqual(
      expected,
    );
  });

  test('says which version it has instead', async () => {
    const rig = await createBundleRig();
    const source = bundleSource(createContext(rig), { file: rig.bundle });
    for (const kubernetes of ['1.36.3', '1.35', '1.3'])
      await expect(source.resolve({ ...want, kubernetes })).rejects.toMatchObject({
        code: 'KL-VERSION-UNKNOWN',
        details: ['it holds 1.36.4'],
      });
  });

  test('names all that it lacks', async () => {
    const rig = await createBundleRig();
    const source = bundleSource(createContext(rig), { file: rig.bundle });
    const resolved = source.resolve({
      ...want,
      architecture: 'arm64',
      containerd: '1.7.0',
      install: 'packages',
      addons: ['metrics-server', 'local-path'],
    });
    await expect(resolved).rejects.toMatchObject({
      code: 'KL-BUNDLE-INVALID',
      details: [
        'architecture: arm64 is wanted, but the bundle holds amd64',
        'install: packages is wanted, but the bundle holds binaries',
        'containerd: 1.7.0 is wanted, but the bundle holds 2.2.9',
        'local-path: the bundle does not hold it',
      ],
    });
  });

  test('gives the images for labs back, without the source that made them', async () => {
    const rig = await createBundleRig();
    const input = await addLabs(rig);
    await createBundle(input);
    const source = bundleSource(createContext(rig), { file: rig.bundle });
    const lock = await source.resolve(want);
    // The node image of a cluster has nothing to do with labs.
    expect(lock.artifacts).toEqual(rig.input.lock.artifacts);
    const cluster = { ...lock, images: { ...lock.images, toolbox: 'go.kubelab.local/toolbox:1' } };
    const roles = ['shell', 'database', 'nfs-provisioner'];
    const images = { shell: 'go.kubelab.local/toolbox:1', database: 'go.kubelab.local/database:v1' };
    expect(await source.roleImages(cluster, roles)).toEqual(images);
    const resolved = await source.resolveRoles(cluster, roles);
    expect(resolved).toEqual({ ...cluster, images, artifacts: input.labs?.artifacts });
    expect(await source.missing(resolved)).toHaveLength(1);
    const [database] = (await source.obtain(resolved)).artifacts;
    if (database === undefined) throw new Error('no database');
    expect(await readFile(source.file(database), 'utf8')).toBe('a database');
    expect((await source.resolveRoles(cluster, ['shell'])).artifacts).toEqual([]);
    // The cluster goes on without its bundle.
    await rm(rig.bundle);
    expect(await source.roleImages(cluster, roles)).toEqual({ shell: 'go.kubelab.local/toolbox:1' });
    await expect(source.resolveRoles(cluster, roles)).rejects.toMatchObject({ code: 'KL-BUNDLE-INVALID' });
  });

  test('has no images for labs when it was made without them', async () => {
    const rig = await createBundleRig();
    const source = bundleSource(createContext(rig), { file: rig.bundle });
    expect(await source.roleImages(await source.resolve(want), ['shell', 'database'])).toEqual({});
  });

  test('fills the store, and leads to the same node image as the source that it was made from', async () => {
    const rig = await createBundleRig();
    const context = createContext(rig);
    const source = bundleSource(context, { file: rig.bundle });
    const lock = await source.resolve(want);
    expect(await source.missing(lock)).toEqual(lock.artifacts);
    const obtained = await source.obtain(lock);
    expect(obtained).toEqual(lock);
    expect(await source.missing(lock)).toEqual([]);
    for (const artifact of lock.artifacts)
      expect((await readFile(source.file(artifact))).equals(await readFile(rig.input.source.file(artifact)))).toBe(true);
    expect(context.told.at(-1)).toMatchObject({ type: 'progress', id: 'obtain' });
    expect(await nodeImageKey('base', obtained, rig.input.provision)).toBe(
      await nodeImageKey('base', rig.input.lock, rig.input.provision),
    );
  });

  test('is not needed any more once the store has all', async () => {
    const rig = await createBundleRig();
    const source = bundleSource(createContext(rig), { file: rig.bundle });
    const lock = await source.obtain(await source.resolve(want));
    await rm(rig.bundle);
    expect(await source.obtain(lock)).toEqual(lock);
  });

  test('refuses a lock that is not its own', async () => {
    const rig = await createBundleRig();
    const source = bundleSource(createContext(rig), { file: rig.bundle });
    const lock = await source.resolve(want);
    const [first, ...rest] = lock.artifacts;
    const digest = `sha256:${'0'.repeat(64)}`;
    const foreign = { ...lock, artifacts: [{ ...first, path: 'bin/kubelet', version: 'v1', from: 'x', digest }, ...rest] };
    await expect(source.obtain(foreign)).rejects.toMatchObject({
      code: 'KL-BUNDLE-INVALID',
      details: [`it does not hold bin/kubelet with ${digest}`],
    });
  });

  test('gives the base box', async () => {
    const rig = await createBundleRig();
    const context = createContext(rig);
    for (let round = 0; round < 2; round += 1) {
      const base = await obtainBundleBase(context, { file: rig.bundle });
      expect(base?.key).toBe('debian-12-abc');
      expect(await readFile(base?.file ?? '', 'utf8')).toBe('a root file system');
    }
  });
});

describe('obtaining that was cut', () => {
  const large = Object.fromEntries(
    Array.from({ length: 12 }, (_, index) => [`bin/large-${index}`, randomBytes(2 * 1024 * 1024)]),
  );

  test('by the user goes on with what is missing', async () => {
    const rig = await createBundleRig(large);
    const controller = new AbortController();
    const context = createContext(rig, controller.signal);
    const source = bundleSource({ ...context, events: () => controller.abort() }, { file: rig.bundle });
    const lock = await source.resolve(want);
    await expect(source.obtain(lock)).rejects.toThrow('interrupted');
    expect(await listFiles(join(context.cache, 'store', 'partial'))).toEqual([]);
    const before = await inodesOf(context.cache);
    const next = bundleSource(createContext(rig), { file: rig.bundle });
    expect((await next.missing(lock)).length).toBeGreaterThan(0);
    await next.obtain(lock);
    expect(await inodesOf(context.cache)).toMatchObject(before);
    const store = openStore(context.cache);
    for (const { digest } of lock.artifacts) expect(await store.verify(digest ?? '')).toBe(true);
  });

  test('by a damaged entry goes on with a whole bundle', async () => {
    const rig = await createBundleRig(large);
    const context = createContext(rig);
    // The last of them, so that others are done before it.
    const damaged = await forgeContent(rig, 'bin/large-11', Buffer.from('x'));
    const lock = await bundleSource(context, { file: damaged }).resolve(want);
    await expect(bundleSource(context, { file: damaged }).obtain(lock)).rejects.toMatchObject({ code: 'KL-BUNDLE-INVALID' });
    const before = await inodesOf(context.cache);
    expect(Object.keys(before).length).toBeGreaterThan(5);
    await bundleSource(context, { file: rig.bundle }).obtain(lock);
    expect(await inodesOf(context.cache)).toMatchObject(before);
  });
});

async function inodesOf(folder: string): Promise<Record<string, number>> {
  const files = await listFiles(folder);
  return Object.fromEntries(await Promise.all(files.map(async (file) => [file, (await stat(file)).ino] as const)));
}
