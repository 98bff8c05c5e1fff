import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command, Runner } from '../exec/runner.ts';
import { renderEnv } from '../templates/env-file.ts';
import type { BaseBox } from './base-box.ts';
import { imageEnv, layOutArtifacts } from './node-image.ts';
import type { Lock, Source } from './source.ts';

const minute = 60_000;

export interface FillContext {
  readonly root: Runner;
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

export interface FillSettings {
  /** The folder of provision/. */
  readonly provision: string;
  /** A folder for files that are needed meanwhile; it is removed at the end. */
  readonly work: string;
}

export interface ImageSettings extends FillSettings {
  readonly lock: Lock;
  readonly source: Source;
  readonly install: 'binaries' | 'packages';
}

const fillScript = fileURLToPath(new URL('../../../src/artifacts/fill-tree.sh', import.meta.url));

/** Puts a base box into an empty folder. */
export async function fillWithBase(base: BaseBox, tree: string, { root, signal, progress }: FillContext): Promise<void> {
  await root.run(await fillCommand(base, tree), {
    timeout: 60 * minute,
    signal,
    onLine: (line) => progress(line.replace(/^I: /, '').slice(0, 120)),
  });
}

/** Makes a base box in a folder a node image. @param settings with the lock with every digest. */
export async function fillWithImage(tree: string, settings: ImageSettings, context: FillContext): Promise<void> {
  await runScripts(tree, 'image', settings, imageEnv(settings.lock, settings.install), context, (artifacts) =>
    layOutArtifacts(settings.lock, settings.source, artifacts),
  );
}

/** Makes a base box in a folder that of a virtual machine: `provision/05-vm.sh`. */
export async function fillWithVmSetup(tree: string, settings: FillSettings, context: FillContext): Promise<void> {
  const env = renderEnv({ KUBELAB_ROLE: 'image', KUBELAB_NAME: 'image' });
  await runScripts(tree, 'vm', settings, env, context, (artifacts) => mkdir(artifacts, { recursive: true }));
}

async function runScripts(
  tree: string,
  scripts: 'image' | 'vm',
  { provision, work }: FillSettings,
  env: string,
  { root, signal, progress }: FillContext,
  layOut: (artifacts: string) => Promise<unknown>,
): Promise<void> {
  await mkdir(work, { recursive: true });
  try {
    const artifacts = path.join(work, 'artifacts');
    const envFile = path.join(work, 'env');
    await layOut(artifacts);
    await writeFile(envFile, env, { mode: 0o600 });
    await root.run(['sh', fillScript, tree, provision, envFile, artifacts, scripts], {
      timeout: 30 * minute,
      signal,
      onLine: (line) => progress(line.slice(0, 120)),
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function fillCommand(base: BaseBox, tree: string): Promise<Command> {
  switch (base.kind) {
    case 'built':
      return [
        'mmdebstrap',
        '--variant=minbase',
        `--include=${base.packages.join(',')}`,
        '--aptopt=APT::Install-Recommends "false"',
        base.suite,
        tree,
      ];
    case 'tar':
      return unpackCommand(base.path, tree);
    case 'bundled':
      return unpackCommand(await base.unpack(), tree);
    case 'tree':
      return ['cp', '-a', `${base.path}/.`, tree];
  }
}

/** With every extended attribute: file capabilities are among them, and tar leaves them out unless told. */
function unpackCommand(file: string, tree: string): Command {
  return ['tar', '--extract', '--numeric-owner', '--xattrs', '--xattrs-include=*', '--directory', tree, '--file', file];
}

/** The command that packs a base box so that `fillWithBase` gives it back. The same tree gives the same bytes. */
export function packCommand(tree: string, file: string): Command {
  return [
    'tar',
    '--create',
    '--numeric-owner',
    '--sort=name',
    '--xattrs',
    '--xattrs-include=*',
    '--directory',
    tree,
    '--file',
    file,
    '.',
  ];
}
