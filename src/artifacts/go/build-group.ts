import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CommandFailed, KubelabError } from '../../errors/errors.ts';
import type { Milliseconds, Runner } from '../../exec/runner.ts';
import { fileExists } from '../../exec/file-exists.ts';
import { copyOwnModule } from './own-module.ts';
import type { PinnedGroup, Program } from './programs.ts';

const buildDeadline: Milliseconds = 60 * 60_000;

export interface BuildContext {
  readonly runner: Runner;
  readonly signal: AbortSignal;
  /** The folder that holds one folder per group and version. */
  readonly folder: string;
  readonly progress: (program: string, text: string) => void;
  readonly warn: (text: string) => void;
}

/** The folder of one group at one version; two versions lie side by side. */
export function groupFolder(folder: string, { group, version }: PinnedGroup): string {
  return path.join(folder, [group.name, version, ...(group.own === undefined ? [] : [group.own.key])].join('-'));
}

export function programFile(folder: string, pinned: PinnedGroup, program: Program): string {
  return path.join(groupFolder(folder, pinned), 'bin', program.name);
}

/**
 * Builds what of a group is not there yet. A program appears under its name only when it is whole: it is built beside
 * and renamed.
 * @throws KubelabError `KL-SOURCE-BUILD` with the toolchain's own words.
 */
export async function buildGroup(pinned: PinnedGroup, wanted: readonly string[], context: BuildContext): Promise<void> {
  const folder = groupFolder(context.folder, pinned);
  const programs = pinned.group.programs.filter((program) => wanted.includes(program.name));
  const absent: Program[] = [];
  for (const program of programs) if (!(await fileExists(programFile(context.folder, pinned, program)))) absent.push(program);
  if (absent.length === 0) return;
  await mkdir(path.join(folder, 'bin'), { recursive: true });
  context.progress(absent[0]?.name ?? pinned.group.name, 'fetching modules');
  await prepareModule(folder, pinned, context);
  for (const program of absent) await buildProgram(folder, pinned, program, context);
}

async function buildProgram(folder: string, pinned: PinnedGroup, program: Program, context: BuildContext): Promise<void> {
  const { group } = pinned;
  const partial = path.join(folder, 'bin', `${program.name}.part`);
  const linker = ['-s', '-w', ...versionFlags(pinned), ...(group.cgo === 'static' ? ['-extldflags', '-static'] : [])];
  let packages = 0;
  await go(
    [
      'build',
      '-v',
      group.own === undefined ? '-mod=mod' : '-mod=readonly',
      '-trimpath',
      '-buildvcs=false',
      '-tags',
      group.tags.join(','),
      '-ldflags',
      linker.join(' '),
      '-o',
      partial,
      program.package,
    ],
    folder,
    context,
    { CGO_ENABLED: group.cgo === 'static' ? '1' : '0' },
    (line) => {
      packages += 1;
      context.progress(program.name, `${packages} packages compiled, now ${line.trim().slice(0, 60)}`);
    },
  );
  await rename(partial, path.join(folder, 'bin', program.name));
}

async function prepareModule(folder: string, pinned: PinnedGroup, context: BuildContext): Promise<void> {
  const { group, version } = pinned;
  if (await fileExists(path.join(folder, 'ready'))) return;
  await rm(path.join(folder, 'go.mod'), { force: true });
  await rm(path.join(folder, 'go.sum'), { force: true });
  if (group.own !== undefined) {
    await copyOwnModule(group.own, folder);
    await writeFile(path.join(folder, 'ready'), '');
    return;
  }
  if (group.staged === true) {
    await writeFile(path.join(folder, 'go.mod'), await stagedModule(folder, pinned, context));
    await writeFile(
      path.join(folder, 'programs.go'),
      `//go:build never\n\npackage programs\n\nimport (\n${group.programs.map((program) => `\t_ "${program.package}"\n`).join('')})\n`,
    );
  } else {
    await writeFile(path.join(folder, 'go.mod'), `module kubelab.local/${group.name}\n`);
  }
  await getModules(['get', ...group.programs.map((program) => `${program.package}@${version}`)], folder, pinned, context);
  await writeFile(path.join(folder, 'ready'), '');
}

