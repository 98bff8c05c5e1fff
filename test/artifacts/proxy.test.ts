import { readFile } from 'node:fs/promises';
import { createServer as createPlain, type Server } from 'node:http';
import { createServer as createEncrypted } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { createFixture } from 'fs-fixture';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isExcepted, proxyAgentFor } from '../../src/artifacts/proxy.ts';
import { createSend, fetchBytes } from '../../src/artifacts/request.ts';
import { localRunner } from '../../src/exec/local.ts';

const { signal } = new AbortController();
let certificate: { key: Buffer; cert: Buffer };
let site: Server;
let proxy: Server;
let tunnels: { place: string | undefined; login: string | undefined }[];
const portOf = (server: Server): number => (server.address() as AddressInfo).port;
const listen = (server: Server): Promise<void> => new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

beforeAll(async () => {
  await using folder = await createFixture();
  const [key, cert] = [folder.getPath('key.pem'), folder.getPath('cert.pem')];
  const command = [
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '1',
    '-subj',
    '/CN=localhost',
  ];
  const names = ['-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert];
  await localRunner().run(['openssl', 'req', ...command, ...names], { timeout: 30_000, signal });
  certificate = { key: await readFile(key), cert: await readFile(cert) };
  site = createEncrypted(certificate, (request, response) => {
    if (request.url === '/leak')
      return void response.writeHead(302, { location: `http://127.0.0.1:${portOf(proxy)}/plain` }).end();
    response.end('through');
  });
  tunnels = [];
  proxy = createPlain((_, response) => void response.end('plain')).on('connect', (request, socket) => {
    tunnels.push({ place: request.url, login: request.headers['proxy-authorization'] });
    if (request.headers['proxy-authorization'] === undefined) return void socket.end('HTTP/1.1 407 Login\r\n\r\n');
    const to = connect(portOf(site), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      to.pipe(socket).pipe(to);
    });
    to.on('error', () => socket.destroy());
    socket.on('error', () => to.destroy());
  });
  await Promise.all([listen(site), listen(proxy)]);
});
afterAll(() => {
  site.closeAllConnections();
  site.close();
  proxy.close();
});

describe('proxy', () => {
  test('carries encrypted connections through a tunnel, with its login', async () => {
    const agentFor = proxyAgentFor({ HTTPS_PROXY: `http://me:secret@127.0.0.1:${portOf(proxy)}` }, { ca: certificate.cert });
    const url = `https://localhost:${portOf(site)}/`;
    const { body } = await fetchBytes(url, { signal, send: createSend(agentFor), firstPause: 1 }, { limit: 100 });
    expect(body.toString()).toBe('through');
    expect(tunnels.at(-1)).toEqual({
      place: `localhost:${portOf(site)}`,
      login: `Basic ${Buffer.from('me:secret').toString('base64')}`,
    });
  });

  test('that refuses is named', async () => {
    const agentFor = proxyAgentFor({ https_proxy: `127.0.0.1:${portOf(proxy)}` }, { ca: certificate.cert });
    const url = `https://localhost:${portOf(site)}/`;
    const error = await fetchBytes(url, { signal, send: createSend(agentFor), firstPause: 1 }, { limit: 100 }).catch(
      (caught: unknown) => caught,
    );
    expect(error).toMatchObject({ code: 'KL-SOURCE-UNREACHABLE' });
    expect(String(error)).toContain(`the proxy 127.0.0.1:${portOf(proxy)} answered 407`);
  });

  test('is used for nothing that NO_PROXY names, nor without encryption', () => {
    const agentFor = proxyAgentFor({ HTTPS_PROXY: 'proxy:3128', NO_PROXY: 'localhost,.example.org' });
    expect(agentFor?.(new URL('https://dl.k8s.io/'))).toBeDefined();
    expect(agentFor?.(new URL('https://a.example.org/'))).toBeUndefined();
    expect(agentFor?.(new URL('http://dl.k8s.io/'))).toBeUndefined();
    expect(proxyAgentFor({})).toBeUndefined();
    expect(isExcepted('dl.k8s.io', '*')).toBe(true);
    expect(isExcepted('notexample.org', 'example.org')).toBe(false);
  });
});

test('an encrypted address that leads to one that is not is refused', async () => {
  const agentFor = proxyAgentFor({ HTTPS_PROXY: `http://me:secret@127.0.0.1:${portOf(proxy)}` }, { ca: certificate.cert });
  const url = `https://localhost:${portOf(site)}/leak`;
  await expect(fetchBytes(url, { signal, send: createSend(agentFor), firstPause: 1 }, { limit: 100 })).rejects.toMatchObject({
    code: 'KL-SOURCE-REFUSED',
  });
});
