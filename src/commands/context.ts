import type { EventSink } from '../events.ts';
import type { Runner } from '../exec/runner.ts';
import type { Question } from '../ui/ask.ts';
import type { OutputStream } from '../ui/renderer.ts';
import type { GlobalValues } from './flags.ts';

export interface Streams {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

/** Absolute paths. Only `package` is sure to exist. */
export interface Folders {
  readonly home: string;
  /** Downloads, node images, base boxes: shared by clusters, and safe to remove. */
  readonly cache: string;
  /** Attempts, progress, installed packs: the learner's, and never removed. */
  readonly state: string;
  /** Where kubelab is installed: provision/, labs/ and Vagrantfile.tmpl lie in it. */
  readonly package: string;
}

/** All that a command may touch of the world around it. */
/** The process that kubelab runs as, and what it runs on. */
export interface Machine {
  readonly pid: number;
  readonly hostname: string;
  /** As Node names it: `linux`, `darwin`, `win32`. */
  readonly platform: string;
  /** As Node names it: `x64`, `arm64`. */
  readonly architecture: string;
  /** The arguments that kubelab was run with. */
  readonly words: readonly string[];
  readonly kill: (pid: number, signal: 0) => unknown;
}

export interface Context {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly streams: Streams;
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  readonly events: EventSink;
  /** Runs commands on this host. Loaded by its first use. */
  readonly runner: Runner;
  readonly folders: Folders;
  /** The version of kubelab. */
  readonly version: string;
  /** 0 for root. */
  readonly userId: number;
  readonly machine: Machine;
  /** Absolute path of the spec, which need not exist: `--file`, or kubelab.yaml in the folder kubelab runs in. */
  readonly specFile: string;
  readonly globals: GlobalValues;
  /**
   * Whether the person wants it: at once with `--yes` where that answers the question, else by asking.
   * @throws KubelabError `KL-USE` when there is no terminal to ask on.
   */
  ask(question: Question): Promise<boolean>;
  /** Says where the logs of this run lie, so that an error can point there. */
  showLogsAt(path: string): void;
}
