import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createFixture } from 'fs-fixture';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FetchSettings, fetchByDigest, readPublishedDigest, resolveCloudImage } from '../../src/artifacts/cloud-image.ts';
import { knownBoxes, publishedImage } from '../../src/artifacts/cloud-images.ts';
import { openStore, type Store } from '../../src/artifacts/store.ts';

const content = 'a small disk '.repeat(20_000);
const hex = (algorithm: 'sha256' | 'sha512', text = content): string => createHash(algorithm).update(text).digest('hex');

describe('the table of cloud images', () => {
  it.each(knownBoxes)('has an image of %s for both architectures', (box) => {
    for (const [architecture, word] of [
      ['amd64', /amd64|x86_64/],
      ['arm64', /arm64|aarch64/],
    ] as const) {
      const { url, list } = publishedImage(box, architecture);
      expect(url).toMatch(/^https:\/\/[^ ]+\.(qcow2|img)$/);
      expect(url).toMatch(word);
      expect(new URL(list).host).toBe(new URL(url).host);
    }
  });
});

describe('a list of digests', () => {
  const name = 'disk.qcow2';
  it.each([
    ['as coreutils write it', `${'0'.repeat(64)}  other.qcow2\n${hex('sha256')}  ${name}\n`],
    ['for binary files', `${hex('sha256')} *${name}\n`],
    ['with a folder and Windows line ends', `${hex('sha256').toUpperCase()}  ./${name}\r\n`],
    ['as BSD writes it', `# ${name}: 5 bytes\nSHA256 (${name}) = ${hex('sha256')}\n`],
    ['with the same twice', `${hex('sha256')}  ${name}\nSHA256 (${name}) = ${hex('sha256')}\n`],
  ])('is read %s', (_, list) => {
    expect(readPublishedDigest(list, name, 'sha256')).toBe(hex('sha256'));
  });

  it.each([
    ['has no such file', `${hex('sha256')}  disk.qcow2.bak\n`],
    ['has a digest of another kind', `${hex('sha512')}  ${name}\n`],
    ['has two digests of it', `${hex('sha256')}  ${name}\n${'1'.repeat(64)}  ${name}\n`],
    ['is a page that says sorry', '<html>disk.qcow2 is not here</html>'],
    ['is empty', ''],
  ])('gives none when it %s', (_, list) => {
    expect(readPublishedDigest(list, name, 'sha256')).toBeUndefined();
  });
});

describe('a publisher', () => {
  let server: Server;
  let folder: Awaited<ReturnType<typeof createFixture>>;
  let store: Store;
  let settings: FetchSettings;
  /** What is at each path, or how many bytes of it go out before the connection ends. */
  const answers = new Map<string, string | { readonly text: string; readonly cutAt: number }>();
  const asked: { path: string; range: string | undefined }[] = [];

  beforeEach(async () => {
    answers.clear();
    asked.length = 0;
    server = createServer((request, response) => {
      const path = request.url ?? '';
      asked.push({ path, range: request.headers.range });
      const answer = answers.get(path);
      if (answer === undefined) return void response.writeHead(404).end('nothing here');
      const text = typeof answer === 'string' ? answer : answer.text;
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const range = from > 0 ? { 'content-range': `bytes ${from}-${text.length - 1}/${text.length}` } : {};
      response.writeHead(from > 0 ? 206 : 200, { 'content-length': text.length - from, ...range });
      if (typeof answer === 'string') return void response.end(text.slice(from));
      answers.set(path, text);
      response.write(text.slice(from, answer.cutAt), () => setTimeout(() => response.destroy(), 50));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    folder = await createFixture({});
    store = openStore(folder.path);
    settings = {
      signal: new AbortController().signal,
      firstPause: 1,
      endpoints: { 'cloud.debian.org': `${base}/debian`, 'cloud-images.ubuntu.com': `${base}/ubuntu`, 'dl.rockylinux.org': base },
    };
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await folder.rm();
  });

  const debian = '/debian/images/cloud/trixie/latest/debian-13-generic-amd64.qcow2';
  const debianList = '/debian/images/cloud/trixie/latest/SHA512SUMS';

  it('is asked for the digest, and then for the image, once', async () => {
    answers.set(debianList, `${hex('sha512')}  debian-13-generic-amd64.qcow2\n`).set(debian, content);
    const image = await resolveCloudImage('debian-13', 'amd64', settings);
    expect(image).toEqual({
      kind: 'cloud',
      name: 'debian-13',
      architecture: 'amd64',
      url: 'https://cloud.debian.org/images/cloud/trixie/latest/debian-13-generic-amd64.qcow2',
      digest: `sha512:${hex('sha512')}`,
    });
    const stored = await fetchByDigest(image, store, settings);
    expect(stored.digest).toBe(`sha256:${hex('sha256')}`);
    const calls = asked.length;
    expect((await fetchByDigest(image, store, settings)).file).toBe(stored.file);
    expect(asked).toHaveLength(calls);
  });

  it('has a list of its own for each image of Rocky', async () => {
    const list = '/pub/rocky/9/images/aarch64/Rocky-9-GenericCloud-Base.latest.aarch64.qcow2.CHECKSUM';
    answers.set(list, `SHA256 (Rocky-9-GenericCloud-Base.latest.aarch64.qcow2) = ${hex('sha256')}\n`);
    expect((await resolveCloudImage('rocky-9', 'arm64', settings)).digest).toBe(`sha256:${hex('sha256')}`);
  });

  it('is not believed without a digest', async () => {
    answers.set(debianList, `${hex('sha512')}  debian-13-generic-arm64.qcow2\n`);
    await expect(resolveCloudImage('debian-13', 'amd64', settings)).rejects.toMatchObject({ code: 'KL-SOURCE-DIGEST' });
    answers.clear();
    await expect(resolveCloudImage('debian-13', 'amd64', settings)).rejects.toMatchObject({ code: 'KL-SOURCE-REFUSED' });
  });

  it.each(['sha256', 'sha512'] as const)('may be cut off: a transfer with a %s goes on where it stopped', async (algorithm) => {
    answers.set(debian, { text: content, cutAt: 100_000 });
    const image = { url: 'https://cloud.debian.org/images/cloud/trixie/latest/debian-13-generic-amd64.qcow2' };
    const stored = await fetchByDigest({ ...image, digest: `${algorithm}:${hex(algorithm)}` }, store, settings);
    expect(stored.bytes).toBe(content.length);
    expect(asked.at(-1)?.range).toMatch(/^bytes=[1-9]\d*-$/);
  });

  it.each(['sha256', 'sha512'] as const)('that put another image in its place is found out by the %s', async (algorithm) => {
    answers.set(debian, content.replace('small', 'other'));
    const image = { url: 'https://cloud.debian.org/images/cloud/trixie/latest/debian-13-generic-amd64.qcow2' };
    const failure = fetchByDigest({ ...image, digest: `${algorithm}:${hex(algorithm)}` }, store, settings);
    await expect(failure).rejects.toMatchObject({ code: 'KL-SOURCE-DIGEST', cure: expect.stringContaining('kubelab.lock') });
    expect(await store.list()).toEqual([]);
  });
});
