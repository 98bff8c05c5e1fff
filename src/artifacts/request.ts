import type { Agent } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import fetch, { isRedirect, type Response } from 'node-fetch';
import pRetry from 'p-retry';
import { Interrupted, KubelabError } from '../errors/errors.ts';
import type { Milliseconds } from '../exec/runner.ts';

/** Host to the base URL that answers in its place, such as a mirror: `{'dl.k8s.io': 'https://mirror.lan/dl'}`. */
export type Endpoints = Readonly<Record<string, string>>;

/** Sends one GET request and returns whatever came back, errors included. */
export type Send = (url: string, headers: Readonly<Record<string, string>>, signal: AbortSignal) => Promise<Response>;

export interface RequestSettings {
  readonly signal: AbortSignal;
  /** Default: node-fetch without a proxy. */
  readonly send?: Send;
  /** Without a byte for this long a try has failed. Default 30 s. */
  readonly stallTimeout?: Milliseconds;
  /** The pause after the first try; each next one is twice as long. Default 1 s. */
  readonly firstPause?: Milliseconds;
}

/** One try of a request. */
export interface Try {
  /** Aborted by the user, or when nothing came for too long. */
  readonly signal: AbortSignal;
  /** To be called whenever something came. */
  alive(): void;
}

const tries = 5;
const longestPause = 30_000;
/** How often a redirect is followed, as the fetch standard has it. */
const hopLimit = 20;

/** A failure that the next try may not have. */
export class Transient extends Error {
  /** How long the server asked to wait. */
  readonly pause: Milliseconds | undefined;
  /** What came so far is of no use for the next try. */
  readonly restart: boolean;

  constructor(
    message: string,
    detail: { readonly pause?: Milliseconds | undefined; readonly restart?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: detail.cause });
    this.name = 'Transient';
    this.pause = detail.pause;
    this.restart = detail.restart ?? false;
  }
}

/** The URL that is really asked: the host's endpoint in place of the host. */
export function locate(url: string, endpoints: Endpoints = {}): string {
  const { host } = new URL(url);
  const base = endpoints[host];
  if (base === undefined) return url;
  return base.replace(/\/+$/, '') + url.slice(url.indexOf(host) + host.length);
}

/**
 * A sender that goes through the given agents, such as a proxy's. It follows redirects by itself, as node-fetch throws in
 * an event handler, where nobody catches it, for an address that it does not like.
 */
export function createSend(agentFor?: (url: URL) => Agent | undefined): Send {
  return async (url, headers, signal) => {
    let address = new URL(url);
    let sent: Readonly<Record<string, string>> = { 'accept-encoding': 'identity', 'user-agent': 'kubelab', ...headers };
    requireWeb(address, `${withoutLogin(address)} is`);
    for (let hops = 0; ; hops += 1) {
      const response = await fetch(address.href, {
        headers: sent,
        compress: false,
        redirect: 'manual',
        signal,
        agent: (parsed: URL) => agentFor?.(parsed),
      });
      const location = isRedirect(response.status) ? response.headers.get('location') : null;
      if (location === null) return response;
      closeBody(response);
      if (hops === hopLimit) throw new Transient(`the server led to another address more than ${hopLimit} times`);
      const next = readHop(address, location);
      if (!isTrusted(address, next)) sent = Object.fromEntries(Object.entries(sent).filter(([name]) => !isLogin(name)));
      address = next;
    }
  };
}

/**
 * Where a redirect leads.
 * @throws KubelabError `KL-SOURCE-REFUSED` when nothing may be fetched from there.
 * @throws Transient when it can not be read.
 */
function readHop(from: URL, location: string): URL {
  if (!URL.canParse(location, from.href)) throw new Transient('the server led to what is no address');
  const to = new URL(location, from);
  requireWeb(to, `${from.href} leads to`);
  // Each hop counts: on the way between two encrypted ones somebody could have led elsewhere.
  if (from.protocol === 'https:' && to.protocol !== 'https:')
    throw new KubelabError('KL-SOURCE-REFUSED', `${from.href} leads to ${to.href}, which is not encrypted`);
  return to;
}

/** @throws KubelabError `KL-SOURCE-REFUSED` for what is no web address, and for one with a login in it. */
function requireWeb(address: URL, subject: string): void {
  if (address.protocol !== 'https:' && address.protocol !== 'http:')
    throw new KubelabError('KL-SOURCE-REFUSED', `${subject} something that is no web address`);
  if (address.username !== '' || address.password !== '')
    throw new KubelabError('KL-SOURCE-REFUSED', `${subject} an address with a login in it, which kubelab sends nowhere`);
}

function withoutLogin(address: URL): string {
  const shown = new URL(address);
  shown.username = '';
  shown.password = '';
  return shown.href;
}

/** Whether what one address may know is for the other, too: the same host or one below it, by the same protocol. */
function isTrusted(from: URL, to: URL): boolean {
  return to.protocol === from.protocol && (to.hostname === from.hostname || to.hostname.endsWith(`.${from.hostname}`));
}

function isLogin(header: string): boolean {
  return ['authorization', 'cookie'].includes(header.toLowerCase());
}

/**
 * Sends the request and takes only an answer that means yes.
 * @throws KubelabError `KL-SOURCE-REFUSED` when the server will not have it, however often it is asked.
 * @throws Transient when another try may help.
 */
