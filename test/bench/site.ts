import { mkdir, rm, writeFile } from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { locateCluster, type ClusterFolder } from '../../src/cluster/cluster-folder.ts';
import { readIfThere } from '../../src/cluster/files.ts';
import type { Node } from '../../src/cluster/node.ts';
import type { Context } from '../../src/commands/context.ts';
import { CommandFailed, Interrupted } from '../../src/errors/errors.ts';
import { localRunner } from '../../src/exec/local.ts';
import { sshRunner } from '../../src/exec/ssh.ts';

/** The folder of this checkout; this file is compiled into dist/test/bench. */
export const packageFolder = path.resolve(import.meta.dirname, '../../..');

export interface SiteOptions {
  /** Where its folder is made. */
  readonly parent: string;
  readonly name: string;
  /** As the spec has them. */
  readonly kubernetes: string;
  readonly source: string;
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

/** One run of the kubelab program. */
export interface ProgramRun {
  /** From the start of the process to its end. */
  readonly seconds: number;
  /** The `data` of its result. */
  readonly data: unknown;
}

/** A folder with a spec, and the cluster that is made from it. */
export interface Site {
  readonly name: string;
  readonly folder: ClusterFolder;
  /** What commands get, for work in this process. */
  readonly context: Context;
  /** Writes the spec for one control plane and some workers. */
  writeSpec(workers: number): Promise<void>;
  /** Runs the program in the folder, with `--json`. @throws CommandFailed, Interrupted */
  kubelab(...words: readonly string[]): Promise<ProgramRun>;
  node(name: string): Pick<Node, 'run'>;
  /** Removes the cluster whole; does nothing where none was made. Goes on when the rest was interrupted. */
  destroy(): Promise<void>;
}

export async function createSite(options: SiteOptions): Promise<Site> {
  const home = path.join(options.parent, options.name);
  await mkdir(home, { recursive: true });
  const folder = locateCluster(home, options.name);
  const context = createContext(home, options);
  return {
    name: options.name,
    folder,
    context,
    writeSpec: (workers) =>
      writeFile(
        context.specFile,
        `name: ${options.name}\nkubernetes: "${options.kubernetes}"\nprovider: nspawn\nsource: ${options.source}\nworkers: {count: ${workers}}\n`,
      ),
    kubelab: (...words) => runProgram(home, words, options.signal),
    node: (name) => sshRunner(context.runner, { configFile: path.join(folder.root, 'ssh_config'), host: name, sudo: false }),
    destroy: async () => {
      if ((await readIfThere(folder.state)) === undefined) return;
      options.progress(`destroying the cluster ${options.name}`);
      await runProgram(home, ['destroy', '--yes'], new AbortController().signal);
      await rm(home, { recursive: true, force: true });
    },
  };
}

function createContext(home: string, { signal, progress }: SiteOptions): Context {
  const cache = process.env['XDG_CACHE_HOME'] ?? '';
  const state = process.env['XDG_STATE_HOME'] ?? '';
  return {
    cwd: home,
    env: process.env,
    streams: { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr },
    version: '0.0.0-bench',
    signal,
    events: (event) => {
      if (event.type === 'progress') progress(event.text);
    },
    runner: localRunner(),
    folders: {
      home: homedir(),
      cache: path.join(cache === '' ? path.join(homedir(), '.cache') : cache, 'kubelab'),
      state: path.join(state === '' ? path.join(homedir(), '.local', 'state') : state, 'kubelab'),
      package: packageFolder,
    },
    userId: process.getuid?.() ?? -1,
    machine: {
      pid: process.pid,
      hostname: hostname(),
      platform: process.platform,
      architecture: process.arch,
      words: ['bench'],
      kill: (pid, number) => process.kill(pid, number),
    },
    specFile: path.join(home, 'kubelab.yaml'),
    globals: { file: undefined, yes: true, json: false, quiet: false, verbose: false, color: false },
    ask: async () => true,
    showLogsAt: () => {},
  };
}

/** How long the program may take to end by itself once it was interrupted, and how long a run may take at most. */
const patience = { grace: 60_000, run: 40 * 60_000 } as const;

async function runProgram(home: string, words: readonly string[], signal: AbortSignal): Promise<ProgramRun> {
  const [file, ...args] = [process.execPath, path.join(packageFolder, 'bin', 'kubelab.js'), ...words, '--json'] as const;
  const started = performance.now();
  // A group of its own: Ctrl-C must reach it once, by the signal, and not a second time from the terminal.
  const result = await execa(file, args, {
    cwd: home,
    // What a lab keeps of its learner goes with the bench.
    env: { XDG_STATE_HOME: path.join(home, 'state') },
    detached: true,
    stdin: 'ignore',
    reject: false,
    cancelSignal: signal,
    timeout: patience.run,
    forceKillAfterDelay: patience.grace,
  });
  const seconds = (performance.now() - started) / 1000;
  if (signal.aborted) throw new Interrupted();
  const last = result.stdout.trimEnd().split('\n').at(-1) ?? '';
  if (result.exitCode === 0) return { seconds, data: (JSON.parse(last) as { data: unknown }).data };
  throw new CommandFailed({
    command: ['kubelab', ...words],
    place: 'host',
    exitCode: result.exitCode,
    timedOut: result.timedOut,
    stdout: last,
    stderr: result.stderr,
    message: `kubelab ${words.join(' ')} in ${home} ended with exit code ${result.exitCode ?? result.signal ?? 'none'}`,
  });
}
