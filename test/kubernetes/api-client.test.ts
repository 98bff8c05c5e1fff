import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Interrupted } from '../../src/errors/errors.ts';
import { openApiClient, type ApiClient } from '../../src/kubernetes/api-client.ts';
import { ApiError } from '../../src/kubernetes/api-error.ts';
import { makeClusterPki } from '../../src/kubernetes/pki.ts';
import { channelMessage, exitStatus, startApiServer, type ApiRig, type ApiScript } from '../rig/api-server.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

async function start(
  script: ApiScript,
  change: { deadline?: number; signal?: AbortSignal } = {},
): Promise<{ rig: ApiRig; api: ApiClient }> {
  const rig = await startApiServer(script);
  const api = openApiClient({ ...rig.access, signal: new AbortController().signal, ...change });
  open.push(rig, api);
  return { rig, api };
}

const failure = (answer: Promise<unknown>): Promise<unknown> =>
  answer.then(
    () => 'no failure',
    (error: unknown) => error,
  );

describe('get', () => {
  it('reads objects as the checker, over one connection, and counts its requests', async () => {
    const { rig, api } = await start({ objects: { '/api/v1/nodes': { items: [{ metadata: { name: '노드' } }] } } });
    for (let count = 0; count < 3; count += 1)
      expect(await api.get('/api/v1/nodes')).toEqual({ items: [{ metadata: { name: '노드' } }] });
    expect(rig.requests).toEqual(Array(3).fill('GET /api/v1/nodes'));
    expect(api.calls()).toBe(3);
    expect(rig.user()).toEqual({ name: 'kubelab-checker', group: 'kubelab:checkers' });
    expect(await rig.connections()).toBe(1);
    api.close();
    await sleep(50);
    expect(await rig.connections()).toBe(0);
  });

  it.each([401, 403, 404, 409, 500, 503, 302])('says why the answer is %i', async (status) => {
    const { api } = await start({
      answer: (_, response) => {
        response
          .writeHead(status, { location: '/elsewhere' })
          .end(JSON.stringify({ kind: 'Status', message: 'pods is forbidden' }));
        return true;
      },
    });
    expect(await failure(api.get('/api/v1/pods'))).toMatchObject({
      name: 'ApiError',
      status,
      message: `the API server answered ${status}: pods is forbidden`,
    });
  });

  it.each([
    ['no JSON', 200, 'hello', /did not answer \/x with JSON/],
    ['an error that is no Status', 502, '<html>', /^the API server answered 502$/],
  ])('refuses %s', async (_, status, body, message) => {
    const { api } = await start({ answer: (__, response) => Boolean(response.writeHead(status).end(body)) });
    expect(await failure(api.get('/x'))).toMatchObject({ name: 'ApiError', message: expect.stringMatching(message) as string });
  });

  it('refuses an answer that is too large', async () => {
    const { api } = await start({
      answer: (_, response) => {
        const piece = Buffer.alloc(1024 * 1024, ' ');
        for (let count = 0; count < 18; count += 1) response.write(piece);
        return Boolean(response.end('{}'));
      },
    });
    expect(await failure(api.get('/x'))).toMatchObject({
      name: 'ApiError',
      message: 'the API server answered with more than 16 MiB',
    });
  });

  it('tells a connection that was cut', async () => {
    const { api } = await start({
      answer: (_, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('{');
        setTimeout(() => response.destroy(), 20);
        return true;
      },
    });
    const error = await failure(api.get('/x'));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: undefined });
  });

  it('asks once more when the server has just ended the connection', async () => {
    let count = 0;
    const { api } = await start({
      answer: (request, response) => {
        count += 1;
        if (count === 2) request.socket.destroy();
        else response.end('{"fine": true}');
        return true;
      },
    });
    await api.get('/x');
    expect(await api.get('/x')).toEqual({ fine: true });
    expect(api.calls()).toBe(3);
  });

  it('gives up on a server that does not answer', async () => {
    const { api } = await start({ answer: () => true }, { deadline: 150 });
    const error = await failure(api.get('/x'));
    expect(error).toMatchObject({ name: 'ApiError', status: undefined, message: 'the API server did not answer within 0.15 s' });
  });

  it('tells that nobody is there', async () => {
    const { rig, api } = await start({});
    await rig.close();
    expect(await failure(api.get('/x'))).toMatchObject({
      name: 'ApiError',
      message: expect.stringMatching(/can not be reached: .*ECONNREFUSED/) as string,
    });
  });

  it('does not talk to a server of another authority', async () => {
    const { rig } = await start({ objects: { '/x': {} } });
    const other = await makeClusterPki({ algorithm: 'ECDSA-P256', now: new Date(), externalEtcd: false });
    const api = openApiClient({ ...rig.access, authority: other.get('ca.crt') ?? '', signal: new AbortController().signal });
    open.push(api);
    expect(await failure(api.get('/x'))).toMatchObject({ name: 'ApiError', status: undefined });
    expect(await failure(api.exec({ namespace: 'n', pod: 'p', command: ['true'], timeout: 1000 }))).toMatchObject({
      name: 'ApiError',
    });
    expect(rig.requests).toEqual([]);
  });

  it('is interrupted by its signal', async () => {
    const controller = new AbortController();
    const { api } = await start({ answer: () => true }, { signal: controller.signal });
    const answer = failure(api.get('/x'));
    setTimeout(() => controller.abort(), 50);
    expect(await answer).toBeInstanceOf(Interrupted);
    expect(await failure(api.get('/x'))).toBeInstanceOf(Interrupted);
  });
});

