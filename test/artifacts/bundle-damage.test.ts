import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { constants, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bundleSource } from '../../src/artifacts/bundle/source.ts';
import { readBundleInfo } from '../../src/artifacts/bundle/open.ts';
import { verifyBundle } from '../../src/artifacts/bundle/verify.ts';
import { KubelabError } from '../../src/errors/errors.ts';
import {
  type BundleRig,
  createBundleRig,
  createContext,
  type Forged,
  forgeContent,
  forgeInfo,
  forgeTar,
  listFiles,
  readEntries,
} from './bundle-rig.ts';

const signal = new AbortController().signal;

async function findingsOf(file: string): Promise<readonly string[]> {
  const error: unknown = await verifyBundle(file, { signal }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error === undefined) return [];
  if (error instanceof KubelabError && error.code === 'KL-BUNDLE-INVALID') return error.details;
  throw error;
}

async function findingsOfEntries(
  rig: BundleRig,
  change: (entries: Forged[]) => readonly Forged[],
  options?: { sums: false },
): Promise<readonly string[]> {
  return findingsOf(await rig.write('forged.kubelab', forgeTar(change(await readEntries(rig.bundle)), options)));
}

test('the forger makes a whole bundle when nothing is forged', async () => {
  const rig = await createBundleRig();
  const forged = await rig.write('forged.kubelab', forgeTar(await readEntries(rig.bundle)));
  expect((await readFile(forged)).equals(await readFile(rig.bundle))).toBe(true);
  expect(await findingsOf(forged)).toEqual([]);
});

