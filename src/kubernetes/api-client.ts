import { Agent } from 'node:https';
import { Readable } from 'node:stream';
import fetch, { type Response } from 'node-fetch';
import { Interrupted } from '../errors/errors.ts';
import { ApiError, explainStatus } from './api-error.ts';
import { type ApiAccess, usualDeadline } from './api-access.ts';
import { type ExecRequest, type ExecResult, runInPod } from './api-exec.ts';
import { type SeenList, waitForChange } from './api-watch.ts';

/** The API server, spoken to from the host with a client certificate. */
export interface ApiClient {
  /**
   * GET of a path such as `/api/v1/nodes`.
   * @throws ApiError with the HTTP status for an answer that is none, or without one when nobody answered in time.
   * @throws Interrupted when the signal was aborted.
   */
  get(path: string): Promise<unknown>;
  /**
   * A command in a container, over the WebSocket form of pods/exec.
   * @throws ApiError when it could not be started, or has not ended in time.
   * @throws Interrupted when the signal was aborted.
   */
  exec(request: ExecRequest): Promise<ExecResult>;
  /**
   * Waits until one of the lists has changed since it was read.
   * @returns whether one has; false when nobody can tell any more, or the signal was aborted.
   */
  waitForChange(lists: readonly SeenList[], signal: AbortSignal): Promise<boolean>;
  /** How many requests were made since it was opened; those that wait for changes are not counted. */
  calls(): number;
  /** Ends all connections. Without it, idle ones keep the process going. */
  close(): void;
}

const bodyLimit = 16 * 1024 * 1024;

/** Connections are made when they are needed: opening asks nothing. */
export function openApiClient(access: ApiAccess): ApiClient {
  const { server, authority: ca, certificate: cert, key, signal } = access;
  const deadline = access.deadline ?? usualDeadline;
  const agent = new Agent({ ca, cert, key, keepAlive: true, maxSockets: 8 });
  const closing = new AbortController();
  let calls = 0;
  const getOnce = async (path: string): Promise<unknown> => {
    calls += 1;
    const late = AbortSignal.timeout(deadline);
    try {
      return await readAnswer(new URL(path, server), agent, AbortSignal.any([signal, closing.signal, late]));
    } catch (error) {
      if (signal.aborted) throw new Interrupted();
      if (late.aborted)
        throw new ApiError(`the API server did not answer within ${deadline / 1000} s`, undefined, { cause: error });
      throw error instanceof ApiError ? error : explainFailure(error);
    }
  };
  return {
    get: (path) =>
      getOnce(path).catch((error: unknown) => {
        // A connection that was kept open may have been ended by the server just now.
        if (!(error instanceof ApiError) || codeOf(error.cause) !== 'ECONNRESET') throw error;
        return getOnce(path);
      }),
    exec: (request) => {
      calls += 1;
      return runInPod({ server, ca, cert, key, signal, closing: closing.signal }, request);
    },
    waitForChange: (lists, until) => waitForChange(access, lists, AbortSignal.any([until, closing.signal])),
    calls: () => calls,
    close: () => {
      closing.abort();
      agent.destroy();
    },
  };
}

async function readAnswer(url: URL, agent: Agent, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(url, {
    agent,
    signal,
    redirect: 'manual',
    headers: { accept: 'application/json', 'user-agent': 'kubelab' },
  });
  const text = await readText(response);
  if (response.status !== 200) throw new ApiError(explainStatus(text, response.status), response.status);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new ApiError(`the API server did not answer ${url.pathname} with JSON`, undefined, { cause });
  }
}

async function readText(response: Response): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > bodyLimit) {
      if (response.body instanceof Readable) response.body.destroy();
      throw new ApiError(`the API server answered with more than ${bodyLimit / 1024 / 1024} MiB`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function explainFailure(error: unknown): ApiError {
  const message = error instanceof Error ? error.message : String(error);
  const reason = message.replace(/^request to \S+ failed, reason: ?/, '').trim();
  return new ApiError(`the API server can not be reached: ${reason === '' ? codeOf(error) : reason}`, undefined, {
    cause: error,
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}
