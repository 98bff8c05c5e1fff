/** A duration in milliseconds. */
export type Milliseconds = number;

export type Command = readonly [string, ...string[]];

export interface RunOptions {
  /** The command is killed, with its whole process group, when this many milliseconds have passed. */
  readonly timeout: Milliseconds;
  /** Aborting it kills the command with its whole process group. */
  readonly signal: AbortSignal;
  readonly input?: string | Uint8Array;
  /** A file of this host that the command reads as its input, however large it is; instead of `input`. */
  readonly inputFile?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Called for each whole line as it comes. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /** Exit codes that are answers, not failures. Default: only 0. `any` takes all. */
  readonly accept?: readonly number[] | 'any';
}

export interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: Milliseconds;
}

/** Something that commands can be run on: this host, or a node. */
export interface Runner {
  /**
   * Runs one command, given as a list of arguments and never as a line for a shell.
   * @throws CommandFailed when it ends with a code that is not accepted, or its timeout passes.
   * @throws Interrupted when the signal was aborted.
   */
  run(command: Command, options: RunOptions): Promise<RunResult>;
}
