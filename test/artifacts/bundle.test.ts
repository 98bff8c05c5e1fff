import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createFixture } from 'fs-fixture';
import { describe, expect, test } from 'vitest';
import { createBundle } from '../../src/artifacts/bundle/create.ts';
import { readBundleInfo } from '../../src/artifacts/bundle/open.ts';
import { verifyBundle } from '../../src/artifacts/bundle/verify.ts';
import { digestOfBytes } from '../../src/artifacts/store.ts';
import { localRunner } from '../../src/exec/local.ts';
import { createBundleRig, readEntries } from './bundle-rig.ts';

const signal = new AbortController().signal;

describe('a new bundle', () => {
  test('says what it holds', async () => {
    const { bundle, input } = await createBundleRig();
    const info = await readBundleInfo(bundle);
    expect(info.lock).toEqual(input.lock);
    expect(info.base).toEqual({ key: 'debian-12-abc', digest: digestOfBytes('a root file system'), bytes: 18 });
    expect(info.provision).toMatch(/^sha256:/);
  });

  test('holds each file once, and is whole', async () => {
    const { bundle, input } = await createBundleRig();
    const digests = new Set([...input.lock.artifacts.map(({ digest }) => digest), digestOfBytes('a root file system')]);
    const entries = await readEntries(bundle);
    expect(entries).toHaveLength(digests.size + 2);
    for (const { path, content } of entries.slice(1, -1))
      expect(`contents/${digestOfBytes(gunzipSync(content)).replace('sha256:', '')}.gz`).toBe(path);
    expect(await verifyBundle(bundle, { signal })).toMatchObject({ files: digests.size, bytes: (await stat(bundle)).size });
  });

  test('is read by tar, gzip and sha256sum', async () => {
    const { bundle, folder } = await createBundleRig();
    const script = 'mkdir out && cd out && tar -xf "$1" && sha256sum --quiet --check SHA256SUMS && gzip --test contents/*.gz';
    const result = await localRunner().run(['sh', '-ec', script, 'sh', bundle], { timeout: 20_000, signal, cwd: folder });
    expect(result.exitCode).toBe(0);
  });

  test('is the same bytes from the same input, however old the files are', async () => {
    const { bundle, folder, input } = await createBundleRig({ 'bin/large': randomBytes(9 * 1024 * 1024) });
    await utimes(join(folder, 'bin/kubeadm'), 1, 1);
    const target = join(folder, 'again.kubelab');
    await createBundle({ ...input, target });
    expect((await readFile(target)).equals(await readFile(bundle))).toBe(true);
  });

  test('is another one with other provision scripts, but for those that do not make the node image', async () => {
    const { folder, input, write } = await createBundleRig();
    const { info: first } = await createBundle(input);
    await write('provision/60-join.sh', 'true\n');
    expect((await createBundle(input)).info.provision).toBe(first.provision);
    await write('provision/10-base.sh', 'false\n');
    expect((await createBundle({ ...input, target: join(folder, 'b.kubelab') })).info.provision).not.toBe(first.provision);
  });

  test('needs no base box', async () => {
    const { base: _, ...input } = (await createBundleRig()).input;
    const { info } = await createBundle(input);
    expect(info).not.toHaveProperty('base');
    await verifyBundle(input.target, { signal });
  });

  test('reports its progress up to the end', async () => {
    const { input } = await createBundleRig();
    const seen: string[] = [];
    const onProgress = ({ bytes, ofBytes }: { bytes: number; ofBytes: number }): void => void seen.push(`${bytes}/${ofBytes}`);
    await createBundle({ ...input, onProgress });
    const [of = ''] = seen.at(-1)?.split('/') ?? [];
    expect(seen.at(-1)).toBe(`${of}/${of}`);
    await verifyBundle(input.target, { signal, onProgress });
    expect(seen.at(-1)).toBe(`${of}/${of}`);
  });
});

test('reading a bundle stops on request', async () => {
  const { bundle } = await createBundleRig();
  const controller = new AbortController();
  const onProgress = (): void => controller.abort();
  await expect(verifyBundle(bundle, { signal: controller.signal, onProgress })).rejects.toThrow('interrupted');
});

describe('a bundle that can not be made', () => {
  test('is refused when a file is not what the lock says, and leaves the old one as it was', async () => {
    const { bundle, folder, input } = await createBundleRig();
    const before = await readFile(bundle);
    await writeFile(join(folder, 'bin/kubeadm'), 'something else');
    await expect(createBundle(input)).rejects.toMatchObject({ code: 'KL-SOURCE-DIGEST' });
    expect((await readFile(bundle)).equals(before)).toBe(true);
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('leaves nothing when it is stopped', async () => {
    const { folder, input } = await createBundleRig();
    const controller = new AbortController();
    const target = join(folder, 'stopped.kubelab');
    const stopped = createBundle({ ...input, target, signal: controller.signal, onProgress: () => controller.abort() });
    await expect(stopped).rejects.toThrow('interrupted');
    expect((await readdir(folder)).filter((name) => name.startsWith('stopped'))).toEqual([]);
  });

  test('is our mistake when the lock was not obtained', async () => {
    const { input } = await createBundleRig();
    const artifacts = input.lock.artifacts.map((artifact) => ({ ...artifact, digest: undefined }));
    await expect(createBundle({ ...input, lock: { ...input.lock, artifacts } })).rejects.toThrow(
      'bin/kubeadm was not obtained yet',
    );
  });
});

test('a bundle from a bundle is the same', async () => {
  const { bundle, folder, input } = await createBundleRig();
  const target = join(folder, 'copy.kubelab');
  await createBundle({ ...input, lock: { ...input.lock, source: 'bundle', origin: 'go' }, target });
  expect((await readFile(target)).equals(await readFile(bundle))).toBe(true);
});

test('what is no bundle is refused', async () => {
  await using folder = await createFixture({ text: 'hello', short: 'x'.repeat(600), empty: '', sub: {} });
  for (const name of ['text', 'short', 'empty', 'sub', 'absent'])
    for (const read of [readBundleInfo, (file: string) => verifyBundle(file, { signal })])
      await expect(read(folder.getPath(name)), name).rejects.toMatchObject({ code: 'KL-BUNDLE-INVALID' });
});
