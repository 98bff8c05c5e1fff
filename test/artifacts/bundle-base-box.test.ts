import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { baseBoxKey } from '../../src/artifacts/base-box.ts';
import { bundledBaseBox } from '../../src/artifacts/bundle/base-box.ts';
import { createBundle } from '../../src/artifacts/bundle/create.ts';
import { digestOfBytes } from '../../src/artifacts/store.ts';
import { createBundleRig, createContext, listFiles } from './bundle-rig.ts';

test('a bundle gives its base box, unpacked only when it is asked for', async () => {
  const rig = await createBundleRig();
  const context = createContext(rig);
  const box = await bundledBaseBox(context, { file: rig.bundle, name: 'debian-12' });
  if (box?.kind !== 'bundled') throw new Error('the bundle has no base box');
  // The key says which files, not only which box.
  expect(baseBoxKey(box)).toBe(`debian-12-abc-${digestOfBytes('a root file system').slice(7, 15)}`);
  expect(await listFiles(context.cache)).toEqual([]);
  expect(await readFile(await box.unpack(), 'utf8')).toBe('a root file system');
});

test('a bundle without that base box gives none', async () => {
  const rig = await createBundleRig();
  expect(await bundledBaseBox(createContext(rig), { file: rig.bundle, name: 'my-box.tar' })).toBeUndefined();
  const { base: _, ...input } = rig.input;
  await createBundle(input);
  expect(await bundledBaseBox(createContext(rig), { file: rig.bundle, name: 'debian-12' })).toBeUndefined();
});
