import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createFixture } from 'fs-fixture';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KubelabError } from '../../src/errors/errors.ts';
import { FileDamaged, readIfThere, readJson, writeFileAtomic } from '../../src/cluster/files.ts';
import { errorCode, explainWriteError } from '../../src/errors/system-error.ts';
import { compileModule, type CompiledModule } from './compiled.ts';

describe('writeFileAtomic', () => {
  it('writes a new file, replaces an old one, and leaves nothing else', async () => {
    await using folder = await createFixture({});
    const path = folder.getPath('a.txt');
    await writeFileAtomic(path, 'one');
    await writeFileAtomic(path, new TextEncoder().encode('two'));
    expect(await readFile(path, 'utf8')).toBe('two');
    expect(await readdir(folder.path)).toEqual(['a.txt']);
  });

  it('gives the mode asked for, whatever mode the old file had', async () => {
    await using folder = await createFixture({ key: 'old' });
    const path = folder.getPath('key');
    await chmod(path, 0o644);
    await writeFileAtomic(path, 'new', { mode: 0o600 });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await writeFileAtomic(path, 'new', { mode: 0o666 });
    expect((await stat(path)).mode & 0o777).toBe(0o666);
  });

  it('removes its temporary file and keeps the target when the write fails', async () => {
    await using folder = await createFixture({ 'target/inner': 'kept' });
    await expect(writeFileAtomic(folder.getPath('target'), 'x')).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
    expect(await readdir(folder.path)).toEqual(['target']);
    expect(await readFile(folder.getPath('target/inner'), 'utf8')).toBe('kept');
  });

  it('shows readers the old content or the new, never a part', async () => {
    await using folder = await createFixture({});
    const path = folder.getPath('big');
    const contents = ['a'.repeat(200_000), 'b'.repeat(100_000)];
    await writeFileAtomic(path, contents[0] ?? '');
    const writes = Promise.all(Array.from({ length: 20 }, (_, index) => writeFileAtomic(path, contents[index % 2] ?? '')));
    for (let look = 0; look < 100; look++) expect(contents).toContain(await readFile(path, 'utf8'));
    await writes;
    expect(await readdir(folder.path)).toEqual(['big']);
  });
});

describe('a full disk', () => {
  let files: CompiledModule;
  beforeAll(() => {
    files = compileModule('src/cluster/files.ts');
  });
  afterAll(() => files.remove());
  const canMount = spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs -o size=64k none /mnt']).status === 0;

  it.skipIf(!canMount)('is named, with the path, and the old content stays (skipped where a user may not mount)', async () => {
    await using folder = await createFixture({});
    const script = `
      import { readFile, readdir, writeFile } from 'node:fs/promises';
      import { writeFileAtomic } from ${JSON.stringify(files.path)};
      await writeFile('mount/state.json', 'old');
      const error = await writeFileAtomic('mount/state.json', 'x'.repeat(1_000_000)).catch((error) => error);
      console.log(JSON.stringify({ code: error.code, message: error.message, kept: await readFile('mount/state.json', 'utf8'), names: await readdir('mount') }));`;
    await folder.mkdir('mount');
    await writeFile(folder.getPath('script.mjs'), script);
    const shell = 'mount -t tmpfs -o size=64k none mount && exec "$0" script.mjs';
    const output = execFileSync('unshare', ['-rm', 'sh', '-c', shell, process.execPath], { cwd: folder.path, encoding: 'utf8' });
    expect(JSON.parse(output)).toEqual({
      code: 'KL-HOST-DISK-FULL',
      message: 'there is no room left to write mount/state.json',
      kept: 'old',
      names: ['state.json'],
    });
  });

  it('covers a used up quota, and leaves other errors as they are', () => {
    const quota = Object.assign(new Error('quota'), { code: 'EDQUOT' });
    expect(explainWriteError(quota, '/a')).toBeInstanceOf(KubelabError);
    const other = Object.assign(new Error('denied'), { code: 'EACCES' });
    expect(explainWriteError(other, '/a')).toBe(other);
    expect(errorCode('ENOSPC')).toBeUndefined();
  });
});

describe('reading', () => {
  it('parses, and answers undefined for a missing file', async () => {
    await using folder = await createFixture({ 'a.json': '{"n": 1}' });
    const parse = (value: unknown): number => (value as { n: number }).n;
    expect(await readJson(folder.getPath('a.json'), parse)).toBe(1);
    expect(await readJson(folder.getPath('b.json'), parse)).toBeUndefined();
    expect(await readIfThere(folder.getPath('a.json'))).toBe('{"n": 1}');
  });

  it('names the path of a damaged file, whether JSON or parse refuses it', async () => {
    await using folder = await createFixture({ 'cut.json': '{"n": ', 'odd.json': '[]' });
    await expect(readJson(folder.getPath('cut.json'), String)).rejects.toThrow(FileDamaged);
    const refuse = (): never => {
      throw new Error('not this');
    };
    await expect(readJson(folder.getPath('odd.json'), refuse)).rejects.toThrow(
      `${folder.getPath('odd.json')} is damaged: not this`,
    );
  });

  it('passes on what is no question of content', async () => {
    await using folder = await createFixture({ 'folder/a': '' });
    await expect(readJson(folder.getPath('folder'), String)).rejects.toThrow('EISDIR');
  });
});
