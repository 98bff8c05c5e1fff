import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { openApiClient } from '../../src/kubernetes/api-client.ts';
import { startApiServer } from '../rig/api-server.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

const pods = { path: '/api/v1/namespaces/lab-x/pods', version: '41' };
const nodes = { path: '/api/v1/nodes', version: '42' };
const event = (type: string, object: unknown = { kind: 'Pod' }): string => `${JSON.stringify({ type, object })}\n`;

/** A server whose watches are played by the test, by their path. */
async function start(play: (path: string, response: ServerResponse) => void) {
  const rig = await startApiServer({
    answer: (request, response) => {
      const url = new URL(request.url ?? '', 'https://api');
      if (url.searchParams.get('watch') !== 'true') return false;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.flushHeaders();
      play(url.pathname, response);
      return true;
    },
  });
  const api = openApiClient({ ...rig.access, signal: new AbortController().signal });
  open.push(rig, api);
  return { rig, api };
}

describe('a wait for changes', () => {
  it('begins at what was seen, and ends with the first change of any list', async () => {
    const { rig, api } = await start((path, response) => {
      if (path === nodes.path) setTimeout(() => response.write(event('MODIFIED')), 100);
    });
    expect(await api.waitForChange([pods, nodes], new AbortController().signal)).toBe(true);
    expect(rig.requests.toSorted()).toEqual([
      `GET ${pods.path}?watch=true&allowWatchBookmarks=true&resourceVersion=41`,
      `GET ${nodes.path}?watch=true&allowWatchBookmarks=true&resourceVersion=42`,
    ]);
    expect(api.calls()).toBe(0);
    await expect.poll(() => rig.connections()).toBe(0);
  });

  it.each(['ADDED', 'MODIFIED', 'DELETED'])('takes %s for a change, in whatever pieces it comes', async (type) => {
    const { api } = await start((_, response) => {
      void (async () => {
        response.write(event('BOOKMARK', { note: `{"type":"ADDED"${'x'.repeat(100_000)}` }));
        for (const piece of event(type).match(/.{1,5}/gs) ?? []) {
          response.write(piece);
          await sleep(2);
        }
      })();
    });
    expect(await api.waitForChange([pods], new AbortController().signal)).toBe(true);
  });

  it('takes a bookmark for none', async () => {
    const { api } = await start((_, response) => {
      response.write(event('BOOKMARK'));
      setTimeout(() => response.end(event('BOOKMARK')), 100);
    });
    expect(await api.waitForChange([pods], new AbortController().signal)).toBe(false);
  });

  it('ends where the version is forgotten', async () => {
    const { api } = await start((_, response) => response.write(event('ERROR', { kind: 'Status', code: 410 })));
    expect(await api.waitForChange([pods], new AbortController().signal)).toBe(false);
  });

  it.each([401, 403, 410, 500])('ends where the server answers %i', async (status) => {
    const rig = await startApiServer({ answer: (_, response) => Boolean(response.writeHead(status).end('{}')) });
    const api = openApiClient({ ...rig.access, signal: new AbortController().signal });
    open.push(rig, api);
    expect(await api.waitForChange([pods], new AbortController().signal)).toBe(false);
  });

  it('ends with its signal, and where nobody is there', async () => {
    const { rig, api } = await start(() => {});
    const ending = new AbortController();
    const waited = api.waitForChange([pods], ending.signal);
    await expect.poll(() => rig.requests.length).toBe(1);
    ending.abort();
    expect(await waited).toBe(false);
    await expect.poll(() => rig.connections()).toBe(0);
    await rig.close();
    expect(await api.waitForChange([pods], new AbortController().signal)).toBe(false);
  });
});