describe('exec', () => {
  const request = { namespace: 'lab', pod: 'web', command: ['sh', '-c', 'echo "a b"&'], timeout: 5000 };

  it.each([
    ['old', ['v4.channel.k8s.io'], 'v4.channel.k8s.io'],
    ['new', ['v4.channel.k8s.io', 'v5.channel.k8s.io'], 'v5.channel.k8s.io'],
  ])('runs a command on an %s server', async (_, protocols, chosen) => {
    let seen: { url: URL; protocol: string } | undefined;
    const { rig, api } = await start({
      protocols,
      exec: (url, socket) => {
        seen = { url, protocol: socket.protocol };
        for (const message of [
          channelMessage(1, ''),
          channelMessage(1, 'out '),
          channelMessage(2, 'err'),
          channelMessage(1, '끝\n'),
          exitStatus(3),
        ])
          socket.send(message);
        socket.close();
      },
    });
    expect(await api.exec({ ...request, container: 'main' })).toEqual({ exitCode: 3, stdout: 'out 끝\n', stderr: 'err' });
    expect(seen?.protocol).toBe(chosen);
    expect(seen?.url.pathname).toBe('/api/v1/namespaces/lab/pods/web/exec');
    expect(seen?.url.searchParams.getAll('command')).toEqual(request.command);
    expect(Object.fromEntries(seen?.url.searchParams ?? [])).toMatchObject({ stdout: 'true', stderr: 'true', container: 'main' });
    expect(seen?.url.searchParams.has('stdin')).toBe(false);
    expect(rig.user()?.name).toBe('kubelab-checker');
    expect(api.calls()).toBe(1);
  });

  it('succeeds with exit code 0, and cuts off what is too much', async () => {
    const { api } = await start({
      exec: (_, socket) => {
        for (let count = 0; count < 10; count += 1) socket.send(channelMessage(1, Buffer.alloc(100_000, 'x')));
        socket.send(exitStatus(0));
        socket.close();
      },
    });
    const { exitCode, stdout } = await api.exec(request);
    expect([exitCode, stdout.length]).toEqual([0, 256 * 1024]);
  });

  it.each<[string, ApiScript['exec'], RegExp]>([
    [
      'the server says why',
      (_, socket) => {
        socket.send(channelMessage(3, '{"status":"Failure","message":"no such file"}'));
        socket.close();
      },
      /could not be run: no such file/,
    ],
    [
      'the connection ends first',
      (_, socket) => {
        socket.send(channelMessage(1, 'half'));
        socket.terminate();
      },
      /ended before the command did/,
    ],
    [
      'the status is none',
      (_, socket) => {
        socket.send(channelMessage(3, 'oops'));
        socket.close();
      },
      /did not say how the command ended/,
    ],
    ['it never ends', () => undefined, /has not ended after 0.2 s/],
  ])('fails when %s', async (_, exec, message) => {
    const { api } = await start({ exec });
    expect(await failure(api.exec({ ...request, timeout: 200 }))).toMatchObject({
      name: 'ApiError',
      message: expect.stringMatching(message) as string,
    });
  });

  it('says why the server will not have it', async () => {
    const { api } = await start({});
    expect(await failure(api.exec(request))).toMatchObject({
      name: 'ApiError',
      status: 404,
      message: 'the API server answered 404: pods "web" not found',
    });
  });

  it('ends with the client, and with its signal', async () => {
    const controller = new AbortController();
    const { rig, api } = await start({ exec: () => undefined }, { signal: controller.signal });
    const first = failure(api.exec(request));
    setTimeout(() => controller.abort(), 50);
    expect(await first).toBeInstanceOf(Interrupted);
    const other = openApiClient({ ...rig.access, signal: new AbortController().signal });
    const second = failure(other.exec(request));
    setTimeout(() => other.close(), 50);
    expect(await second).toBeInstanceOf(ApiError);
    expect(await failure(other.exec(request))).toBeInstanceOf(ApiError);
    await sleep(50);
    expect(await rig.connections()).toBe(0);
  });
});
