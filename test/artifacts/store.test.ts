import { mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFixture } from 'fs-fixture';
import { describe, expect, test } from 'vitest';
import { openStore, digestOfBytes } from '../../src/artifacts/store.ts';
import { localRunner } from '../../src/exec/local.ts';

const hello = Buffer.from('hello\n');
const digest = digestOfBytes(hello);

async function* chunksOf(...chunks: string[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

async function filesUnder(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  return names.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

describe('store', () => {
  test('keeps a stream under its digest, and nothing else', async () => {
    await using cache = await createFixture();
    const store = openStore(cache.path);
    const stored = await store.put(chunksOf('hel', 'lo\n'), digest);
    expect(stored).toEqual({ digest, bytes: 6, file: store.pathOf(digest) });
    expect(await store.has(digest)).toBe(true);
    expect(await store.verify(digest)).toBe(true);
    expect(await filesUnder(cache.path)).toEqual([digest.slice(7)]);
  });

  test('refuses what has another digest, names both, and leaves nothing', async () => {
    await using cache = await createFixture();
    const store = openStore(cache.path);
    const other = digestOfBytes('other');
    await expect(store.put(chunksOf('other'), digest)).rejects.toMatchObject({
      code: 'KL-SOURCE-DIGEST',
      details: [`expected ${digest}`, `found    ${other}`],
    });
    expect(await store.has(other)).toBe(false);
    expect(await filesUnder(cache.path)).toEqual([]);
  });

  test('leaves nothing of a stream that breaks', async () => {
    await using cache = await createFixture();
    const store = openStore(cache.path);
    const broken = async function* (): AsyncGenerator<Buffer> {
      yield hello;
      throw new Error('broken');
    };
    await expect(store.put(broken())).rejects.toThrow('broken');
    expect(await filesUnder(cache.path)).toEqual([]);
  });

  test('moves a file in', async () => {
    await using cache = await createFixture({ 'file.txt': 'hello\n' });
    const store = openStore(cache.path);
    expect((await store.adopt(cache.getPath('file.txt'))).digest).toBe(digest);
    expect(await filesUnder(cache.path)).toEqual([digest.slice(7)]);
  });

  test('sees a file that was damaged', async () => {
    await using cache = await createFixture();
    const store = openStore(cache.path);
    const other = digestOfBytes('never there');
    await mkdir(join(store.pathOf(other), '..'), { recursive: true });
    await writeFile(store.pathOf(other), 'damaged');
    expect(await store.verify(other)).toBe(false);
    expect(await store.verify(digest)).toBe(false);
  });

  test('lists the least recently used first, and removes', async () => {
    await using cache = await createFixture();
    const store = openStore(cache.path);
    const old = await store.put(chunksOf('old'));
    await store.put(chunksOf('hello\n'));
    await utimes(old.file, new Date('2026-01-01'), new Date('2026-01-01'));
    expect((await store.list()).map(({ bytes }) => bytes)).toEqual([3, 6]);
    await store.use(old.digest);
    expect((await stat(old.file)).mtimeMs).toBeGreaterThan(Date.parse('2026-01-02'));
    await store.remove(old.digest);
    await store.remove(old.digest);
    expect((await store.list()).map((entry) => entry.digest)).toEqual([digest]);
  });

  test('remembers what was made from inputs only while it is there', async () => {
    await using cache = await createFixture();
    const store = openStore(cache.path);
    const stored = await store.put(chunksOf('hello\n'));
    await store.remember('from this', stored.digest);
    expect(await store.recall('from this')).toEqual(stored);
    expect(await store.recall('from that')).toBeUndefined();
    await store.remove(stored.digest);
    expect(await store.recall('from this')).toBeUndefined();
  });

  test('takes no digest for a path', () => {
    expect(() => openStore('/cache').pathOf('sha256:../../etc/passwd')).toThrow(RangeError);
  });

  test('removes parts of runs that were cut off long ago, and no others', async () => {
    await using cache = await createFixture({ 'store/partial/old.part': 'x', 'store/partial/new.part': 'y' });
    await utimes(cache.getPath('store/partial/old.part'), new Date('2026-01-01'), new Date('2026-01-01'));
    await openStore(cache.path).put(chunksOf('hello\n'));
    expect((await filesUnder(cache.path)).toSorted()).toEqual([digest.slice(7), 'new.part']);
  });

  test('gives a kept part to one taker only', async () => {
    await using cache = await createFixture();
    const store = openStore(cache.path);
    const part = await store.begin('key');
    await part.append(hello.subarray(0, 3));
    await part.keep();
    const [first, second] = await Promise.all([store.begin('key'), store.begin('key')]);
    expect([first.bytes, second.bytes].toSorted()).toEqual([0, 3]);
    await Promise.all([first.discard(), second.discard()]);
    expect(await filesUnder(cache.path)).toEqual([]);
  });

  test('tells a full disk by its name', async (context) => {
    await using mount = await createFixture();
    const runner = localRunner();
    const options = { timeout: 10_000, signal: new AbortController().signal, accept: 'any' as const };
    const mounted = await runner
      .run(['mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', mount.path], options)
      .catch(() => undefined);
    if (mounted?.exitCode !== 0) return context.skip('a small file system can be mounted by root only');
    try {
      const large = async function* (): AsyncGenerator<Buffer> {
        for (let count = 0; count < 8; count += 1) yield Buffer.alloc(32 * 1024);
      };
      await expect(openStore(mount.path).put(large())).rejects.toMatchObject({ code: 'KL-HOST-DISK-FULL' });
      expect(await filesUnder(mount.path)).toEqual([]);
    } finally {
      await runner.run(['umount', mount.path], options);
    }
  });
});