describe('damage', () => {
  test('of any one byte is found', async () => {
    const rig = await createBundleRig();
    const whole = await readFile(rig.bundle);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.byteLength - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bytes = Buffer.from(whole);
        bytes[at] = (bytes[at] ?? 0) ^ change;
        expect(await findingsOf(await rig.write('flipped.kubelab', bytes))).not.toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('by a cut at any place is found', async () => {
    const rig = await createBundleRig();
    const whole = await readFile(rig.bundle);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.byteLength - 1), async (length) => {
        expect(await findingsOf(await rig.write('cut.kubelab', whole.subarray(0, length)))).not.toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  test('in several places is told at once', async () => {
    const rig = await createBundleRig();
    const findings = await findingsOfEntries(rig, (entries) => [
      ...entries.slice(0, 1),
      ...entries.slice(2, 3).map(({ path }) => ({ path, content: gzipSync('x') })),
      ...entries.slice(3),
      { path: 'extra', content: Buffer.from('') },
    ]);
    expect(findings.join('\n')).toMatch(/contents\/\w+\.gz is missing/);
    expect(findings.join('\n')).toContain('"extra" does not belong there');
    expect(findings.join('\n')).toMatch(/\(bin\/empty\): it unpacks to more than 0 bytes/);
  });

  test('that the sums were made to fit is found', async () => {
    const rig = await createBundleRig();
    const larger = await forgeContent(rig, 'bin/kubeadm', Buffer.from('x'.repeat(2_000)));
    expect(await findingsOf(larger)).toEqual([expect.stringMatching(/\(bin\/kubeadm\): it unpacks to more than 800 bytes$/)]);
    const smaller = await forgeContent(rig, 'bin/kubeadm', Buffer.from('x'));
    expect(await findingsOf(smaller)).toEqual([
      expect.stringMatching(/\(bin\/kubeadm\): it unpacks to 1 bytes, but should to 800$/),
    ]);
    const other = await forgeContent(rig, 'bin/kubeadm', Buffer.from('x'.repeat(800)));
    expect(await findingsOf(other)).toEqual([
      expect.stringMatching(/\(bin\/kubeadm\): it has the digest sha256:\w+, but should have sha256:/),
    ]);
  });

  test('by something that follows gzip within an entry is found', async () => {
    const rig = await createBundleRig();
    for (const hidden of ['hidden', '\0\0\0\0'])
      expect(
        await findingsOfEntries(
          rig,
          (entries) =>
            entries.map((entry, index) =>
              index === 1 ? { path: entry.path, content: Buffer.concat([entry.content, Buffer.from(hidden)]) } : entry,
            ),
          { sums: false },
        ),
      ).toHaveLength(1);
  });

  test('by other packing of the same content is found', async () => {
    const rig = await createBundleRig();
    const content = gzipSync('the program kubeadm\n'.repeat(40), { level: 9, strategy: constants.Z_FIXED });
    expect(
      await findingsOfEntries(
        rig,
        (entries) => entries.map((entry, index) => (index === 1 ? { path: entry.path, content } : entry)),
        { sums: false },
      ),
    ).toEqual([expect.stringContaining('it was packed in another way than its sum says')]);
  });
});

describe('an entry', () => {
  const extra = (forged: Forged): Promise<readonly string[]> =>
    createBundleRig().then((rig) => findingsOfEntries(rig, (entries) => [...entries.slice(0, -1), forged, ...entries.slice(-1)]));

  test.each<[string, Partial<Forged> & { path: string }, string]>([
    ['outside', { path: '../outside' }, '"../outside" leads out of the bundle'],
    ['deep outside', { path: 'contents/../../outside' }, 'leads out of the bundle'],
    ['absolute', { path: '/etc/passwd' }, '"/etc/passwd" is an absolute path'],
    [
      'symbolic link',
      { path: 'link', header: { type: 'SymbolicLink', linkpath: '/etc/passwd' } },
      '"link" is no regular file: SymbolicLink',
    ],
    ['hard link', { path: 'link', header: { type: 'Link', linkpath: 'bundle.json' } }, '"link" is no regular file: Link'],
    [
      'character device',
      { path: 'device', header: { type: 'CharacterDevice', devmaj: 1, devmin: 3 } },
      'is no regular file: CharacterDevice',
    ],
    ['block device', { path: 'device', header: { type: 'BlockDevice' } }, 'is no regular file: BlockDevice'],
    ['pipe', { path: 'pipe', header: { type: 'FIFO' } }, 'is no regular file: FIFO'],
    ['folder', { path: 'folder/', header: { type: 'Directory' } }, 'is no regular file: Directory'],
    ['long name', { path: 'long', header: { type: 'NextFileHasLongPath' } }, 'is no regular file: NextFileHasLongPath'],
    ['extended header', { path: 'pax', header: { type: 'ExtendedHeader' } }, 'is no regular file: ExtendedHeader'],
    ['set-user-id file', { path: 'program', header: { mode: 0o4755 } }, 'the header of "program" is not one that kubelab writes'],
    ['extra', { path: 'extra' }, '"extra" does not belong there'],
    ['extra content', { path: `contents/${'0'.repeat(64)}.gz` }, 'does not belong there'],
    ['second bundle.json', { path: 'bundle.json' }, '"bundle.json" is there twice'],
    ['escape sequence', { path: '\u001b[2Jgone' }, String.raw`"\u001b[2Jgone" does not belong there`],
    [
      'hidden bytes',
      { path: 'extra', content: Buffer.from('x'), padding: Buffer.alloc(511, 'x') },
      'something is hidden after "extra"',
    ],
    [
      'size beyond the file',
      { path: 'extra', header: { size: 7 * 1024 ** 3 } },
      'it is cut within "extra": 7516192768 bytes should be there',
    ],
    ['size beyond a header', { path: 'extra', header: { size: Number.MAX_SAFE_INTEGER } }, 'it is cut within "extra"'],
  ])('that is wrong is named: %s', async (_, forged, finding) => {
    expect((await extra({ content: Buffer.from(''), ...forged })).join('\n')).toContain(finding);
  });

  test('of a size beyond all measure is refused', async () => {
    const rig = await createBundleRig();
    const bytes = await readFile(rig.bundle);
    // Size in the binary form, then the checksum that fits it.
    bytes.fill(0xff, 124, 136).fill(0x80, 124, 125).fill(' ', 148, 156);
    const sum = bytes.subarray(0, 512).reduce((all, byte) => all + byte, 0);
    bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    expect(await findingsOf(await rig.write('forged.kubelab', bytes))).toEqual(['there is no valid tar header at byte 0']);
  });

  test('that is a link is not followed, where a content should be', async () => {
    const rig = await createBundleRig();
    const findings = await findingsOfEntries(rig, (entries) =>
      entries.map((entry, index) =>
        index === 1
          ? { path: entry.path, content: Buffer.from(''), header: { type: 'SymbolicLink', linkpath: '/etc/passwd' } }
          : entry,
      ),
    );
    expect(findings.join('\n')).toContain('is no regular file: SymbolicLink');
    expect(findings.join('\n')).toContain('is missing');
  });

  test('too many are refused', async () => {
    const rig = await createBundleRig();
    const many = Array.from({ length: 1_000 }, (_, index) => ({ path: `extra-${index}`, content: Buffer.from('') }));
    const findings = await findingsOfEntries(rig, (entries) => [...entries, ...many]);
    expect(findings).toHaveLength(31);
    expect(findings).toContain('it has more than 1000 entries');
  });

  test('in another place is refused', async () => {
    const rig = await createBundleRig();
    const [info, first, second, ...rest] = await readEntries(rig.bundle);
    expect(await findingsOfEntries(rig, () => [info, second, first, ...rest].filter((entry) => entry !== undefined))).not.toEqual(
      [],
    );
    expect((await findingsOfEntries(rig, (entries) => entries.toReversed())).join('\n')).toContain(
      'it begins with "SHA256SUMS", not with bundle.json',
    );
  });

  test('that is missing is named: the sums', async () => {
    const rig = await createBundleRig();
    expect(await findingsOfEntries(rig, (entries) => entries.slice(0, -1))).toEqual(['SHA256SUMS is missing']);
  });

  test('is nothing but what it should be: the sums', async () => {
    const rig = await createBundleRig();
    const add = (text: string) => (entry: Forged) =>
      entry.path === 'SHA256SUMS' ? { path: entry.path, content: Buffer.concat([entry.content, Buffer.from(text)]) } : entry;
    for (const text of ['hidden', '\n', `${'0'.repeat(64)}  other\n`])
      expect(await findingsOfEntries(rig, (entries) => entries.map(add(text)), { sums: false })).toEqual([
        'SHA256SUMS does not name the entries that it should',
      ]);
  });

  test('after the end is found', async () => {
    const rig = await createBundleRig();
    const whole = await readFile(rig.bundle);
    expect(await findingsOf(await rig.write('more.kubelab', Buffer.concat([whole, Buffer.from('more')])))).toEqual([
      '4 bytes follow its end',
    ]);
  });
});

describe('bundle.json', () => {
  test.each([
    ['is not JSON', () => '{', 'bundle.json is not JSON'],
    ['is of something else', () => '{"apiVersion":"kubelab/v1","kind":"Cluster"}', 'does not describe a bundle'],
    [
      'is of a later format',
      (json: string) => json.replace('kubelab/v1', 'kubelab/v9'),
      'its format "kubelab/v9" is not known to this kubelab',
    ],
    ['leads out of the artifacts folder', (json: string) => json.replace('bin/kubeadm', 'bin/../../x'), 'expected PLACE/NAME'],
    ['names an unknown place', (json: string) => json.replace('bin/kubeadm', 'etc/kubeadm'), 'expected PLACE/NAME'],
    ['names a path twice', (json: string) => json.replace('bin/empty', 'bin/kubeadm'), 'bin/kubeadm is named twice'],
    ['has no digest', (json: string) => json.replaceAll('sha256:', 'sha1:'), 'expected a sha256 digest'],
    ['has a size below nothing', (json: string) => json.replace('"bytes": 800', '"bytes": -1'), 'lock.artifacts.0.bytes'],
    ['declares a huge size', (json: string) => json.replace('"bytes": 800', '"bytes": 8589934592'), 'lock.artifacts.0.bytes'],
    [
      'declares huge sizes together',
      (json: string) => json.replaceAll(/"bytes": \d+/g, '"bytes": 8589934591'),
      'they are too large together',
    ],
    [
      'contradicts itself',
      (json: string) => json.replace('"bytes": 8,', '"bytes": 9,'),
      'has another size than the same file elsewhere',
    ],
    [
      'breaks out of a line',
      (json: string) => json.replace('"containerd": "2.2.9"', String.raw`"containerd": "2\nx"`),
      'lock.containerd: expected a version',
    ],
    ['has an unknown key', (json: string) => json.replace('"kind"', '"run": "me", "kind"'), 'run'],
  ])('is refused when it %s', async (_, change: (json: string) => string, finding) => {
    const rig = await createBundleRig();
    const forged = await forgeInfo(rig, change);
    expect((await findingsOf(forged)).join('\n')).toContain(finding);
    await expect(readBundleInfo(forged)).rejects.toMatchObject({ code: 'KL-BUNDLE-INVALID' });
  });

  test('is refused when it is huge, unread', async () => {
    const rig = await createBundleRig();
    const forged = await forgeInfo(rig, (json) => json.padEnd(5 * 1024 * 1024));
    expect(await findingsOf(forged)).toEqual(['bundle.json is too large: 5242880 bytes']);
    await expect(readBundleInfo(forged)).rejects.toMatchObject({ details: ['bundle.json is too large: 5242880 bytes'] });
  });

  test('is refused when its words were changed, though they are right by themselves', async () => {
    const rig = await createBundleRig();
    const entries = await readEntries(rig.bundle);
    const changed = entries.map((entry) =>
      entry.path === 'bundle.json'
        ? { path: entry.path, content: Buffer.from(Buffer.from(entry.content).toString().replace('2.2.9', '2.2.8')) }
        : entry,
    );
    const forged = await rig.write('forged.kubelab', forgeTar(changed, { sums: false }));
    expect(await findingsOf(forged)).toEqual(['bundle.json is not the one that was written: its digest differs']);
  });
});

describe('what is damaged', () => {
  test('is not unpacked further than it should be', async () => {
    const rig = await createBundleRig();
    const bomb = await forgeContent(rig, 'images/flannel.tar', Buffer.alloc(64 * 1024 * 1024));
    expect(await findingsOf(bomb)).toEqual([expect.stringContaining('(images/flannel.tar): it unpacks to more than 13 bytes')]);
    const context = createContext(rig);
    await expect(bundleSource(context, { file: bomb }).obtain(rig.input.lock)).rejects.toMatchObject({
      code: 'KL-BUNDLE-INVALID',
      details: [expect.stringContaining('(images/flannel.tar): it unpacks to more than 13 bytes')],
    });
    for (const file of await listFiles(context.cache)) expect((await readFile(file)).byteLength).toBeLessThan(2_000);
  });

  test('does not get into the store', async () => {
    const rig = await createBundleRig();
    const other = await forgeContent(rig, 'bin/kubeadm', Buffer.from('x'.repeat(800)));
    const context = createContext(rig);
    await expect(bundleSource(context, { file: other }).obtain(rig.input.lock)).rejects.toMatchObject({
      code: 'KL-BUNDLE-INVALID',
      details: [expect.stringContaining('(bin/kubeadm)')],
    });
    const found = await Promise.all((await listFiles(context.cache)).map((file) => readFile(file, 'utf8')));
    expect(found).not.toContain('x'.repeat(800));
  });

  test('is refused before anything of it is unpacked, when the tar itself is wrong', async () => {
    const rig = await createBundleRig();
    const context = createContext(rig);
    const entries = await readEntries(rig.bundle);
    const forged = await rig.write('forged.kubelab', forgeTar([...entries, { path: '../outside', content: Buffer.from('x') }]));
    await expect(bundleSource(context, { file: forged }).obtain(rig.input.lock)).rejects.toMatchObject({
      details: expect.arrayContaining(['"../outside" leads out of the bundle']),
    });
    expect(await listFiles(context.cache)).toEqual([]);
  });
});

test('a bundle may be reached through a link', async () => {
  const rig = await createBundleRig();
  await symlink(rig.bundle, join(rig.folder, 'link.kubelab'));
  expect(await findingsOf(join(rig.folder, 'link.kubelab'))).toEqual([]);
});