export async function request(
  url: string,
  headers: Readonly<Record<string, string>>,
  send: Send,
  signal: AbortSignal,
): Promise<Response> {
  const response = await send(url, headers, signal).catch((error: unknown) => {
    throw toTransient(error);
  });
  const { status } = response;
  if (response.ok) return response;
  closeBody(response);
  if (status === 408 || status === 416 || status === 425 || status === 429 || status >= 500)
    throw new Transient(`the server answered ${status}`, {
      pause: pauseOf(response.headers.get('retry-after')),
      restart: status === 416,
    });
  throw new KubelabError('KL-SOURCE-REFUSED', `${url} answered ${status} ${response.statusText}`.trimEnd());
}

/** Ends a connection whose answer is not read to the end. */
export function closeBody(response: Response): void {
  const { body } = response;
  // An answer that was cut reports its error on the stream, which nobody listens to any more.
  body?.on('error', () => undefined);
  if (body instanceof Readable) body.destroy();
}

/** The pieces of an answer as they come. @throws Transient when the connection breaks. */
export async function* readBody(response: Response, attempt: Try): AsyncGenerator<Buffer> {
  const iterator = (response.body as AsyncIterable<Buffer> | null)?.[Symbol.asyncIterator]();
  if (iterator === undefined) return;
  let whole = false;
  try {
    for (;;) {
      const next = await iterator.next().catch((error: unknown) => {
        throw toTransient(error);
      });
      attempt.alive();
      whole = next.done === true;
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    if (!whole) closeBody(response);
  }
}

/**
 * Tries up to five times, with growing pauses.
 * @throws KubelabError `KL-SOURCE-UNREACHABLE` naming the URL and the last reason.
 */
export async function withTries<T>(url: string, settings: RequestSettings, work: (attempt: Try) => Promise<T>): Promise<T> {
  try {
    return await pRetry(() => tryOnce(settings, work), {
      retries: tries - 1,
      minTimeout: settings.firstPause ?? 1_000,
      maxTimeout: longestPause,
      randomize: true,
      signal: settings.signal,
      shouldRetry: ({ error }) => error instanceof Transient,
      onFailedAttempt: async ({ error, retriesLeft }) => {
        if (error instanceof Transient && error.pause !== undefined && retriesLeft > 0)
          await sleep(error.pause, undefined, { signal: settings.signal });
      },
    });
  } catch (error) {
    if (settings.signal.aborted) throw new Interrupted();
    if (error instanceof Transient)
      throw new KubelabError('KL-SOURCE-UNREACHABLE', `${url} could not be fetched in ${tries} tries: ${error.message}`, {
        cause: error,
      });
    throw error;
  }
}

/**
 * Fetches something small into memory.
 * @throws KubelabError `KL-SOURCE-REFUSED`, `KL-SOURCE-UNREACHABLE`, `KL-SOURCE-DIGEST` when it is larger than the limit.
 */
export async function fetchBytes(
  url: string,
  settings: RequestSettings,
  options: { readonly limit: number; readonly headers?: Readonly<Record<string, string>> },
): Promise<{ readonly body: Buffer; readonly response: Response }> {
  const send = settings.send ?? createSend();
  return withTries(url, settings, async (attempt) => {
    const response = await request(url, options.headers ?? {}, send, attempt.signal);
    attempt.alive();
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of readBody(response, attempt)) {
      bytes += chunk.byteLength;
      if (bytes > options.limit) throw tooLarge(url, options.limit);
      chunks.push(chunk);
    }
    checkWhole(response, bytes);
    return { body: Buffer.concat(chunks), response };
  });
}

export function tooLarge(url: string, limit: number): KubelabError {
  return new KubelabError('KL-SOURCE-DIGEST', `${url} is larger than the ${limit} bytes that it may have`);
}

/** The length that the server announced for this answer. */
export function announcedBytes(response: Response): number | undefined {
  const text = response.headers.get('content-length');
  return text !== null && /^\d+$/.test(text) ? Number(text) : undefined;
}

function checkWhole(response: Response, bytes: number): void {
  const announced = announcedBytes(response);
  if (announced !== undefined && announced !== bytes)
    throw new Transient(`the connection ended after ${bytes} of ${announced} bytes`);
}

async function tryOnce<T>(settings: RequestSettings, work: (attempt: Try) => Promise<T>): Promise<T> {
  const stall = new AbortController();
  const milliseconds = settings.stallTimeout ?? 30_000;
  const timer = setTimeout(() => stall.abort(), milliseconds);
  try {
    return await work({ signal: AbortSignal.any([settings.signal, stall.signal]), alive: () => timer.refresh() });
  } catch (error) {
    if (stall.signal.aborted && !settings.signal.aborted)
      throw new Transient(`nothing came for ${milliseconds / 1000} s`, { cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function toTransient(error: unknown): unknown {
  if (error instanceof KubelabError || !(error instanceof Error)) return error;
  const { code, name } = error as NodeJS.ErrnoException;
  if (code === undefined && name !== 'FetchError' && name !== 'AbortError') return error;
  const reason = error.message.replace(/^request to \S+ failed, reason: ?/, '').trim();
  return new Transient(reason === '' ? (code ?? name) : reason, { cause: error });
}

function pauseOf(retryAfter: string | null): Milliseconds | undefined {
  if (retryAfter === null) return undefined;
  const milliseconds = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now();
  return Number.isFinite(milliseconds) ? Math.min(Math.max(milliseconds, 0), 60_000) : undefined;
}
