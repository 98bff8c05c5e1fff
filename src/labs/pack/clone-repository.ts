import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { showText } from '../../cluster/yaml-document.ts';
import { CommandFailed } from '../../errors/errors.ts';
import type { Command, Runner } from '../../exec/runner.ts';
import { limitMemory, memoryMebibytes } from './limit-memory.ts';
import { packLimits } from './pack-limits.ts';
import { besideLabs } from './pack-paths.ts';
import { hideLogin, type PackSource } from './pack-source.ts';
import { packFile } from './pack.ts';
import { unsafePack } from './refuse.ts';
import { watchSize } from './watch-size.ts';

export interface CloneOptions {
  readonly source: Extract<PackSource, { kind: 'git' }>;
  /** Is made. */
  readonly folder: string;
  readonly runner: Runner;
  readonly signal: AbortSignal;
}

/** What is there of a repository. */
export interface Clone {
  /** The commit that it is, in hexadecimal digits. */
  readonly commit: string;
}

const minute = 60_000;

/**
 * Fetches one commit of a repository and lays the files of its pack in a folder, and nothing else of it.
 * The repository decides on names and contents alone: hooks, filters and attributes, submodules and templates are off,
 * links are refused, and what is large is refused before it is written. No failure shows the login of a URL.
 * @throws KubelabError `KL-PACK-UNSAFE`
 * @throws CommandFailed when git fails, such as for a repository or a name that is not there.
 */
export async function cloneRepository(options: CloneOptions): Promise<Clone> {
  const { source, folder, signal } = options;
  const git = (words: readonly string[], timeout: number): Promise<string> => runGit(options, words, { timeout, signal });
  await mkdir(folder, { recursive: true });
  await git(['init', '--quiet', '--template=', '--', folder], minute);
  // Stronger than any attributes of the repository: nothing is filtered, and bytes stay as they are.
  await mkdir(path.join(folder, '.git', 'info'), { recursive: true });
  await writeFile(path.join(folder, '.git', 'info', 'attributes'), `* ${attributes.map((name) => `-${name}`).join(' ')}\n`);
  const fetching = [
    'fetch',
    '--quiet',
    '--depth=1',
    '--no-tags',
    '--no-recurse-submodules',
    '--',
    source.url,
    source.ref ?? 'HEAD',
  ];
  await fetchWithin(options, fetching);
  const commit = (await git(['rev-parse', '--verify', '--quiet', 'FETCH_HEAD^{commit}'], minute)).trim();
  const paths = choosePaths(await listFiles(options, commit));
  if (paths.length > 0) await git(['checkout', '--quiet', '--no-recurse-submodules', commit, '--', ...paths], minute);
  return { commit };
}

/** What is in a commit shows only when all of it is there: so there is a limit on what comes in. */
async function fetchWithin(options: CloneOptions, words: readonly string[]): Promise<void> {
  const watch = watchSize(options.folder, packLimits.repositoryBytes, options.signal);
  const failed = await runGit(options, words, { timeout: 10 * minute, signal: watch.signal }).then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  const isTooLarge = await watch.end();
  if (isTooLarge && !options.signal.aborted)
    throw unsafePack(`the repository is larger than ${packLimits.repositoryBytes / 1024 / 1024} MiB`);
  if (failed !== undefined) throw failed.error;
}

/** More than the listing of the largest pack has. */
const listingLength = 4 * 1024 * 1024;

/** What is in a commit where a pack has its files. Folders can name each other so often that they have no end. */
async function listFiles(options: CloneOptions, commit: string): Promise<string> {
  const words = ['ls-tree', '-r', '-l', '-z', '--full-tree', commit, '--', ...tops];
  try {
    return await runGit(options, words, { timeout: minute, signal: options.signal });
  } catch (error) {
    if (!(error instanceof CommandFailed) || error.stdout.length <= listingLength) throw error;
    throw unsafePack(`the repository holds more than ${packLimits.entries} files of labs`);
  }
}

const attributes = ['text', 'eol', 'crlf', 'ident', 'filter', 'working-tree-encoding', 'diff', 'merge'];

