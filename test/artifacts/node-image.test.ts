import { createFixture } from 'fs-fixture';
import { describe, expect, it } from 'vitest';
import { baseBoxKey, resolveBaseBox, vmSetup } from '../../src/artifacts/base-box.ts';
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

  it("is another one for virtual machines, with what their base box has beyond a container's", async () => {
    await using folder = await createFixture({
      'base-packages.txt': 'curl\njq\n',
      'vm-packages.txt': 'linux-image\n',
      '05-vm.sh': 'one',
      'lib.sh': 'two',
    });
    const plain = await resolveBaseBox('debian-12', folder.path, '/');
    const vm = await resolveBaseBox('debian-12', folder.path, '/', 'vm');
    expect(plain).toMatchObject({ packages: ['curl', 'jq'] });
    expect(vm).toMatchObject({ packages: ['curl', 'jq', 'linux-image'] });
    const before = baseBoxKey(vm, await vmSetup(folder.path));
    expect(new Set([before, baseBoxKey(vm), baseBoxKey(plain)]).size).toBe(3);
    await folder.writeFile('05-vm.sh', 'changed');
    expect(baseBoxKey(vm, await vmSetup(folder.path))).not.toBe(before);
  });

  it('tells a bundled box with a setup from one without', () => {
    const box = { kind: 'bundled', name: 'debian-12', key: 'debian-12-abc', unpack: () => Promise.resolve('') } as const;
    expect(baseBoxKey(box)).toBe('debian-12-abc');
    expect(baseBoxKey(box, 'setup')).not.toBe('debian-12-abc');
    expect(baseBoxKey(box, 'setup')).not.toBe(baseBoxKey({ ...box, key: 'debian-12-def' }, 'setup'));
  });
});
