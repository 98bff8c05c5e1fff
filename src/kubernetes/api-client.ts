import type { Milliseconds } from '../exec/runner.ts';

/** What a command in a container gave back. Output is cut off at 256 KiB per stream. */
export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The API server, spoken to from the host with a client certificate. */
export interface ApiClient {
  /**
   * GET of a path such as `/api/v1/nodes`.
   * @throws ApiError with the HTTP status for an answer that is none, or without one when nobody answered in time.
   */
  get(path: string): Promise<unknown>;
  /** A command in a container, over the WebSocket form of pods/exec. @throws ApiError when it could not be started. */
  exec(request: {
    readonly namespace: string;
    readonly pod: string;
    readonly container?: string;
    readonly command: readonly string[];
    readonly timeout: Milliseconds;
  }): Promise<ExecResult>;
  /** How many requests were made since it was opened. */
  calls(): number;
}
