import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createFixture } from 'fs-fixture';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Download, download, downloadAll } from '../../src/artifacts/download.ts';
import { fetchBytes, locate } from '../../src/artifacts/request.ts';
import { openStore, type Store, digestOfBytes } from '../../src/artifacts/store.ts';
import type { Stored } from '../../src/artifacts/stored.ts';
import { Interrupted } from '../../src/errors/errors.ts';
import { startUpstreamServer, type UpstreamServer } from '../rig/upstream-server.ts';

const path = '/dl.k8s.io/file';
const content = randomBytes(300_000);
const digest = digestOfBytes(content);

let server: UpstreamServer;
let cache: Awaited<ReturnType<typeof createFixture>>;
let store: Store;

beforeEach(async () => {
  server = await startUpstreamServer();
  server.serve(path, content);
  cache = await createFixture();
  store = openStore(cache.path);
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await cache[Symbol.asyncDispose]();
});

function wanted(more: Partial<Download> = {}): Download {
  return {
    url: server.url + path,
    digest,
    sizeLimit: 1_000_000,
    store,
    signal: new AbortController().signal,
    firstPause: 1,
    stallTimeout: 2_000,
    ...more,
  };
}

async function filesLeft(): Promise<string[]> {
  const entries = await readdir(cache.path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

const contentOf = async (stored: Stored): Promise<string> => digestOfBytes(await readFile(stored.file));
const sentBytes = (): number => server.requestsOf(path).reduce((sum, one) => sum + one.sent, 0);
const ranges = (): unknown[] => server.requestsOf(path).map((one) => one.headers['range']);

describe('download', () => {
  test('puts the file into the store and asks only once', async () => {
    const progress: number[] = [];
    const stored = await download(wanted({ onProgress: (bytes) => progress.push(bytes) }));
    expect(digestOfBytes(await readFile(stored.file))).toBe(digest);
    expect(progress.at(-1)).toBe(content.length);
    await download(wanted());
    expect(server.requests).toHaveLength(1);
    expect(await filesLeft()).toEqual([digest.slice(7)]);
  });

  test('goes on where a cut connection stopped, and fetches no byte twice', async () => {
    server.fail(path, { cutAfter: 100_000 }, { cutAfter: 50_000 });
    const stored = await download(wanted());
    expect(digestOfBytes(await readFile(stored.file))).toBe(digest);
    expect(ranges()).toEqual([undefined, 'bytes=100000-', 'bytes=150000-']);
    expect(server.requestsOf(path)[1]?.headers['if-range']).toMatch(/^"[0-9a-f]{16}"$/);
    expect(sentBytes()).toBe(content.length);
    expect(await filesLeft()).toEqual([digest.slice(7)]);
  });

  test('goes on without a digest by the validator alone', async () => {
    server.fail(path, { cutAfter: 100_000 });
    const { digest: _, ...rest } = wanted();
    expect((await download(rest)).digest).toBe(digest);
    expect(sentBytes()).toBe(content.length);
  });

  test('starts over when the server ignores the range', async () => {
    server.fail(path, { cutAfter: 100_000 }, { ignoreRange: true });
    expect(await contentOf(await download(wanted()))).toBe(digest);
    expect(sentBytes()).toBe(100_000 + content.length);
  });

  test('starts over when the file changed at the server meanwhile', async () => {
    server.fail(path, { cutAfter: 100_000, content: Buffer.alloc(content.length) });
    expect(await contentOf(await download(wanted()))).toBe(digest);
    expect(ranges()).toEqual([undefined, 'bytes=100000-']);
    expect(sentBytes()).toBe(100_000 + content.length);
  });

  test('goes on where an earlier run was interrupted', async () => {
    const controller = new AbortController();
    server.fail(path, { stallAfter: 100_000 });
    const onProgress = (bytes: number): void => void (bytes === 100_000 && controller.abort());
    await expect(download(wanted({ signal: controller.signal, onProgress }))).rejects.toBeInstanceOf(Interrupted);
    expect(await store.has(digest)).toBe(false);
    expect(await contentOf(await download(wanted()))).toBe(digest);
    expect(ranges()).toEqual([undefined, 'bytes=100000-']);
    expect(await filesLeft()).toEqual([digest.slice(7)]);
  });

  test('does not blame the source for what an earlier run left', async () => {
    const part = await store.begin(digest);
    await part.append(Buffer.from('something else'));
    await part.keep();
    expect(await contentOf(await download(wanted()))).toBe(digest);
    expect(ranges()).toEqual(['bytes=14-', undefined]);
    expect(await filesLeft()).toEqual([digest.slice(7)]);
  });

  test('tries again when nothing comes', async () => {
    server.fail(path, { stallAfter: 100_000 });
    expect(await contentOf(await download(wanted({ stallTimeout: 100 })))).toBe(digest);
    expect(ranges()).toEqual([undefined, 'bytes=100000-']);
  });

  test('tries again after 500 and 429, as late as the server asks', async () => {
    server.fail(path, { status: 500 }, { status: 429, headers: { 'retry-after': '0' } }, { status: 503 });
    expect((await download(wanted())).digest).toBe(digest);
    expect(server.requests).toHaveLength(4);
  });

  test.each([403, 404])('gives up at once on %i, naming URL and status', async (status) => {
    server.fail(path, { status });
    const error = await download(wanted()).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'KL-SOURCE-REFUSED' });
    expect(String(error)).toContain(`${server.url}${path} answered ${status}`);
    expect(server.requests).toHaveLength(1);
    expect(await filesLeft()).toEqual([]);
  });

  test('gives up after five tries and says why', async () => {
    server.fail(path, ...Array.from({ length: 9 }, () => ({ status: 502 })));
    const error = await download(wanted()).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'KL-SOURCE-UNREACHABLE' });
    expect(String(error)).toContain('5 tries: the server answered 502');
    expect(server.requests).toHaveLength(5);
  });

  test('says that nobody listens', async () => {
    const { url } = server;
    await server[Symbol.asyncDispose]();
    const error = await download(wanted({ url: `${url}/gone` })).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'KL-SOURCE-UNREACHABLE' });
    expect(String(error)).toContain('ECONNREFUSED');
  });

  test('refuses a wrong digest, names both, and leaves nothing', async () => {
    server.fail(path, { content: Buffer.from('evil') });
    const error = await download(wanted()).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'KL-SOURCE-DIGEST' });
    expect(String(error)).toContain(digest);
    expect(String(error)).toContain(digestOfBytes('evil'));
    expect(await filesLeft()).toEqual([]);
  });

  test('refuses more than the limit before and while it comes', async () => {
    await expect(download(wanted({ sizeLimit: 1_000 }))).rejects.toMatchObject({ code: 'KL-SOURCE-DIGEST' });
    await expect(
      fetchBytes(server.url + path, { signal: new AbortController().signal, firstPause: 1 }, { limit: 1_000 }),
    ).rejects.toMatchObject({ code: 'KL-SOURCE-DIGEST' });
    expect(await filesLeft()).toEqual([]);
  });

  test('is interrupted while it waits for the next try', async () => {
    const controller = new AbortController();
    server.fail(path, { status: 429, headers: { 'retry-after': '30' } });
    setTimeout(() => controller.abort(), 50);
    await expect(download(wanted({ signal: controller.signal }))).rejects.toBeInstanceOf(Interrupted);
  });
});

