import { readFile, utimes, writeFile } from 'node:fs/promises';
import { createFixture } from 'fs-fixture';
import { expect, it } from 'vitest';
import { digestOf, knownDigests } from '../../src/artifacts/digest.ts';

it('keeps the digests of files, and reads again those that changed', async () => {
  await using fixture = await createFixture({ one: 'one', two: 'two' });
  const files = [fixture.getPath('one'), fixture.getPath('two')];
  const index = fixture.getPath('digests.json');
  const [one, two] = await knownDigests(index, files);
  expect(one).toEqual(await digestOf(files[0] ?? ''));
  expect(two?.bytes).toBe(3);
  const kept = await readFile(index, 'utf8');
  expect(await knownDigests(index, files)).toEqual([one, two]);
  expect(await readFile(index, 'utf8')).toBe(kept);
  await fixture.writeFile('one', 'eno');
  await utimes(files[0] ?? '', 1_700_000_000, 1_700_000_000);
  const [changed, same] = await knownDigests(index, files);
  expect(changed).toEqual(await digestOf(files[0] ?? ''));
  expect(changed).not.toEqual(one);
  expect(same).toEqual(two);
});

it('takes the kept digest without reading the file', async () => {
  await using fixture = await createFixture({ one: 'one' });
  const index = fixture.getPath('digests.json');
  const file = fixture.getPath('one');
  await knownDigests(index, [file]);
  const kept = JSON.parse(await readFile(index, 'utf8')) as Record<string, { digest: string }>;
  const entry = kept[file];
  if (entry === undefined) throw new Error('nothing was kept');
  await writeFile(index, JSON.stringify({ [file]: { ...entry, digest: 'sha256:kept' } }));
  expect(await knownDigests(index, [file])).toEqual([{ digest: 'sha256:kept', bytes: 3 }]);
});

it('reads everything where what was kept is damaged, and forgets files that are gone', async () => {
  await using fixture = await createFixture({ one: 'one', two: 'two', 'digests.json': '{"x": 1' });
  const index = fixture.getPath('digests.json');
  const [one, two] = [fixture.getPath('one'), fixture.getPath('two')];
  expect(await knownDigests(index, [one, two])).toEqual([await digestOf(one), await digestOf(two)]);
  await fixture.rm('two');
  await writeFile(one, 'longer');
  await knownDigests(index, [one]);
  expect(Object.keys(JSON.parse(await readFile(index, 'utf8')) as object)).toEqual([one]);
});
