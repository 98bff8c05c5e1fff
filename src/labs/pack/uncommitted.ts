import { showControls } from '../../cluster/plain-text.ts';
import { KubelabError } from '../../errors/errors.ts';
import type { Runner, RunResult } from '../../exec/runner.ts';
import { besideLabs } from './pack-paths.ts';
import type { PackFolder } from './read-folder.ts';
import { packFile } from './pack.ts';

export interface GitOptions {
  readonly runner: Runner;
  readonly signal: AbortSignal;
}

const minute = 60_000;

/** The exit code of git where it finds no repository, or none that it would read. */
const notHere = 128;

/**
 * What goes into the pack of a folder and is not in git as it is there, a line each; nothing where the folder is in no
 * repository. Asks git, and has it run nothing that the repository names: no hook, no filter and no other program.
 * @throws KubelabError `KL-PACK-INVALID` when git can not say.
 */
export async function findUncommitted({ folder, pack, shown }: PackFolder, options: GitOptions): Promise<string[]> {
  const git = (words: readonly string[], accept: readonly number[] = [0]) => runGit(folder.root, words, accept, options);
  const place = await git(['rev-parse', '--show-prefix'], [0, notHere]);
  if (place.exitCode === notHere) {
    if (place.stderr.includes('not a git repository (or any')) return [];
    throw unknownChanges(shown, place.stderr.trim().split('\n'));
  }
  const prefix = place.stdout.replace(/\n$/, '');
  const known = await git(['config', '--null', '--name-only', '--get-regexp', String.raw`^filter\.`], [0, 1]);
  const filters = namesOfFilters(known.stdout);
  // A setting that is given to git ends its name with the first of these.
  const stubborn = filters.filter((name) => name.includes('='));
  if (stubborn.length > 0)
    throw unknownChanges(
      shown,
      stubborn.map((name) => `the filter ${showControls(name)} can not be switched off`),
    );
  const paths = [packFile, ...besideLabs, ...pack.labs.map((id) => `labs/${id}`)];
  const status = [
    'status',
    '--porcelain=v1',
    '-z',
    '--untracked-files=all',
    '--ignored=matching',
    '--ignore-submodules=dirty',
    '--no-renames',
  ];
  const { stdout } = await git([...filters.flatMap(switchOff), ...status, '--', ...paths]);
  return stdout.split('\0').flatMap((line) => {
    const [state, file] = [line.slice(0, 2), line.slice(3 + prefix.length)];
    // What has a name that begins with a dot is no part of a pack.
    if (file === '' || file.split('/').some((name) => name.startsWith('.'))) return [];
    return [
      `${showControls(file)} ${['??', '!!'].includes(state) ? 'is not in git' : state.includes('D') ? 'was removed' : 'has changed'}`,
    ];
  });
}

function unknownChanges(shown: string, details: readonly string[]): KubelabError {
  return new KubelabError('KL-PACK-INVALID', `git can not say what has changed in ${shown}`, {
    details: details.slice(0, 10),
    cure: 'Correct what is named, or pack it all the same with --uncommitted.',
  });
}

/** @param keys of the configuration, such as `filter.lfs.clean`, with zeros between them. */
function namesOfFilters(keys: string): string[] {
  return [...new Set(keys.split('\0').flatMap((key) => /^filter\.([^]*)\.[^.]*$/.exec(key)?.[1] ?? []))];
}

/** A filter without a program lets everything pass as it is. */
function switchOff(filter: string): string[] {
  return ['clean=', 'process=', 'required=false'].flatMap((setting) => ['-c', `filter.${filter}.${setting}`]);
}

function runGit(
  cwd: string,
  words: readonly string[],
  accept: readonly number[],
  { runner, signal }: GitOptions,
): Promise<RunResult> {
  const env = {
    GIT_OPTIONAL_LOCKS: '0',
    GIT_LITERAL_PATHSPECS: '1',
    // An object that is not there is not fetched, whatever the repository would have it fetched with.
    GIT_NO_LAZY_FETCH: '1',
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_TERMINAL_PROMPT: '0',
    LC_ALL: 'C',
  };
  const flags = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null'];
  return runner.run(['git', ...flags, ...words], { accept, env, cwd, timeout: minute, signal });
}