describe('downloadAll', () => {
  test('fetches all in order and reports the sum', async () => {
    server.serve('/other', 'other');
    const progress: unknown[] = [];
    const list = [wanted(), wanted({ url: `${server.url}/other`, digest: digestOfBytes('other') })];
    const stored = await downloadAll(list, { signal: new AbortController().signal, onProgress: (one) => progress.push(one) });
    expect(stored.map((one) => one.digest)).toEqual([digest, digestOfBytes('other')]);
    expect(progress.at(-1)).toEqual({ files: 2, ofFiles: 2, bytes: content.length + 5 });
  });

  test('ends the others when one fails, and throws that failure', async () => {
    server.fail(path, { stallAfter: 10 });
    const list = [wanted({ stallTimeout: 60_000 }), wanted({ url: `${server.url}/gone`, digest: digestOfBytes('gone') })];
    await expect(downloadAll(list, { signal: new AbortController().signal })).rejects.toMatchObject({
      code: 'KL-SOURCE-REFUSED',
    });
    expect(await store.list()).toEqual([]);
  });
});

test('endpoints take the place of a host', () => {
  const endpoints = { 'dl.k8s.io': 'http://mirror:8080/dl/' };
  expect(locate('https://dl.k8s.io/release/stable.txt', endpoints)).toBe('http://mirror:8080/dl/release/stable.txt');
  expect(locate('https://pkgs.k8s.io/core:/stable:/v1.36/deb/Packages', endpoints)).toBe(
    'https://pkgs.k8s.io/core:/stable:/v1.36/deb/Packages',
  );
});
