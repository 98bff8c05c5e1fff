import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeHeader } from '../../../src/artifacts/tar-block.ts';
import { Interrupted, KubelabError } from '../../../src/errors/errors.ts';
import { openPathBook, refusePath } from '../../../src/labs/pack/pack-paths.ts';
import { forgeArchive, forgeEntries, forgeTar } from './forge-pack.ts';
import { hostilePacks } from './hostile-packs.ts';
import { createInstallRig } from './install-rig.ts';
import { packYaml, samplePack } from './sample-pack.ts';

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'installed';
  } catch (error) {
    if (error instanceof KubelabError) return error.code;
    throw error;
  }
}

describe('a hostile archive', () => {
  it('is told from a sound one', async () => {
    const rig = await createInstallRig({ 'sound.tar.gz': forgeArchive([]), 'sound.tar': forgeTar(forgeEntries()) });
    const before = await rig.list();
    const { end, folder } = await rig.install(rig.path('sound.tar.gz'));
    expect([end, folder]).toEqual(['installed', path.join(rig.state, 'packs/class/1.0.0')]);
    expect((await rig.install(rig.path('sound.tar'))).end).toBe('already');
    const added = (await rig.list())
      .filter((line) => !before.includes(line))
      .map((line) => line.split(' ').slice(0, 2).join(' '));
    expect(added).toMatchInlineSnapshot(`
      [
        "home/.local/ 755",
        "home/.local/state/ 755",
        "home/.local/state/kubelab/ 755",
        "home/.local/state/kubelab/packs/ 755",
        "home/.local/state/kubelab/packs/class/ 755",
        "home/.local/state/kubelab/packs/class/1.0.0/ 755",
        "home/.local/state/kubelab/packs/class/1.0.0/labs/ 755",
        "home/.local/state/kubelab/packs/class/1.0.0/labs/first-pod/ 755",
        "home/.local/state/kubelab/packs/class/1.0.0/labs/first-pod/files/ 755",
        "home/.local/state/kubelab/packs/class/1.0.0/labs/first-pod/files/web.yaml 644",
        "home/.local/state/kubelab/packs/class/1.0.0/labs/first-pod/lab.yaml 644",
        "home/.local/state/kubelab/packs/class/1.0.0/labs/first-pod/text/ 755",
        "home/.local/state/kubelab/packs/class/1.0.0/labs/first-pod/text/en/ 755",
        "home/.local/state/kubelab/packs/class/1.0.0/labs/first-pod/text/en/index.md 644",
        "home/.local/state/kubelab/packs/class/1.0.0/labs/first-pod/text/en/run.md 644",
        "home/.local/state/kubelab/packs/class/1.0.0/labs/first-pod/text/ko/ 755",
        "home/.local/state/kubelab/packs/class/1.0.0/labs/first-pod/text/ko/index.md 644",
        "home/.local/state/kubelab/packs/class/1.0.0/labs/first-pod/text/ko/run.md 644",
        "home/.local/state/kubelab/packs/class/1.0.0/pack.lock 644",
        "home/.local/state/kubelab/packs/class/1.0.0/pack.yaml 644",
      ]
    `);
  });

  it.each(hostilePacks)('with $name is refused, and nothing of it remains', async ({ code, make }) => {
    const rig = await createInstallRig({ 'evil.tar.gz': make() });
    const before = await rig.list();
    expect(await codeOf(rig.install(rig.path('evil.tar.gz')))).toBe(code);
    expect(await rig.list()).toEqual(before);
  });

  it('is refused for a comment that acts on a terminal as a folder, too', async () => {
    await using pack = await samplePack({ 'pack.yaml': `${packYaml}# \u001b[2J\n` });
    const rig = await createInstallRig();
    expect(await codeOf(rig.install(pack.path))).toBe('KL-PACK-INVALID');
  });

  it('makes no folder in which nothing lies, as one that would pass for a lab or a text', async () => {
    const names = ['labs/evil/', 'labs/hpa/files/', 'README.md/', 'labs/first-pod/text/en/greet.md/'];
    const rig = await createInstallRig({
      'sound.tar': forgeTar(forgeEntries()),
      'folders.tar': forgeTar([...forgeEntries(), ...names.map((name) => ({ path: name, type: '5' }))]),
    });
    const { folder } = await rig.install(rig.path('sound.tar'));
    const before = await rig.list();
    await rm(folder, { recursive: true });
    expect((await rig.install(rig.path('folders.tar'))).end).toBe('installed');
    expect(await rig.list()).toEqual(before);
  });

  it('is not looked at any further once a signal is heard', async () => {
    const broken = forgeArchive([], { 'labs/first-pod/lab.yaml': 'id: 7' });
    const rig = await createInstallRig({ 'a.tar.gz': broken });
    const before = await rig.list();
    const abort = new AbortController();
    const say = (text: string) => (text === 'look at its labs' ? abort.abort() : undefined);
    await expect(rig.install(rig.path('a.tar.gz'), { signal: abort.signal, say })).rejects.toThrow(Interrupted);
    expect(await rig.list()).toEqual(before);
  });

  it('is installed beside what a run that was killed left, which goes', async () => {
    const rig = await createInstallRig({ 'a.tar': forgeTar(forgeEntries()) });
    const stale = path.join(rig.state, 'packs', '.staging-killed');
    await mkdir(path.join(stale, 'pack'), { recursive: true });
    const fresh = path.join(rig.state, 'packs', '.staging-other');
    await mkdir(fresh);
    await utimes(stale, 0, 0);
    await rig.install(rig.path('a.tar'));
    expect((await readdir(path.join(rig.state, 'packs'))).toSorted()).toEqual(['.staging-other', 'class']);
  });

  it('gives no modes, owners or times to what is installed', async () => {
    const entries = forgeEntries().map((entry) => ({ ...entry, mode: 0o6777 }));
    const rig = await createInstallRig({
      'a.tar': forgeTar([...entries, { path: 'labs/first-pod/images/', type: '5', mode: 0 }]),
    });
    const { folder } = await rig.install(rig.path('a.tar'));
    const modes = (await rig.list())
      .filter((line) => line.startsWith(path.relative(rig.root, folder)))
      .map((line) => line.split(' ')[1]);
    expect([...new Set(modes)].toSorted()).toEqual(['644', '755']);
  });
});

