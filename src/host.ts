import type { Machine, Streams } from './commands/context.ts';
import type { Language } from './labs/language.ts';

/** What the program needs of the process that it runs in. */
export interface Host {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly streams: Streams;
  readonly home: string;
  /** 0 for root. */
  readonly userId: number;
  readonly machine: Machine;
  /** The folder that kubelab is installed in, and its version. */
  readonly packageFolder: string;
  readonly version: string;
  /** "node v20.20.2, linux x64": what a report of a bug has to say besides the version. */
  readonly platform: string;
  /** Tells of each SIGINT and SIGTERM until the returned function is called. */
  onSignal(listener: (signal: 'SIGINT' | 'SIGTERM') => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
}

/** What decides how output looks. */
export interface OutputChoice {
  readonly json: boolean;
  readonly verbose: boolean;
  /** Undefined: the terminal and the environment decide. */
  readonly color: boolean | undefined;
  /** The language of errors. */
  readonly language: Language;
  /** Where the logs of the run lie. */
  readonly logs?: string;
}
