import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createFixture } from 'fs-fixture';
import { create, Header } from 'tar';
import { describe, expect, test } from 'vitest';
import { openStore } from '../../src/artifacts/store.ts';
import { unpackMembers } from '../../src/artifacts/upstream/tarball.ts';
import { makeTarball } from '../rig/upstream-layout.ts';

async function unpack(tarball: Buffer, members: readonly string[]): Promise<{ texts: string[]; left: string[] }> {
  await using cache = await createFixture();
  const file = cache.getPath('in.tgz');
  const folder = cache.getPath('work');
  await writeFile(file, tarball);
  try {
    const found = await unpackMembers({ file, what: 'the tarball', members, store: openStore(cache.path), folder });
    return {
      texts: await Promise.all([...found.values()].map((one) => readFile(one.file, 'utf8'))),
      left: await readdir(folder),
    };
  } finally {
    expect(await readdir(folder)).toEqual([]);
  }
}

/** A tarball with one member whose header says whatever is wanted. */
function craftTarball(header: ConstructorParameters<typeof Header>[0]): Buffer {
  const bytes = Buffer.alloc(512);
  new Header(header).encode(bytes);
  return Buffer.concat([bytes, Buffer.alloc(1024)]);
}

describe('unpackMembers', () => {
  test('takes the named members and nothing else', async () => {
    const tarball = await makeTarball({ 'bin/a': 'A', 'bin/b': 'B', 'bin/c': 'C' });
    expect(await unpack(tarball, ['bin/c', 'bin/a'])).toEqual({ texts: ['C', 'A'], left: [] });
  });

  test('says which member is not there', async () => {
    await expect(unpack(await makeTarball({ a: 'A' }), ['b'])).rejects.toMatchObject({
      code: 'KL-SOURCE-DIGEST',
      message: 'the tarball can not be used: it does not hold b',
    });
  });

  test('refuses a tarball with a link in it, even one that nobody asked for', async () => {
    await using tree = await createFixture();
    await mkdir(tree.getPath('tree'));
    await writeFile(tree.getPath('tree/a'), 'A');
    await symlink('/etc/passwd', tree.getPath('tree/z'));
    await create({ file: tree.getPath('t.tgz'), cwd: tree.getPath('tree'), gzip: true }, ['.']);
    await expect(unpack(await readFile(tree.getPath('t.tgz')), ['a'])).rejects.toMatchObject({
      message: expect.stringContaining('neither a file nor a folder'),
    });
  });

  test.each([
    ['../escaped', 'leads out of it'],
    ['a/../../escaped', 'leads out of it'],
    ['/etc/escaped', 'leads out of it'],
  ])('refuses the path %s', async (path, why) => {
    const tarball = craftTarball({ path, mode: 0o644, size: 0, type: 'File', mtime: new Date(0) });
    await expect(unpack(tarball, [path])).rejects.toMatchObject({
      code: 'KL-SOURCE-DIGEST',
      message: expect.stringContaining(why),
    });
  });

  test('refuses devices, and what is no tarball', async () => {
    const device = craftTarball({ path: 'a', mode: 0o644, size: 0, type: 'CharacterDevice', mtime: new Date(0) });
    await expect(unpack(device, ['a'])).rejects.toMatchObject({ code: 'KL-SOURCE-DIGEST' });
    await expect(unpack(Buffer.alloc(2_000, 'x'), ['a'])).rejects.toMatchObject({ code: 'KL-SOURCE-DIGEST' });
  });
});
