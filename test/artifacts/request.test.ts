import { readFile } from 'node:fs/promises';
import { createServer as createPlain, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { Agent, createServer as createEncrypted } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createFixture } from 'fs-fixture';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createSend, fetchBytes, type RequestSettings } from '../../src/artifacts/request.ts';
import { Interrupted, KubelabError } from '../../src/errors/errors.ts';
import { localRunner } from '../../src/exec/local.ts';

interface Seen {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

interface Site {
  readonly port: number;
  /** What it was asked for. */
  readonly seen: Seen[];
}

const { signal } = new AbortController();
let certificate: { key: Buffer; cert: Buffer };

beforeAll(async () => {
  await using folder = await createFixture();
  const [key, cert] = [folder.getPath('key.pem'), folder.getPath('cert.pem')];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert];
  await localRunner().run(['openssl', 'req', ...kind, ...names], { timeout: 30_000, signal });
  certificate = { key: await readFile(key), cert: await readFile(cert) };
});

/** Leads from each path to the address that it has here, and answers any other with its text. */
async function serve(leads: Readonly<Record<string, string>> = {}, isEncrypted = false): Promise<Site> {
  const seen: Seen[] = [];
  const listener: RequestListener = ({ url = '', headers }, response) => {
    seen.push({ url, headers });
    const location = leads[url];
    if (location === undefined) response.end(`content of ${url}`);
    else response.writeHead(302, { location }).end('elsewhere');
  };
  const server = isEncrypted ? createEncrypted(certificate, listener) : createPlain(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, seen };
}

async function fetchText(
  url: string,
  changes: Partial<RequestSettings> & { readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  const send = createSend((asked) => (asked.protocol === 'https:' ? new Agent({ ca: certificate.cert }) : undefined));
  const { headers = {}, ...settings } = changes;
  const { body } = await fetchBytes(url, { signal, send, firstPause: 1, ...settings }, { limit: 100, headers });
  return body.toString();
}

const refusal = (work: Promise<unknown>): Promise<KubelabError> =>
  work.then(
    () => expect.unreachable('it was fetched'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(KubelabError);
      return error as KubelabError;
    },
  );

describe('a redirect', () => {
  test('is followed, also to what is relative to it, and asks for the same part', async () => {
    const { port, seen } = await serve({ '/a/b': 'c?d', '/a/c?d': '/e' });
    expect(await fetchText(`http://127.0.0.1:${port}/a/b`, { headers: { range: 'bytes=5-' } })).toBe('content of /e');
    expect(seen.map(({ url, headers }) => [url, headers.range])).toEqual([
      ['/a/b', 'bytes=5-'],
      ['/a/c?d', 'bytes=5-'],
      ['/e', 'bytes=5-'],
    ]);
    expect(seen[2]?.headers).toMatchObject({ 'user-agent': 'kubelab', 'accept-encoding': 'identity' });
  });

  test('hands a token to the same host alone', async () => {
    const other = await serve();
    const { port, seen } = await serve({ '/a': '/b', '/b': `http://localhost:${other.port}/c` });
    const headers = { authorization: 'Bearer token', accept: 'text/plain' };
    expect(await fetchText(`http://127.0.0.1:${port}/a`, { headers })).toBe('content of /c');
    expect(seen.map((one) => one.headers.authorization)).toEqual(['Bearer token', 'Bearer token']);
    expect(other.seen.map((one) => [one.headers.authorization, one.headers.accept])).toEqual([[undefined, 'text/plain']]);
  });

  test.each(['http://me:s3cret@127.0.0.1:PORT/ok', 'http://s3cret@127.0.0.1:PORT/ok', '//:s3cret@127.0.0.1:PORT/ok'])(
    'to %s is refused and never followed',
    async (location) => {
      const { port } = await serve();
      const { port: first, seen } = await serve({ '/cred': location.replace('PORT', String(port)) });
      const error = await refusal(fetchText(`http://127.0.0.1:${first}/cred`));
      expect(error).toMatchObject({
        code: 'KL-SOURCE-REFUSED',
        message: expect.stringContaining('/cred leads to an address with a login'),
      });
      expect(error.message).not.toContain('s3cret');
      expect(seen).toHaveLength(1);
    },
  );

  test.each(['ftp://127.0.0.1/', 'file:///etc/passwd', 'data:,evil', 'blob:http://127.0.0.1/a', 'javascript:evil'])(
    'to %s is refused',
    async (location) => {
      const { port } = await serve({ '/': location });
      expect(await refusal(fetchText(`http://127.0.0.1:${port}/`))).toMatchObject({ code: 'KL-SOURCE-REFUSED' });
    },
  );

  test('from an encrypted address to one that is not is refused, even where it would lead back', async () => {
    const there: Record<string, string> = {};
    const plain = await serve(there);
    const encrypted = await serve({ '/down': `http://127.0.0.1:${plain.port}/up` }, true);
    there['/up'] = `https://localhost:${encrypted.port}/end`;
    there['/start'] = `https://localhost:${encrypted.port}/down`;
    expect(await fetchText(`http://127.0.0.1:${plain.port}/up`)).toBe('content of /end');
    for (const url of [`https://localhost:${encrypted.port}/down`, `http://127.0.0.1:${plain.port}/start`])
      expect(await refusal(fetchText(url))).toMatchObject({
        code: 'KL-SOURCE-REFUSED',
        message: expect.stringContaining('not encrypted'),
      });
    expect(plain.seen.map(({ url }) => url)).toEqual(['/up', '/start']);
  });

  test('that leads in circles is given up, as is one to no address', async () => {
    const { port, seen } = await serve({ '/': '/', '/none': 'http://[' });
    expect(await refusal(fetchText(`http://127.0.0.1:${port}/`))).toMatchObject({
      code: 'KL-SOURCE-UNREACHABLE',
      message: expect.stringContaining('more than 20 times'),
    });
    expect(seen).toHaveLength(5 * 21);
    expect(await refusal(fetchText(`http://127.0.0.1:${port}/none`))).toMatchObject({ code: 'KL-SOURCE-UNREACHABLE' });
  });

  test('without an address is an answer like any other', async () => {
    const server = createPlain((_, response) => void response.writeHead(302).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    expect(await refusal(fetchText(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`))).toMatchObject({
      code: 'KL-SOURCE-REFUSED',
      message: expect.stringContaining('answered 302'),
    });
  });

  test('to what does not answer is tried again, and can be stopped', async () => {
    const abort = new AbortController();
    let asked = 0;
    const silent = createPlain((_, response) => {
      asked += 1;
      if (asked === 2) response.end('late');
      if (asked > 2) abort.abort();
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      silent.closeAllConnections();
      silent.close();
    });
    const { port } = await serve({ '/': `http://127.0.0.1:${(silent.address() as AddressInfo).port}/` });
    expect(await fetchText(`http://127.0.0.1:${port}/`, { stallTimeout: 200 })).toBe('late');
    await expect(fetchText(`http://127.0.0.1:${port}/`, { signal: abort.signal })).rejects.toBeInstanceOf(Interrupted);
  });
});

test.each(['http://me:s3cret@127.0.0.1:1/a', 'https://s3cret@127.0.0.1:1/a'])('%s is refused without its login', async (url) => {
  const error = await refusal(fetchText(url));
  expect(error).toMatchObject({ code: 'KL-SOURCE-REFUSED', message: expect.stringContaining('//127.0.0.1:1/a is an address') });
  expect(error.message).not.toContain('s3cret');
});