/** What this user's or the system's configuration may say otherwise. */
const settings = {
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'core.symlinks': 'false',
  'core.autocrlf': 'false',
  // A file that is larger than a pack may have passes through in pieces: as zeros it can be far larger than what comes in.
  'core.bigFileThreshold': '1m',
  // Older versions of git do that only where they leave what came in together.
  'fetch.unpackLimit': '1',
  'core.protectHFS': 'true',
  'core.protectNTFS': 'true',
  'core.askPass': '',
  'credential.interactive': 'false',
  'submodule.recurse': 'false',
  'fetch.recurseSubmodules': 'false',
  'fetch.fsckObjects': 'true',
  'fetch.writeCommitGraph': 'false',
  'gc.auto': '0',
  'maintenance.auto': 'false',
  'protocol.allow': 'never',
  'advice.detachedHead': 'false',
};

async function runGit(
  { runner, folder, source }: CloneOptions,
  words: readonly string[],
  limits: { readonly timeout: number; readonly signal: AbortSignal },
): Promise<string> {
  const dir = path.join(folder, '.git');
  const config = { ...settings, [`protocol.${source.protocol}.allow`]: 'always' };
  const flags = Object.entries(config).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const place = words[0] === 'init' ? [] : [`--git-dir=${dir}`, `--work-tree=${folder}`];
  const env = {
    // Whatever kubelab itself was run in: no other repository is meant.
    ...(words[0] === 'init' ? {} : { GIT_DIR: dir, GIT_WORK_TREE: folder }),
    GIT_INDEX_FILE: path.join(dir, 'index'),
    GIT_OBJECT_DIRECTORY: path.join(dir, 'objects'),
    GIT_ALTERNATE_OBJECT_DIRECTORIES: '',
    GIT_ALLOW_PROTOCOL: source.protocol,
    GIT_LITERAL_PATHSPECS: '1',
    GIT_LFS_SKIP_SMUDGE: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '',
    SSH_ASKPASS: '',
    GCM_INTERACTIVE: 'never',
    GIT_SSH_COMMAND: 'ssh -o BatchMode=yes',
    LC_ALL: 'C',
  };
  const command: Command = ['git', ...flags, ...place, ...words];
  try {
    // Nothing of the repository is there at first, and that git itself is missing shows best without a limit.
    return (await runner.run(words[0] === 'init' ? command : limitMemory(command), { ...limits, env, cwd: folder })).stdout;
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    if (isOutOfMemory(error)) throw unsafePack(`the repository takes more than ${memoryMebibytes} MiB of memory to read`);
    throw showFailure(error, command, source.url);
  }
}

/** What another host says of its own memory is marked as its. */
function isOutOfMemory({ stderr }: CommandFailed): boolean {
  return /^(?!remote:).*out of memory/im.test(stderr);
}

/** The same failure of the command that was meant, and nothing in it of what a user logs in with. */
function showFailure(error: CommandFailed, command: Command, url: string): CommandFailed {
  return new CommandFailed({
    command: command.map((word) => hideLogin(word, url)),
    place: error.place,
    exitCode: error.commandExitCode,
    timedOut: error.timedOut,
    stdout: hideLogin(error.stdout, url),
    stderr: hideLogin(error.stderr, url),
    message: hideLogin(error.message, url),
  });
}

/** Where a pack has its files in a repository. */
const tops: readonly string[] = [packFile, 'labs', ...besideLabs];

/** The top of a pack that a listing of a commit has, once nothing below it is what no pack may hold. */
function choosePaths(listing: string): string[] {
  const found = new Set<string>();
  let bytes = 0;
  let count = 0;
  for (const line of listing.split('\0')) {
    const [, mode = '', type = '', size = '', file = ''] = /^(\d+) (\w+) \S+ +(\S+)\t([^]*)$/.exec(line) ?? [];
    const [top = ''] = file.split('/');
    if (!isOfPack(file, top)) continue;
    if (mode === '120000') throw unsafePack(`${showText(file)} is a link`);
    if (type !== 'blob') throw unsafePack(`${showText(file)} is a repository of its own (a submodule)`);
    count += 1;
    bytes += Number(size);
    if (Number(size) > packLimits.fileBytes)
      throw unsafePack(`${showText(file)} is larger than ${packLimits.fileBytes / 1024 / 1024} MiB`);
    if (count > packLimits.entries) throw unsafePack(`the repository holds more than ${packLimits.entries} files of labs`);
    if (!(bytes <= packLimits.bytes)) throw unsafePack(`its labs are larger than ${packLimits.bytes / 1024 / 1024} MiB together`);
    found.add(top);
  }
  return [...found];
}

function isOfPack(file: string, top: string): boolean {
  return file !== top ? top === 'labs' : tops.includes(top);
}
