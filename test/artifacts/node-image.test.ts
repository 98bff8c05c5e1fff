import { createFixture } from 'fs-fixture';
import { describe, expect, it } from 'vitest';
import { baseBoxKey } from '../../src/artifacts/base-box.ts';
import { nodeImageKey } from '../../src/artifacts/node-image.ts';
import type { Lock } from '../../src/artifacts/source.ts';

const lock: Lock = {
  apiVersion: 'kubelab/v1',
  source: 'go',
  kubernetes: '1.36.4',
  containerd: '2.2.9',
  architecture: 'amd64',
  components: {},
  images: { pause: 'p:1' },
  artifacts: [{ path: 'bin/kubeadm', version: 'v1.36.4', from: 'go:x', digest: `sha256:${'1'.repeat(64)}` }],
};
const scripts = { 'lib.sh': 'one', '10-base.sh': 'two', '53-control-plane.sh': 'three' };

async function key(files: Readonly<Record<string, string>>, from: Lock = lock, base = 'debian-12-abc'): Promise<string> {
  await using folder = await createFixture(files);
  // Awaited here: the folder is gone once this returns.
  return await nodeImageKey(base, from, folder.path);
}

describe('the key of a node image', () => {
  it('stays while nothing that goes in changes', async () => {
    const moved: Lock = {
      ...lock,
      source: 'bundle',
      artifacts: lock.artifacts.map((artifact) => ({ ...artifact, from: 'elsewhere' })),
    };
    expect(await key(scripts, moved)).toBe(await key(scripts));
    expect(await key({ ...scripts, '53-control-plane.sh': 'changed' })).toBe(await key(scripts));
  });

  it.each([
    ['a script that makes it', () => key({ ...scripts, '10-base.sh': 'changed' })],
    ['the base box', () => key(scripts, lock, 'debian-12-def')],
    ['the pause image', () => key(scripts, { ...lock, images: { pause: 'p:2' } })],
    [
      'an artifact',
      () => key(scripts, { ...lock, artifacts: [{ path: 'bin/kubeadm', version: 'v', from: 'f', digest: 'sha256:2' }] }),
    ],
  ])('changes with %s', async (_, changed) => expect(await changed()).not.toBe(await key(scripts)));

  it('can not be had before every digest is known', async () => {
    const unknown: Lock = { ...lock, artifacts: [{ path: 'bin/kubeadm', version: 'v', from: 'f' }] };
    await expect(key(scripts, unknown)).rejects.toThrow('has no digest yet');
  });
});

describe('the key of a base box', () => {
  it('changes with the packages in it', () => {
    const box = { kind: 'built', name: 'debian-12', suite: 'bookworm', packages: ['curl'] } as const;
    expect(baseBoxKey(box)).not.toBe(baseBoxKey({ ...box, packages: ['curl', 'jq'] }));
    expect(baseBoxKey(box)).toMatch(/^debian-12-[0-9a-f]{12}$/);
  });
});
