import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What goes wrong with one request. */
export interface Fault {
  /** Answers with this and no content. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Closes the connection after so many bytes of what was asked for. */
  readonly cutAfter?: number;
  /** Sends so many bytes, then nothing more. */
  readonly stallAfter?: number;
  /** Sends the whole file whatever range was asked for. */
  readonly ignoreRange?: boolean;
  /** Sends this in place of the file. */
  readonly content?: Buffer;
}

export interface SeenRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Bytes of content that were sent. */
  sent: number;
}

interface ServedFile {
  readonly content: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** A server on 127.0.0.1 that has the files it was given and fails when it was told to. */
export interface UpstreamServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: SeenRequest[];
  /** Where a host of the real world is found here. */
  endpoint(host: string): string;
  /** Puts a file at `/HOST/path`. */
  serve(path: string, content: Buffer | string, headers?: Readonly<Record<string, string>>): void;
  remove(path: string): void;
  /** The next requests for the path meet these, one each; after the last one all is well. */
  fail(path: string, ...faults: Fault[]): void;
  requestsOf(path: string): readonly SeenRequest[];
  /** Makes every repository under `/HOST/v2/` want a token that `/HOST/token` gives. */
  requireLogin(host: string): void;
}

export async function startUpstreamServer(): Promise<UpstreamServer> {
  const files = new Map<string, ServedFile>();
  const faults = new Map<string, Fault[]>();
  const guarded = new Set<string>();
  const requests: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const path = decodeURI(new URL(request.url ?? '/', 'http://localhost').pathname);
    const seen: SeenRequest = { path, headers: request.headers, sent: 0 };
    requests.push(seen);
    const host = path.split('/')[1] ?? '';
    if (guarded.has(host) && answerLogin(url, host, path, request, response)) return;
    answer(request, response, files.get(path), faults.get(path)?.shift() ?? {}, seen);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    requests,
    endpoint: (host) => `${url}/${host}`,
    serve: (path, content, headers = {}) => void files.set(path, { content: Buffer.from(content), headers }),
    remove: (path) => void files.delete(path),
    fail: (path, ...list) => void faults.set(path, list),
    requestsOf: (path) => requests.filter((one) => one.path === path),
    requireLogin: (host) => void guarded.add(host),
    [Symbol.asyncDispose]: () => stop(server),
  };
}

/** Whether the request was answered: with a token, or with the demand for one. */
function answerLogin(url: string, host: string, path: string, request: IncomingMessage, response: ServerResponse): boolean {
  const asked = new URL(request.url ?? '/', url);
  if (path === `/${host}/token`) {
    response.end(
      JSON.stringify({ token: `for ${asked.searchParams.get('scope') ?? ''} at ${asked.searchParams.get('service') ?? ''}` }),
    );
    return true;
  }
  const repository = /\/v2\/(.+)\/(?:manifests|blobs)\//.exec(path)?.[1] ?? '';
  const scope = `repository:${repository}:pull`;
  if (request.headers.authorization === `Bearer for ${scope} at ${host}`) return false;
  response.writeHead(401, { 'www-authenticate': `Bearer realm="${url}/${host}/token",service="${host}",scope="${scope}"` }).end();
  return true;
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  file: ServedFile | undefined,
  fault: Fault,
  seen: SeenRequest,
): void {
  if (fault.status !== undefined) return void response.writeHead(fault.status, fault.headers ?? {}).end();
  if (file === undefined) return void response.writeHead(404).end();
  const content = fault.content ?? file.content;
  const etag = `"${createHash('sha256').update(content).digest('hex').slice(0, 16)}"`;
  const start = fault.ignoreRange === true ? 0 : startOf(request, etag);
  if (start >= content.length && start > 0) return void response.writeHead(416).end();
  const body = content.subarray(start);
  response.writeHead(start > 0 ? 206 : 200, {
    etag,
    'content-length': String(body.length),
    ...(start > 0 ? { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` } : {}),
    ...file.headers,
  });
  const limit = fault.cutAfter ?? fault.stallAfter;
  seen.sent = Math.min(limit ?? body.length, body.length);
  if (limit === undefined) response.end(body);
  else response.write(body.subarray(0, limit), () => fault.cutAfter !== undefined && setTimeout(() => response.destroy(), 30));
}

function startOf(request: IncomingMessage, etag: string): number {
  const condition = request.headers['if-range'];
  if (condition !== undefined && condition !== etag) return 0;
  return Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
