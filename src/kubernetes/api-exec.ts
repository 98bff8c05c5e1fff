import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { Interrupted } from '../errors/errors.ts';
import type { Milliseconds } from '../exec/runner.ts';
import { ApiError, explainStatus } from './api-error.ts';
import { pathSegment } from './kinds.ts';

/** What a command in a container gave back. Output is cut off at 256 KiB per stream. */
export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExecRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container?: string;
  readonly command: readonly string[];
  readonly timeout: Milliseconds;
}

interface ExecAccess {
  readonly server: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly signal: AbortSignal;
  /** Aborted when the client is closed. */
  readonly closing: AbortSignal;
}

/** The newer first; a server that does not know it takes the other. Without standard input they say the same. */
const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const channels = { stdout: 1, stderr: 2, status: 3 } as const;
const outputLimit = 256 * 1024;
const statusLimit = 64 * 1024;

/** @throws ApiError, Interrupted as ApiClient.exec says. */
export async function runInPod(access: ExecAccess, request: ExecRequest): Promise<ExecResult> {
  if (access.signal.aborted) throw new Interrupted();
  if (access.closing.aborted) throw new ApiError('the connection to the API server was closed');
  const { ca, cert, key } = access;
  const socket = new WebSocket(execUrl(access.server, request), protocols, {
    ca,
    cert,
    key,
    maxPayload: 4 * 1024 * 1024,
    perMessageDeflate: false,
    headers: { 'user-agent': 'kubelab' },
  });
  const late = AbortSignal.timeout(request.timeout);
  const stop = AbortSignal.any([access.signal, access.closing, late]);
  const end = () => socket.terminate();
  stop.addEventListener('abort', end, { once: true });
  try {
    return await converse(socket);
  } catch (error) {
    if (access.signal.aborted) throw new Interrupted();
    if (late.aborted)
      throw new ApiError(`the command has not ended after ${request.timeout / 1000} s`, undefined, { cause: error });
    throw error;
  } finally {
    stop.removeEventListener('abort', end);
    socket.terminate();
  }
}

function execUrl(server: string, request: ExecRequest): URL {
  const { namespace, pod, container, command } = request;
  const url = new URL(`/api/v1/namespaces/${pathSegment(namespace)}/pods/${pathSegment(pod)}/exec`, server);
  url.protocol = 'wss:';
  url.searchParams.set('stdout', 'true');
  url.searchParams.set('stderr', 'true');
  if (container !== undefined) url.searchParams.set('container', container);
  for (const word of command) url.searchParams.append('command', word);
  return url;
}

/** Collects what comes on each channel until the connection ends. */
function converse(socket: WebSocket): Promise<ExecResult> {
  const output = { stdout: new Bounded(outputLimit), stderr: new Bounded(outputLimit), status: new Bounded(statusLimit) };
  return new Promise((resolve, reject) => {
    socket.on('message', (data) => {
      const bytes = toBuffer(data);
      for (const [name, number] of Object.entries(channels) as [keyof typeof channels, number][])
        if (bytes[0] === number) output[name].add(bytes.subarray(1));
    });
    socket.on('unexpected-response', (request, response) => {
      void readRefusal(response).then((error) => {
        reject(error);
        request.destroy();
      });
    });
    socket.on('error', (error) =>
      reject(new ApiError(`the command could not be started: ${error.message}`, undefined, { cause: error })),
    );
    socket.on('close', () => {
      const exitCode = readStatus(output.status.text());
      if (typeof exitCode !== 'number') reject(exitCode);
      else resolve({ exitCode, stdout: output.stdout.text(), stderr: output.stderr.text() });
    });
  });
}

/** Keeps the first bytes of a stream, and drops the rest. */
class Bounded {
  readonly #chunks: Buffer[] = [];
  #left: number;

  constructor(limit: number) {
    this.#left = limit;
  }

  add(bytes: Buffer): void {
    const kept = bytes.subarray(0, this.#left);
    this.#left -= kept.byteLength;
    // A copy: the piece may be a view of a much larger message.
    if (kept.byteLength > 0) this.#chunks.push(Buffer.from(kept));
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}

function toBuffer(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}

async function readRefusal(response: IncomingMessage): Promise<ApiError> {
  const body = new Bounded(statusLimit);
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) body.add(chunk);
  } catch {
    // The status says enough.
  }
  const status = response.statusCode ?? 0;
  return new ApiError(explainStatus(body.text(), status), status);
}

interface ExecStatus {
  readonly status?: unknown;
  readonly message?: unknown;
  readonly reason?: unknown;
  readonly details?: { readonly causes?: readonly { readonly reason?: unknown; readonly message?: unknown }[] };
}

/** The exit code that the last message on the channel for errors tells. */
function readStatus(text: string): number | ApiError {
  if (text === '') return new ApiError('the connection ended before the command did');
  try {
    const { status, reason, message, details } = JSON.parse(text) as ExecStatus;
    if (status === 'Success') return 0;
    const code =
      reason === 'NonZeroExitCode' ? details?.causes?.find((cause) => cause.reason === 'ExitCode')?.message : undefined;
    if (typeof code === 'string' && /^\d{1,3}$/.test(code)) return Number(code);
    return new ApiError(`the command could not be run: ${typeof message === 'string' ? message.slice(0, 500) : String(status)}`);
  } catch (cause) {
    return new ApiError('the API server did not say how the command ended', undefined, { cause });
  }
}
