import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createFixture } from 'fs-fixture';
import { describe, expect, it, onTestFinished } from 'vitest';
import { resolveBaseBox } from '../../../src/artifacts/base-box.ts';
import type { Lock } from '../../../src/artifacts/source.ts';
import { boxFolder, type BoxProvider } from '../../../src/providers/vagrant/box.ts';
import type { BoxShelf } from '../../../src/providers/vagrant/box-shelf.ts';
import { nodeDiskShape } from '../../../src/providers/vagrant/disk-image.ts';
import { chooseNodeBox, nodeBoxName } from '../../../src/providers/vagrant/node-box.ts';
import { packageFolder } from '../../rig/program.ts';
import { askVagrant, withoutVagrant } from './rig.ts';

const provision = path.join(packageFolder, 'provision');
const settings = { base: await resolveBaseBox('debian-12', provision, '/', 'vm'), provision, shape: nodeDiskShape(false) };

const lock: Lock = {
  apiVersion: 'kubelab/v1',
  source: 'go',
  kubernetes: '1.36.4',
  containerd: '2.2.9',
  architecture: 'amd64',
  components: {},
  images: { pause: 'p:1' },
  artifacts: [{ path: 'bin/kubeadm', version: 'v1.36.4', from: 'go:x' }],
};
const digest = `sha256:${'1'.repeat(64)}`;
const withArtifact = (fields: object): Lock => ({ ...lock, artifacts: lock.artifacts.map((one) => ({ ...one, ...fields })) });

describe('the name of a node box', () => {
  it('is known before anything was obtained, and the same after it', async () => {
    const name = await nodeBoxName(settings, lock);
    expect(name).toMatch(/^kubelab\/node-1\.36\.4-[0-9a-f]{16}-[0-9a-f]{8}$/);
    expect(await nodeBoxName(settings, withArtifact({ digest, bytes: 7 }))).toBe(name);
  });

  it.each([
    ['version', settings, withArtifact({ version: 'v1.36.5' })],
    ['origin', settings, withArtifact({ from: 'https://dl.k8s.io/kubeadm' })],
    ['pause image', settings, { ...lock, images: { pause: 'p:2' } }],
    ['kernel line', { ...settings, shape: nodeDiskShape(true) }, lock],
    ['base box', { ...settings, base: { kind: 'tree', name: 'tree', path: '/srv/tree' } as const }, lock],
  ])('is another for another %s', async (_, other, of) => {
    expect(await nodeBoxName(other, of)).not.toBe(await nodeBoxName(settings, lock));
  });
});

/** A place with boxes of one name, each with the node image that it says, and a shelf where the pool has them or not. */
async function createPlace(laid: Readonly<Record<string, string | undefined>>, inPool = true) {
  const fixture = await createFixture({});
  onTestFinished(() => fixture.rm());
  const lay = async (version: string, provider: BoxProvider, image: string | undefined): Promise<void> => {
    const folder = boxFolder(fixture.path, { name: 'kubelab/node-x', version }, provider);
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'metadata.json'), JSON.stringify({ provider }));
    if (image !== undefined) await writeFile(path.join(folder, 'node-image'), `${image}\n`);
  };
  for (const [version, image] of Object.entries(laid)) await lay(version, 'libvirt', image);
  const shelf = { has: () => Promise.resolve(inPool) } as unknown as BoxShelf;
  return { vagrantHome: fixture.path, shelf };
}

describe('the version of a node box', () => {
  it.each([
    ['nothing', {}, '1.0.0', false],
    ['this image', { '1.0.0': 'this' }, '1.0.0', true],
    ['another image', { '1.0.0': 'other' }, '1.0.1', false],
    ['ten others, and this one first', { '1.0.0': 'this', '1.0.9': 'x', '1.0.10': 'y' }, '1.0.11', false],
    ['one that does not say its image', { '1.0.0': undefined }, '1.0.1', false],
    ['one that somebody added from a file', { '0': 'this' }, '1.0.0', false],
  ])('where there is %s', async (_, laid: Record<string, string | undefined>, version, isThere) => {
    const place = await createPlace(laid);
    expect(await chooseNodeBox('kubelab/node-x', 'this', { ...place, provider: 'libvirt' })).toEqual({
      box: { name: 'kubelab/node-x', version },
      isThere,
    });
  });

  it('is the same again where the pool has lost the disk', async () => {
    const place = await createPlace({ '1.0.3': 'this' }, false);
    expect(await chooseNodeBox('kubelab/node-x', 'this', { ...place, provider: 'libvirt' })).toMatchObject({
      box: { version: '1.0.3' },
      isThere: false,
    });
  });

  it.skipIf(withoutVagrant)('is the one that Vagrant takes', { timeout: 60_000 }, async () => {
    const { vagrantHome } = await createPlace({ '0': 'added', '1.0.9': 'x', '1.0.10': 'this' });
    const code = 'puts Vagrant::BoxCollection.new(Pathname.new(ARGV[0])).find(ARGV[1], [:libvirt], ">= 0").version';
    expect(askVagrant(code, path.join(vagrantHome, 'boxes'), 'kubelab/node-x')).toBe('1.0.10');
  });

  it('does not depend on boxes of another provider', async () => {
    const place = await createPlace({ '1.0.4': 'other' });
    expect(await chooseNodeBox('kubelab/node-x', 'this', { ...place, provider: 'virtualbox' })).toMatchObject({
      box: { version: '1.0.0' },
    });
  });
});