/** Go names the module when the public checksum database has no entry for it. */
const withoutChecksum = /(k8s\.io\/\S+)@\S+: verifying (?:go\.mod|module)\b.*(?:404 Not Found|410 Gone)/;

/**
 * Fetches modules. For some patches of Kubernetes the checksum database lacks a staging module that the mirror has: it
 * is then taken as the mirror gives it, and said so, while every other module stays verified.
 */
async function getModules(args: readonly string[], folder: string, pinned: PinnedGroup, context: BuildContext): Promise<void> {
  const unverified: string[] = [];
  for (;;) {
    try {
      await go(args, folder, context, { GONOSUMDB: unverified.join(',') });
      return;
    } catch (error) {
      const module = error instanceof KubelabError ? withoutChecksum.exec(error.details.join(' '))?.[1] : undefined;
      if (pinned.group.staged !== true || module === undefined || unverified.includes(module)) throw error;
      unverified.push(module);
      context.warn(`the checksum database has no entry for ${module} of ${pinned.version}: it is taken unverified`);
    }
  }
}

/** A go.mod that requires Kubernetes and replaces each staging module, which it requires at v0.0.0, by its published twin. */
async function stagedModule(folder: string, { group, version }: PinnedGroup, context: BuildContext): Promise<string> {
  const download = await go(['mod', 'download', '-json', `${group.module}@${version}`], folder, context);
  const { GoMod: file } = JSON.parse(download) as { GoMod: string };
  const text = await readFile(file, 'utf8');
  const goVersion = /^go (\S+)$/m.exec(text)?.[1] ?? '1.20';
  const staging = [...text.matchAll(/^\s+(k8s\.io\/\S+) v0\.0\.0$/gm)].map((match) => match[1]);
  const twin = version.replace(/^v1\./, 'v0.');
  const replaces = staging.map((module) => `replace ${module} => ${module} ${twin}\n`).join('');
  return `module kubelab.local/${group.name}\n\ngo ${goVersion}\n\nrequire ${group.module} ${version}\n\n${replaces}`;
}

/** Without these every component would call itself v0.0.0. The variables are those of k8s.io/component-base/version. */
function versionFlags({ group, version }: PinnedGroup): string[] {
  if (group.staged !== true) return [];
  const [major, minor] = version.slice(1).split('.');
  const variables = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
  return ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((target) =>
    Object.entries(variables).flatMap(([name, value]) => ['-X', `${target}.${name}=${value}`]),
  );
}

async function go(
  args: readonly string[],
  cwd: string,
  context: BuildContext,
  env: Readonly<Record<string, string>> = {},
  onLine?: (line: string) => void,
): Promise<string> {
  try {
    const result = await context.runner.run(['go', ...args], {
      cwd,
      timeout: buildDeadline,
      signal: context.signal,
      env: { GOFLAGS: '', GOWORK: 'off', ...env },
      ...(onLine === undefined ? {} : { onLine: (line, stream) => (stream === 'stderr' ? onLine(line) : undefined) }),
    });
    return result.stdout;
  } catch (error) {
    throw explainGoFailure(error);
  }
}

function explainGoFailure(error: unknown): unknown {
  if (!(error instanceof CommandFailed)) return error;
  if (error.message.includes('was not found'))
    return new KubelabError('KL-HOST-TOOL-MISSING', 'the Go toolchain (go) is not installed', {
      cure: 'Install Go 1.21 or newer from your distribution or go.dev, or use a bundle, which needs no toolchain.',
    });
  if (/no space left on device/i.test(error.stderr))
    return new KubelabError('KL-HOST-DISK-FULL', 'go could not write: no space is left', { cause: error });
  return new KubelabError('KL-SOURCE-BUILD', `${error.command.slice(0, 2).join(' ')} failed`, {
    details: error.stderr.trimEnd().split('\n').slice(-12),
    cause: error,
  });
}
