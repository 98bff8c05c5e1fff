import { createServer } from 'node:net';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { chmod, link, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFixture } from 'fs-fixture';
import { describe, expect, it } from 'vitest';
import { labLimits, openLabFolder } from '../../src/labs/lab-folder.ts';

/** Only root may, and not everywhere. */
function canMakeDevices(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'kubelab-device-'));
  try {
    execFileSync('mknod', [join(folder, 'zero'), 'c', '1', '5'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Root may read everything, and becomes somebody else for as long as this takes. */
async function asAnyone(work: () => Promise<void>): Promise<void> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

describe('a lab folder', () => {
  it('reads its files', async () => {
    await using fixture = await createFixture({ lab: { 'files/a.txt': 'hello' } });
    const folder = await openLabFolder(fixture.getPath('lab'));
    expect(await folder.read('files/a.txt')).toBe('hello');
    expect([await folder.has('files/a.txt'), await folder.has('files/b.txt')]).toEqual([true, false]);
  });

  it.each([
    ['../secret.txt', 'has a path that a lab can not use'],
    ['files/../../secret.txt', 'has a path that a lab can not use'],
    ['/etc/passwd', 'has a path that a lab can not use'],
    ['files//a.txt', 'has a path that a lab can not use'],
    ['.hidden', 'has a path that a lab can not use'],
    ['', 'has a path that a lab can not use'],
    ['files\\a.txt', 'has a path that a lab can not use'],
    ['missing.txt', 'is not in the lab'],
    ['files/a.txt/b', 'is not in the lab'],
    ['files', 'is no plain file'],
    ['out.txt', 'is a link that leads out of the lab'],
    ['outside/secret.txt', 'is a link that leads out of the lab'],
    ['loop', 'is not in the lab'],
    ['up', 'is a link that leads out of the lab'],
    ['device', 'is a link that leads out of the lab'],
    ['settings', 'is a link to what can not be part of a lab'],
    ['linked/config', 'is a link to what can not be part of a lab'],
    ['socket', 'is no plain file'],
    ['large.txt', 'is larger than 1 MiB'],
    ['latin.txt', 'is not text in UTF-8'],
  ])('refuses %s', async (file, why) => {
    await using fixture = await createFixture({
      'secret.txt': 'secret',
      lab: {
        'files/a.txt': 'hello',
        '.hidden': 'x',
        'large.txt': 'x'.repeat(labLimits.fileBytes + 1),
        'latin.txt': Buffer.from([0xe4]),
        'out.txt': ({ symlink: link }) => link('../secret.txt'),
        outside: ({ symlink: link }) => link('..'),
        loop: ({ symlink: link }) => link('loop'),
        up: ({ symlink: link }) => link('.'),
        device: ({ symlink: link }) => link('/dev/zero'),
        settings: ({ symlink: link }) => link('.hidden'),
        '.git/config': 'token',
        linked: ({ symlink: link }) => link('.git'),
      },
    });
    const server = createServer().listen(fixture.getPath('lab/socket'));
    try {
      const folder = await openLabFolder(fixture.getPath('lab'));
      await expect(folder.read(file)).rejects.toMatchObject({ code: 'KL-LAB-INVALID', message: expect.stringContaining(why) });
    } finally {
      server.close();
    }
  });

  it('follows links that stay inside', async () => {
    await using fixture = await createFixture({ 'a.txt': 'hello', 'b.txt': ({ symlink: link }) => link('a.txt') });
    await using other = await createFixture();
    await symlink(fixture.path, other.getPath('lab'));
    const folder = await openLabFolder(other.getPath('lab'));
    expect(await folder.read('b.txt')).toBe('hello');
    expect((await folder.list()).files.map(({ path }) => path)).toEqual(['a.txt', 'b.txt']);
  });

  it('takes a second name of a file for a file: nobody but who owns it can have given it', async () => {
    await using fixture = await createFixture({ 'mine.txt': 'mine', lab: { 'a.txt': 'hello' } });
    await link(fixture.getPath('mine.txt'), fixture.getPath('lab/b.txt'));
    expect(await (await openLabFolder(fixture.getPath('lab'))).read('b.txt')).toBe('mine');
  });

  it.runIf(canMakeDevices())('refuses a device', async () => {
    await using fixture = await createFixture({ 'a.txt': 'hello' });
    execFileSync('mknod', [fixture.getPath('zero'), 'c', '1', '5']);
    const folder = await openLabFolder(fixture.path);
    await expect(folder.read('zero')).rejects.toMatchObject({ message: expect.stringContaining('is no plain file') });
    expect((await folder.list()).refused).toEqual([{ path: 'zero', text: 'is no plain file' }]);
  });

  it('lists what is in it, and what may not be', async () => {
    await using fixture = await createFixture({
      'secret.txt': 'secret',
      lab: {
        '.git/config': 'x',
        'lab.yaml': 'x',
        'text/en/a.md': 'hello',
        'a file': 'x',
        'out.txt': ({ symlink: link }) => link('../secret.txt'),
        'one/two/three/four/five/six/seven/eight/nine.txt': 'x',
      },
    });
    expect(await (await openLabFolder(fixture.getPath('lab'))).list()).toEqual({
      files: [
        { path: 'lab.yaml', bytes: 1 },
        { path: 'text/en/a.md', bytes: 5 },
      ],
      refused: [
        { path: 'a file', text: 'has a name that a lab can not use' },
        { path: 'one/two/three/four/five/six/seven/eight', text: 'lies too deep' },
        { path: 'out.txt', text: 'is a link that leads out of the lab' },
      ],
    });
  });

  it('refuses what this user may not read, and does not say that it is not there', async () => {
    await using fixture = await createFixture({
      'secret/key.txt': 'secret',
      lab: {
        'a.txt': 'hello',
        'closed.txt': 'x',
        'closed/b.txt': 'x',
        'key.txt': ({ symlink: link }) => link('../secret/key.txt'),
      },
    });
    await chmod(fixture.path, 0o755);
    for (const closed of ['secret', 'lab/closed.txt', 'lab/closed']) await chmod(fixture.getPath(closed), 0);
    const why = 'is not for this user to read';
    await asAnyone(async () => {
      const folder = await openLabFolder(fixture.getPath('lab'));
      for (const file of ['closed.txt', 'closed/b.txt', 'key.txt'])
        await expect(folder.read(file)).rejects.toMatchObject({ code: 'KL-LAB-INVALID', message: `The file "${file}" ${why}.` });
      expect([await folder.has('closed/b.txt'), await folder.has('b.txt')]).toEqual([true, false]);
      expect(await folder.list()).toEqual({
        files: [{ path: 'a.txt', bytes: 5 }],
        refused: ['closed', 'closed.txt', 'key.txt'].map((file) => ({ path: file, text: why })),
      });
      await expect(openLabFolder(fixture.getPath('secret/lab'))).rejects.toMatchObject({ code: 'KL-LAB-INVALID' });
    });
    for (const closed of ['secret', 'lab/closed']) await chmod(fixture.getPath(closed), 0o755);
  });

  it('stops where there are too many files, or too much in them', async () => {
    const many = Object.fromEntries(Array.from({ length: labLimits.files + 9 }, (_, index) => [`f${index}`, '']));
    await using crowd = await createFixture(many);
    const crowded = await (await openLabFolder(crowd.path)).list();
    expect([crowded.files.length, crowded.refused]).toEqual([
      labLimits.files,
      [{ path: '', text: 'the lab holds more than 500 files' }],
    ]);
    const big = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`f${index}`, 'x'.repeat(labLimits.fileBytes)]));
    await using heap = await createFixture(big);
    const heavy = await (await openLabFolder(heap.path)).list();
    expect([heavy.files.length, heavy.refused]).toEqual([17, [{ path: '', text: 'the lab holds more than 16 MiB' }]]);
  });

  it('says when there is none', async () => {
    await expect(openLabFolder('/no/such/folder')).rejects.toMatchObject({ code: 'KL-LAB-UNKNOWN' });
  });
});
