import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';
import { createFixture, type FileTree } from 'fs-fixture';
import { onTestFinished } from 'vitest';
import { createSend } from '../../../src/artifacts/request.ts';
import { localRunner } from '../../../src/exec/local.ts';
import { type Installed, type InstallOptions, installPack } from '../../../src/labs/pack/install-pack.ts';
import { parsePackSource } from '../../../src/labs/pack/pack-source.ts';

/** A place to install packs in, in the midst of files that are none of theirs. */
export interface InstallRig {
  readonly root: string;
  readonly state: string;
  path(...names: string[]): string;
  /** What installing a pack from there takes. */
  options(source: string): InstallOptions;
  install(source: string, changes?: Partial<InstallOptions>): Promise<Installed>;
  /** Everything that is there, with its kind, mode and content. */
  list(): Promise<readonly string[]>;
}

export async function createInstallRig(files: FileTree = {}): Promise<InstallRig> {
  const fixture = await createFixture({ 'outside/keep': 'as it was', 'home/.config/keep': 'as it was', ...files });
  onTestFinished(() => fixture.rm());
  const root = fixture.path.replace(/\/$/, '');
  const state = path.join(root, 'home', '.local', 'state', 'kubelab');
  const options = (source: string): InstallOptions => ({
    source: parsePackSource(source),
    sha256: undefined,
    state,
    kubelab: '0.0.0',
    runner: localRunner(),
    send: createSend(),
    signal: new AbortController().signal,
    say: () => undefined,
    agree: () => Promise.resolve(true),
  });
  return {
    root,
    state,
    options,
    path: (...names) => path.join(root, ...names),
    list: () => listTree(root),
    install: (source, changes = {}) => installPack({ ...options(source), ...changes }),
  };
}

/** No link is followed. */
export async function listTree(root: string, folder = ''): Promise<string[]> {
  const names = (await readdir(path.join(root, folder))).toSorted();
  const lines = await Promise.all(names.map((name) => listEntry(root, path.join(folder, name))));
  return lines.flat();
}

async function listEntry(root: string, name: string): Promise<string[]> {
  const place = path.join(root, name);
  const facts = await lstat(place);
  const mode = (facts.mode & 0o7777).toString(8);
  if (facts.isSymbolicLink()) return [`${name} -> ${await readlink(place)}`];
  if (facts.isDirectory()) return [`${name}/ ${mode}`, ...(await listTree(root, name))];
  return [
    `${name} ${mode} ${createHash('sha256')
      .update(await readFile(place))
      .digest('hex')}`,
  ];
}
