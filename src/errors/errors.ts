import { catalogue, type ErrorCode, type ExitCode, exitCodes } from './catalogue.ts';

/** What an error says to those who read Korean; what is left out reads as in English. */
export interface KoreanDetail {
  readonly message: string;
  readonly details?: readonly string[];
  /** Belongs to a cure of the error's own; the catalogue has its cures in Korean itself. */
  readonly cure?: string;
}

export interface ErrorDetail {
  /** One line per finding, shown under the title. */
  readonly details?: readonly string[];
  /** Replaces the catalogue's cure where the place knows a better one. */
  readonly cure?: string;
  /** Where a learner may meet it. Shown where `src/errors/korean.ts` has the code. */
  readonly ko?: KoreanDetail;
  readonly cause?: unknown;
}

/** A failure that the person at the keyboard can fix: shown with code, cause and cure, never with a stack. */
export class KubelabError extends Error {
  readonly code: ErrorCode;
  readonly details: readonly string[];
  readonly cure: string;
  readonly ko: KoreanDetail | undefined;

  /** @param what what happened, in one sentence about this case. */
  constructor(code: ErrorCode, what: string, detail: ErrorDetail = {}) {
    super(what, { cause: detail.cause });
    this.name = 'KubelabError';
    this.code = code;
    this.details = detail.details ?? [];
    this.cure = detail.cure ?? catalogue[code].cure;
    this.ko = detail.ko;
  }

  get exitCode(): ExitCode {
    return catalogue[this.code].exit;
  }
}

/** A tool that kubelab ran failed: shown with the command to paste and the end of its output. */
export class CommandFailed extends Error {
  readonly command: readonly string[];
  /** Where it ran: `host` or a node's name. */
  readonly place: string;
  readonly commandExitCode: number | undefined;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;

  constructor(fields: {
    command: readonly string[];
    place: string;
    exitCode: number | undefined;
    timedOut: boolean;
    stdout: string;
    stderr: string;
    message: string;
  }) {
    super(fields.message);
    this.name = 'CommandFailed';
    this.command = fields.command;
    this.place = fields.place;
    this.commandExitCode = fields.exitCode;
    this.timedOut = fields.timedOut;
    this.stdout = fields.stdout;
    this.stderr = fields.stderr;
  }

  get exitCode(): ExitCode {
    return this.timedOut ? exitCodes.deadline : exitCodes.clusterFailed;
  }
}

/** The failure of a command that there is another way after, undefined where it did its work; any other error is thrown. */
export async function failureOf(work: Promise<unknown>): Promise<CommandFailed | undefined> {
  try {
    await work;
  } catch (error) {
    if (error instanceof CommandFailed) return error;
    throw error;
  }
  return undefined;
}

/** What a command gives, undefined where it failed; any other error is thrown. */
export async function unlessFailed<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof CommandFailed) return undefined;
    throw error;
  }
}

/** Ctrl-C, or whatever else aborted the run on purpose. */
export class Interrupted extends Error {
  constructor(message = 'interrupted') {
    super(message);
    this.name = 'Interrupted';
  }
  readonly exitCode = exitCodes.interrupted;
}
