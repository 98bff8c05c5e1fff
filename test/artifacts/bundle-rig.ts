import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createFixture } from 'fs-fixture';
import { Header, type HeaderData } from 'tar';
import { onTestFinished } from 'vitest';
import { type BundleInput, createBundle } from '../../src/artifacts/bundle/create.ts';
import type { Artifact, Lock, SourceContext, Want } from '../../src/artifacts/source.ts';
import { digestOfBytes } from '../../src/artifacts/store.ts';
import type { Event } from '../../src/events.ts';

export const want: Want = {
  kubernetes: '1.36.4',
  containerd: 'default',
  architecture: 'amd64',
  plugin: 'flannel',
  addons: ['metrics-server'],
  install: 'binaries',
};

const contents: Readonly<Record<string, string | Uint8Array>> = {
  'bin/kubeadm': 'the program kubeadm\n'.repeat(40),
  'bin/empty': '',
  'runtime/containerd': 'the program containerd\n'.repeat(60),
  'images/pause.tar': 'an image',
  'images/flannel.tar': 'another image',
  // The same file under another name, which a bundle holds once.
  'images/metrics-server.tar': 'an image',
};

export interface BundleRig {
  readonly folder: string;
  /** What `createBundle` takes to make `bundle`. */
  readonly input: BundleInput;
  /** A bundle with a base box, made from small files. */
  readonly bundle: string;
  /** Writes a file into the folder and returns its path. */
  write(name: string, content: string | Uint8Array): Promise<string>;
}

/** A folder with a bundle and all that it was made from; removed when the test ends. */
export async function createBundleRig(
  extra: Readonly<Record<string, Uint8Array>> = {},
  source: Lock['source'] = 'go',
): Promise<BundleRig> {
  const fixture = await createFixture({
    provision: { 'lib.sh': 'true\n', '10-base.sh': 'true\n' },
    'base.tar': 'a root file system',
  });
  onTestFinished(() => fixture.rm());
  const folder = fixture.path;
  const write = async (name: string, content: string | Uint8Array): Promise<string> => {
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    return file;
  };
  const all = { ...contents, ...extra };
  for (const [path, content] of Object.entries(all)) await write(path, content);
  const input: BundleInput = {
    lock: { ...lockOf(all), source },
    source: { file: ({ path }) => join(folder, path) },
    base: { key: 'debian-12-abc', file: join(folder, 'base.tar') },
    provision: join(folder, 'provision'),
    target: join(folder, 'class.kubelab'),
    signal: new AbortController().signal,
  };
  await createBundle(input);
  return { folder, input, bundle: input.target, write };
}

function lockOf(all: Readonly<Record<string, string | Uint8Array>>): Lock {
  const images = {
    pause: 'go.kubelab.local/pause:3.10',
    flannel: 'go.kubelab.local/flannel:v1',
    'metrics-server': 'go.kubelab.local/ms:v1',
  };
  const artifacts = Object.entries(all).map(([path, content]): Artifact => {
    const image = Object.entries(images).find(([role]) => path === `images/${role}.tar`)?.[1];
    return {
      path,
      version: 'v1.2.3',
      from: `go:example.org/${path}@v1.2.3`,
      digest: digestOfBytes(content),
      bytes: Buffer.byteLength(content),
      ...(image === undefined ? {} : { image }),
    };
  });
  return {
    apiVersion: 'kubelab/v1',
    source: 'go',
    kubernetes: '1.36.4',
    containerd: '2.2.9',
    architecture: 'amd64',
    components: { etcd: '3.6.8-0', 'local-path': '0.0.30' },
    images,
    artifacts,
  };
}

/** What `createBundle` takes to hold an image for labs too, which is a small file of the rig. */
export async function addLabs(rig: BundleRig, content = 'a database'): Promise<BundleInput> {
  const image = 'go.kubelab.local/database:v1';
  await rig.write('images/database.tar', content);
  const artifact: Artifact = {
    path: 'images/database.tar',
    version: 'v1',
    from: 'go:example.org/database@v1',
    digest: digestOfBytes(content),
    bytes: Buffer.byteLength(content),
    image,
  };
  return { ...rig.input, labs: { images: { database: image }, artifacts: [artifact] } };
}

/** A source context whose cache is a folder of the rig, with the events that it was told. */
export function createContext(rig: BundleRig, signal = new AbortController().signal): SourceContext & { readonly told: Event[] } {
  const told: Event[] = [];
  return {
    told,
    events: (event) => void told.push(event),
    signal,
    cache: join(rig.folder, 'cache'),
    runner: { run: () => Promise.reject(new Error('a bundle needs no commands')) },
  };
}

/** An entry of a tar that is to be forged. */
export interface Forged {
  readonly path: string;
  readonly content: Uint8Array;
  /** What differs from the header that such an entry has. */
  readonly header?: HeaderData;
  /** Instead of zero bytes after the content. */
  readonly padding?: Uint8Array;
}

export async function readEntries(file: string): Promise<Forged[]> {
  const bytes = await readFile(file);
  const entries: Forged[] = [];
  for (let at = 0; ;) {
    const { path = '', size = 0, nullBlock } = new Header(bytes, at);
    if (nullBlock || path === '') return entries;
    entries.push({ path, content: bytes.subarray(at + 512, at + 512 + size) });
    at += 512 + Math.ceil(size / 512) * 512;
  }
}

/** A tar of the entries, whatever they are, with sums that fit them. */
export function forgeTar(entries: readonly Forged[], options: { readonly sums?: false } = {}): Buffer {
  const sums = entries.filter(({ path }) => path !== 'SHA256SUMS').map(({ path, content }) => `${sha256(content)}  ${path}\n`);
  const right = entries.map((entry) =>
    entry.path === 'SHA256SUMS' && options.sums !== false ? { ...entry, content: Buffer.from(sums.join('')) } : entry,
  );
  return Buffer.concat([...right.flatMap(writeEntry), Buffer.alloc(1024)]);
}

function writeEntry({ path, content, header, padding }: Forged): Uint8Array[] {
  const block = Buffer.alloc(512);
  const plain = { path, mode: 0o644, uid: 0, gid: 0, size: content.byteLength, mtime: new Date(0), type: 'File' } as const;
  new Header({ ...plain, ...header }).encode(block);
  return [block, content, padding ?? Buffer.alloc((512 - (content.byteLength % 512)) % 512)];
}

/** The bundle with other words in its bundle.json. */
export async function forgeInfo(rig: BundleRig, change: (json: string) => string): Promise<string> {
  const entries = await readEntries(rig.bundle);
  const changed = entries.map((entry) =>
    entry.path === 'bundle.json'
      ? { path: entry.path, content: Buffer.from(change(Buffer.from(entry.content).toString())) }
      : entry,
  );
  return rig.write('forged.kubelab', forgeTar(changed));
}

/** The bundle with one of its contents packed from something else. */
export async function forgeContent(rig: BundleRig, path: string, plain: Uint8Array): Promise<string> {
  const digest = rig.input.lock.artifacts.find((artifact) => artifact.path === path)?.digest ?? '';
  const name = `contents/${digest.replace('sha256:', '')}.gz`;
  const entries = await readEntries(rig.bundle);
  const changed = entries.map((entry) => (entry.path === name ? { path: name, content: gzipSync(plain) } : entry));
  return rig.write('forged.kubelab', forgeTar(changed));
}

/** Every file under a folder, by its path in it; none when there is no such folder. */
export async function listFiles(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
