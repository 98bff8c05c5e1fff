import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSend } from '../../../src/artifacts/request.ts';
import { Interrupted } from '../../../src/errors/errors.ts';
import { fetchArchive } from '../../../src/labs/pack/fetch-archive.ts';
import { forgeArchive, sha256 } from './forge-pack.ts';
import { createInstallRig } from './install-rig.ts';

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const archive = forgeArchive([]);

describe('a pack from a URL', () => {
  it('is installed, and its digest is told', async () => {
    const rig = await createInstallRig();
    const url = await serve((_, response) => response.end(archive));
    expect(await rig.install(`${url}/a.tar.gz`)).toMatchObject({ end: 'installed', pack: { sha256: sha256(archive) } });
    expect((await rig.install(`${url}/a.tar.gz#sha256=${sha256(archive)}`)).end).toBe('already');
  });

  it.each(['in the URL', 'as a flag'])('with another digest than the one %s is not opened', async (where) => {
    const rig = await createInstallRig();
    const before = await rig.list();
    const url = await serve((_, response) => response.end('evil, and no archive at all'));
    const wrong = sha256(archive);
    const end = where === 'as a flag' ? rig.install(url, { sha256: wrong }) : rig.install(`${url}#sha256=${wrong}`);
    await expect(end).rejects.toMatchObject({
      code: 'KL-PACK-DIGEST',
      details: [`expected ${wrong}`, expect.stringMatching(/^found {4}/)],
    });
    expect(await rig.list()).toEqual(before);
  });

  it.each([
    ['says that it is endless', { 'content-length': String(2 ** 40) }],
    ['is endless', {}],
  ])('that %s is given up', async (_, headers) => {
    const rig = await createInstallRig();
    const before = await rig.list();
    const url = await serve((_, response) => {
      response.writeHead(200, headers);
      const piece = Buffer.alloc(2 ** 20, 'x');
      const more = (): void => {
        while (!response.destroyed && response.write(piece));
        response.once('drain', more);
      };
      more();
    });
    await expect(rig.install(url)).rejects.toMatchObject({ code: 'KL-PACK-UNSAFE' });
    expect(await rig.list()).toEqual(before);
  });

  it.each([
    'ftp://127.0.0.1/evil',
    'file:///etc/passwd',
    `data:application/gzip;base64,${archive.toString('base64')}`,
    'javascript:evil',
    'http://u:p@127.0.0.1/evil',
    '//u@127.0.0.1/evil',
  ])('that leads to %.30s is refused', async (location) => {
    const rig = await createInstallRig();
    const before = await rig.list();
    const url = await serve((_, response) => response.writeHead(302, { location }).end());
    await expect(rig.install(url)).rejects.toMatchObject({ code: 'KL-SOURCE-REFUSED' });
    expect(await rig.list()).toEqual(before);
  });

  it('that is not there is refused', async () => {
    const rig = await createInstallRig();
    const before = await rig.list();
    const url = await serve((_, response) => response.writeHead(404).end());
    await expect(rig.install(url)).rejects.toMatchObject({ code: 'KL-SOURCE-REFUSED' });
    expect(await rig.list()).toEqual(before);
  });

  it('leaves nothing when it is stopped half-way', async () => {
    const rig = await createInstallRig();
    const before = await rig.list();
    const abort = new AbortController();
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('x');
    });
    const say = (text: string): void => (text.startsWith('1 ') ? abort.abort() : undefined);
    await expect(rig.install(url, { signal: abort.signal, say })).rejects.toBeInstanceOf(Interrupted);
    expect(await rig.list()).toEqual(before);
  });

  it('begins again after a cut, with nothing of the first try', async () => {
    const rig = await createInstallRig();
    let tries = 0;
    const url = await serve((_, response) => {
      tries += 1;
      if (tries === 2) response.end(archive);
      else response.writeHead(200, { 'content-length': '100000' }).write('evil'.repeat(1000), () => response.destroy());
    });
    const settings = { signal: new AbortController().signal, send: createSend(), firstPause: 1 };
    const file = rig.path('archive');
    expect(await fetchArchive({ ...settings, url, file, onProgress: () => undefined })).toBe(sha256(archive));
  });
});