const pieces = [
  '..',
  '.',
  '',
  '/',
  'labs',
  'first-pod',
  'files',
  'a',
  'A',
  'b.yaml',
  '~',
  '$HOME',
  'C:',
  '\\',
  '..\\..',
  'nul',
  '-',
  ' ',
  '\u0000',
  '\u001b',
  '\u00e9',
  'e\u0301',
  '\u2024\u2024',
  '%2e%2e',
  '\ufeff..',
  '...',
  '.ssh',
  'x'.repeat(99),
];
const segments = fc.constantFrom(...pieces);
const hostilePath = fc.array(segments, { minLength: 1, maxLength: 8 }).map((parts) => parts.join('/').slice(0, 99));

describe('a path made of hostile pieces', () => {
  it('never leads out, whatever an archive has there', async () => {
    const rig = await createInstallRig();
    const before = await rig.list();
    const types = fc.constantFrom('0', '\0', '5', '1', '2', 'x', 'L');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(hostilePath, types), { minLength: 1, maxLength: 3 }), async (entries) => {
        await writeFile(
          rig.path('evil.tar'),
          forgeTar(entries.map(([name, type]) => ({ path: name, type, content: 'x', link: name }))),
        );
        expect(['KL-PACK-UNSAFE', 'KL-PACK-INVALID']).toContain(await codeOf(rig.install(rig.path('evil.tar'))));
        expect((await rig.list()).filter((line) => !line.startsWith('evil.tar '))).toEqual(before);
      }),
      { numRuns: 100 },
    );
  });

  it('is refused, or lies in the folder on every system and fits a tar', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          hostilePath,
          fc.array(segments, { maxLength: 40 }).map((parts) => parts.join('/')),
          fc.string(),
        ),
        (name) => {
          if (refusePath(name) !== undefined) return;
          for (const system of [path.posix, path.win32]) {
            const relative = system.relative('/pack', system.join('/pack', ...name.split('/')));
            expect(relative.split(system.sep)).toEqual(name.split('/'));
          }
          expect(encodeHeader(name, 1)).toHaveLength(512);
        },
      ),
    );
  });

  it('that is taken fits a tar, however long it is', () => {
    const word = fc.stringMatching(/^[a-z]{1,70}$/);
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 9 }), (words) => {
        const name = `labs/${words.join('/')}`;
        if (refusePath(name) === undefined) expect(encodeHeader(name, 1)).toHaveLength(512);
      }),
      { numRuns: 1000 },
    );
  });

  it('is never taken beside one that is the same on some system', () => {
    const names = fc.array(fc.tuple(hostilePath, fc.constantFrom('file' as const, 'folder' as const)), { maxLength: 12 });
    fc.assert(
      fc.property(names, (list) => {
        const book = openPathBook();
        const taken = list.filter(([name, kind]) => book.note(name, kind) === undefined).map(([name]) => name);
        const folded = new Map(taken.map((name) => [name.normalize('NFC').toLowerCase(), name]));
        expect(taken.every((name) => folded.get(name.normalize('NFC').toLowerCase()) === name)).toBe(true);
      }),
    );
  });
});
