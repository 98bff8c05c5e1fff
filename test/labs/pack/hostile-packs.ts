import { gzipSync } from 'node:zlib';
import type { ErrorCode } from '../../../src/errors/catalogue.ts';
import { sampleYaml } from '../sample-lab.ts';
import { type Files, forgeArchive, forgeEntries, forgeTar, type Forged } from './forge-pack.ts';
import { packYaml } from './sample-pack.ts';

/** An archive that means harm, made anew by each test. */
export interface HostilePack {
  readonly name: string;
  readonly code: ErrorCode;
  make(): Buffer;
}

const labs = 'labs/first-pod';

function unsafe(name: string, ...more: readonly Forged[]): HostilePack {
  return { name, code: 'KL-PACK-UNSAFE', make: () => forgeArchive(more) };
}

/** A file beside those of the pack that its lock names, too. */
function misplaced(path: string): HostilePack {
  return unsafe(`a file called ${JSON.stringify(path)}`, { path, content: 'x' });
}

function invalid(name: string, changes: Files): HostilePack {
  return { name, code: 'KL-PACK-INVALID', make: () => forgeArchive([], changes) };
}

function lab(name: string, change: (yaml: string) => string): HostilePack {
  return invalid(name, { [`${labs}/lab.yaml`]: change(sampleYaml) });
}

function bytes(name: string, code: ErrorCode, make: () => Buffer): HostilePack {
  return { name, code, make };
}

/** A pack in which nothing is wrong but the size that its empty README.md has in the header. */
function sized(name: string, size: string): HostilePack {
  return bytes(name, 'KL-PACK-INVALID', () =>
    forgeTar(forgeEntries({ 'README.md': '' }).map((one) => (one.path === 'README.md' ? { ...one, size } : one))),
  );
}

/** A number below zero as tar has it in binary: -512, say, is `\u00fe\0` behind nothing but ones. */
function below(last: string): string {
  return last.padStart(12, '\u00ff');
}

const paths = [
  '../evil',
  '../../../../../../tmp/evil',
  'labs/../../evil',
  `${labs}/files/../../../../evil`,
  '/evil',
  '//evil',
  '/etc/cron.d/evil',
  'C:/evil',
  'C:evil',
  '..\\evil',
  'labs\\first-pod\\evil',
  `${labs}/files/a\\b`,
  './evil',
  `${labs}/./evil`,
  `${labs}//evil`,
  '.git/hooks/post-checkout',
  `${labs}/.hidden`,
  `${labs}/files/\u0001`,
  `${labs}/files/a\u001b[31m`,
  `${labs}/files/a\nb`,
  `${labs}/files/\u00e9`,
  `${labs}/files/e\u0301`,
  `${labs}/files/\u202egpj.sh`,
  `${labs}/files/a b`,
  `${labs}/files/a:stream`,
  `${labs}/files/a*`,
  `${labs}/files/-rf`,
  `${labs}/files/con`,
  `${labs}/files/NUL.yaml`,
  `${labs}/files/com1.txt`,
  `${labs}/files/a.`,
  `${labs}/files/${'a'.repeat(61)}`,
  `${labs}/${'a/'.repeat(10)}a`,
  'evil.sh',
  'package.json',
  'labs',
  'pack.yaml/x',
];

const kinds: readonly [string, string][] = [
  ['a hard link', '1'],
  ['a symbolic link', '2'],
  ['a character device', '3'],
  ['a block device', '4'],
  ['a fifo', '6'],
  ['a contiguous file', '7'],
  ['a GNU directory listing', 'D'],
  ['a GNU long link name', 'K'],
  ['a GNU long name', 'L'],
  ['a continued file', 'M'],
  ['an old GNU long name', 'N'],
  ['a sparse file', 'S'],
  ['a volume header', 'V'],
  ['an access control list', 'A'],
  ['an inode', 'I'],
  ['an old extended header', 'X'],
  ['a global extended header', 'g'],
  ['an extended header', 'x'],
];

const pax = '19 path=../../evil\n';

const aliasBomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghij']
  .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghij'[index]}`).join(',')}]`)
  .join('\n')}\n`;

export const hostilePacks: readonly HostilePack[] = [
  ...paths.map(misplaced),
  ...kinds.map(([name, type]) => unsafe(name, { path: `${labs}/files/evil`, type, link: '/etc/passwd' })),
  unsafe(
    'a link out of the pack and a file through it',
    { path: `${labs}/out`, type: '2', link: '../../../..' },
    { path: `${labs}/out/evil` },
  ),
  unsafe('an extended header that renames the next file', { path: 'x', type: 'x', content: pax }, { path: `${labs}/files/a` }),
  unsafe(
    'a GNU long name that leads out',
    { path: '././@LongLink', type: 'L', content: '../../evil\0' },
    { path: `${labs}/files/a` },
  ),
  unsafe('the same file twice', { path: 'pack.yaml', content: packYaml }),
  unsafe('a file whose letters differ by case', { path: `${labs}/LAB.yaml`, content: sampleYaml }),
  unsafe('a folder whose letters differ by case', { path: `${labs}/Text/en/a.md`, content: 'x' }),
  unsafe('a folder in place of a file', { path: `${labs}/lab.yaml`, type: '5' }),
  unsafe('a file in place of a folder', { path: `${labs}/text`, content: 'x' }),
  unsafe('a folder that leads out', { path: '../evil/', type: '5' }),
  unsafe('a file that says it is larger than any', { path: `${labs}/files/a`, size: 2 ** 32 }),
  unsafe('a file that is too large', { path: `${labs}/files/a`, content: Buffer.alloc(1024 * 1024 + 1, 'x') }),
  bytes('too many files', 'KL-PACK-UNSAFE', () =>
    forgeArchive(Array.from({ length: 5_000 }, (_, index) => ({ path: `${labs}/files/a${index}` }))),
  ),
  bytes('too many folders', 'KL-PACK-UNSAFE', () =>
    forgeArchive(Array.from({ length: 5_000 }, (_, index) => ({ path: `${labs}/files/a${index}/`, type: '5' }))),
  ),
  bytes('files that are too large together', 'KL-PACK-UNSAFE', () => {
    const noise = Buffer.from(Array.from({ length: 256 * 1024 }, (_, index) => (index * 2_654_435_761) % 251));
    return forgeTar(Array.from({ length: 300 }, (_, index) => ({ path: `${labs}/files/a${index}`, content: noise })));
  }),
  bytes('a bomb of files', 'KL-PACK-UNSAFE', () =>
    gzipSync(
      forgeTar(Array.from({ length: 60 }, (_, index) => ({ path: `${labs}/files/a${index}`, content: Buffer.alloc(2 ** 20) }))),
    ),
  ),
  bytes('a bomb of nothing behind its end', 'KL-PACK-UNSAFE', () =>
    gzipSync(Buffer.concat([forgeTar(forgeEntries()), Buffer.alloc(2 ** 27)])),
  ),
  bytes('a bomb that is no tar', 'KL-PACK-UNSAFE', () => gzipSync(Buffer.alloc(2 ** 27))),

  bytes('an empty file', 'KL-PACK-INVALID', () => Buffer.alloc(0)),
  bytes('a file that is no archive', 'KL-PACK-INVALID', () => Buffer.from('#!/bin/sh\ntouch evil\n'.repeat(100))),
  bytes('a zip', 'KL-PACK-INVALID', () => Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(2048, 1)])),
  bytes('a gzip of no tar', 'KL-PACK-INVALID', () => gzipSync(Buffer.from('evil'.repeat(1000)))),
  bytes('a gzip that is damaged', 'KL-PACK-INVALID', () => damage(forgeArchive([]), 60)),
  bytes('a gzip with a wrong sum', 'KL-PACK-INVALID', () => damage(forgeArchive([]), -8)),
  bytes('a gzip that is cut', 'KL-PACK-INVALID', () => forgeArchive([]).subarray(0, -20)),
  bytes('a gzip that something follows', 'KL-PACK-INVALID', () => Buffer.concat([forgeArchive([]), Buffer.alloc(64)])),
  bytes('a tar that is cut', 'KL-PACK-INVALID', () => forgeTar(forgeEntries()).subarray(0, -2000)),
  bytes('a tar without its end', 'KL-PACK-INVALID', () => forgeTar(forgeEntries()).subarray(0, -1024)),
  bytes('a tar with half its end', 'KL-PACK-INVALID', () => forgeTar(forgeEntries()).subarray(0, -512)),
  bytes('a tar that another one follows', 'KL-PACK-INVALID', () =>
    Buffer.concat([forgeTar(forgeEntries()), forgeTar(forgeEntries())]),
  ),
  bytes('something hidden behind a file', 'KL-PACK-INVALID', () =>
    damage(forgeTar(forgeEntries()), 512 + Buffer.byteLength(packYaml) + 1),
  ),
  bytes('a header with a wrong sum', 'KL-PACK-INVALID', () => damage(forgeTar(forgeEntries()), 0)),

  sized('a size below nothing in binary', below('\u00fe\0')),
  sized('a size far below nothing in binary', below('\0\0\0\0\0')),
  sized('a size below nothing', '-0000000001'),
  sized('no size', ''),
  sized('a size that is read in two ways', '000000\u000000009'),
  sized('a size that is no number', '0000000000x'),
  bytes('a folder with a size', 'KL-PACK-INVALID', () =>
    forgeTar([...forgeEntries(), { path: `${labs}/images/`, type: '5', size: 512 }]),
  ),
  bytes('a folder with a size below nothing', 'KL-PACK-INVALID', () =>
    forgeTar([...forgeEntries(), { path: `${labs}/images/`, type: '5', size: below('\u00fe\0') }]),
  ),
  bytes('a file that is called as a folder', 'KL-PACK-INVALID', () => forgeArchive([{ path: `${labs}/files/`, content: 'x' }])),

  bytes('no lock', 'KL-PACK-INVALID', () => gzipSync(forgeTar(forgeEntries().filter(({ path }) => path !== 'pack.lock')))),
  bytes('no pack.yaml', 'KL-PACK-INVALID', () => gzipSync(forgeTar(forgeEntries({ 'pack.yaml': undefined })))),
  bytes('a lock of another pack', 'KL-PACK-INVALID', () => gzipSync(forgeTar(forgeEntries({}, { name: 'other' })))),
  bytes('a lock of another version', 'KL-PACK-INVALID', () => gzipSync(forgeTar(forgeEntries({}, { version: '../../..' })))),
  bytes('a lock of another build', 'KL-PACK-INVALID', () => gzipSync(forgeTar(forgeEntries({}, { build: 'learner' })))),
  bytes('a lock with a key of its own', 'KL-PACK-INVALID', () => gzipSync(forgeTar(forgeEntries({}, { run: 'touch evil' })))),
  bytes('a lock that names files elsewhere', 'KL-PACK-INVALID', () =>
    gzipSync(forgeTar(forgeEntries({}, { files: { '../../evil': `sha256:${'0'.repeat(64)}` } }))),
  ),
  bytes('a lock with the key of all objects', 'KL-PACK-INVALID', () => withLock('{"files": {"__proto__": {"evil": true}}}')),
  bytes('a lock that is no lock', 'KL-PACK-INVALID', () => withLock('evil')),
  bytes('a lock that is too large', 'KL-PACK-INVALID', () => withLock(`# ${'x'.repeat(1024 * 1024 - 2)}`)),
  bytes('a file that is not in the lock', 'KL-PACK-INVALID', () =>
    forgeArchive([{ path: `${labs}/files/evil.sh`, content: 'x' }]),
  ),
  bytes('a lab that is not in the lock', 'KL-PACK-INVALID', () =>
    forgeArchive([{ path: 'labs/evil/lab.yaml', content: sampleYaml }]),
  ),
  bytes('a file that is not the one that was packed', 'KL-PACK-DIGEST', () =>
    gzipSync(forgeTar(forgeEntries().map((one) => (one.path === 'pack.yaml' ? { ...one, content: `${packYaml}\n` } : one)))),
  ),

  invalid('a lab that pack.yaml does not name', { 'labs/evil/lab.yaml': sampleYaml.replace('id: first-pod', 'id: evil') }),
  invalid('a lab that is not there', { 'pack.yaml': packYaml.replace('[first-pod]', '[first-pod, other]') }),
  invalid('a pack called as a folder elsewhere', { 'pack.yaml': packYaml.replace('name: class', 'name: ../../evil') }),
  invalid('a version that leads elsewhere', { 'pack.yaml': packYaml.replace('1.0.0', '1.0.0/../../..') }),
  invalid('a lab whose id leads elsewhere', { 'pack.yaml': packYaml.replace('[first-pod]', '["../../evil"]') }),
  invalid('a pack.yaml with unknown keys', { 'pack.yaml': `${packYaml}postinstall: touch evil\n` }),
  invalid('a pack.yaml with the key of all objects', { 'pack.yaml': `${packYaml}__proto__: {evil: true}\n` }),
  invalid('a pack.yaml with a terminal escape', { 'pack.yaml': packYaml.replace('For a class', String.raw`\e]0;evil\a`) }),
  invalid('a pack.yaml that turns text around', { 'pack.yaml': packYaml.replace('For a class', String.raw`For \u202eevil`) }),
  invalid('a pack.yaml with a terminal escape in a comment', { 'pack.yaml': `${packYaml}# \u001b]0;evil\u0007\n` }),
  invalid('a pack.yaml that turns a comment around', { 'pack.yaml': `${packYaml}# \u202egnp.exe\n` }),
  bytes('a lock with a terminal escape in a comment', 'KL-PACK-INVALID', () => withLock((lock) => `${lock}# \u001b[2J\n`)),
  bytes('a lock with a terminal escape', 'KL-PACK-INVALID', () => gzipSync(forgeTar(forgeEntries({}, { kubelab: '\u001b[2J' })))),
  invalid('a pack.yaml that is too large', { 'pack.yaml': `${packYaml}# ${'x'.repeat(64 * 1024)}` }),
  invalid('a pack.yaml of aliases of aliases', { 'pack.yaml': aliasBomb }),
  invalid('a pack.yaml that is not text', { 'pack.yaml': Buffer.from([0xff, 0xfe, 0]) }),
  invalid('a README with a terminal escape', { 'README.md': 'read \u001b]8;;http://evil.invalid\u0007this' }),
  invalid('a text with a terminal escape', { [`${labs}/text/en/run.md`]: '# Run it\n\u001b[2Jgone\n' }),
  invalid('a text that is too deep in brackets', { [`${labs}/lab.yaml`]: '['.repeat(100_000) }),
  lab('a lab.yaml that is too large', (yaml) => `${yaml}# ${'x'.repeat(256 * 1024)}`),
  lab('a lab.yaml of aliases of aliases', (yaml) => yaml + aliasBomb),
  lab('a lab.yaml with the key of all objects', (yaml) => `${yaml}__proto__: {evil: true}\n`),
  lab('a lab.yaml with the key constructor', (yaml) => yaml.replace('vars:', 'constructor: {prototype: {evil: true}}\nvars:')),
  lab('a lab.yaml with unknown keys', (yaml) => `${yaml}hooks: {install: touch evil}\n`),
  lab('a title with a terminal escape', (yaml) => yaml.replace('"The first pod"', String.raw`"\e[31mThe first pod"`)),
  lab('a title that turns text around', (yaml) => yaml.replace('"The first pod"', String.raw`"The \u202efirst pod"`)),
  lab('a script for the host', (yaml) => yaml.replace('{apply: files/web.yaml}', '{on: host, run: touch evil}')),
  lab('a script for localhost', (yaml) => yaml.replace('{apply: files/web.yaml}', '{on: localhost, run: touch evil}')),
  lab('a manifest elsewhere', (yaml) => yaml.replace('files/web.yaml', '../../../../etc/passwd')),
  lab('a lab of another id', (yaml) => yaml.replace('id: first-pod', 'id: other')),
  lab('a lab without solutions', (yaml) => yaml.replace(/ {4}solve:\n.*\n/, '')),
];

function damage(archive: Buffer, at: number): Buffer {
  const bytes = Buffer.from(archive);
  const place = at < 0 ? bytes.byteLength + at : at;
  bytes[place] = (bytes[place] ?? 0) ^ 0xff;
  return bytes;
}

function withLock(content: string | ((lock: string) => string)): Buffer {
  const change = typeof content === 'string' ? () => content : content;
  const entries = forgeEntries().map((one) =>
    one.path === 'pack.lock' ? { ...one, content: change(String(one.content)) } : one,
  );
  return gzipSync(forgeTar(entries));
}
