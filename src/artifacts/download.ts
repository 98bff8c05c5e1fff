import type { Response } from 'node-fetch';
import { KubelabError } from '../errors/errors.ts';
import { mapParallel } from './parallel.ts';
import type { Part } from './part.ts';
import {
  announcedBytes,
  closeBody,
  createSend,
  readBody,
  request,
  type RequestSettings,
  tooLarge,
  Transient,
  type Try,
  withTries,
} from './request.ts';
import type { Store } from './store.ts';
import type { Stored } from './stored.ts';

export interface Download extends RequestSettings {
  readonly url: string;
  /** `sha256:...`; without it the file gets whatever digest it has. */
  readonly digest?: string;
  /** Names the file for sure where its digest is of another kind; who gives it looks at that digest at the end. */
  readonly key?: string;
  /** More bytes than this are refused. */
  readonly sizeLimit: number;
  readonly store: Store;
  /** The bytes that are there so far, and of how many where the server says. */
  readonly onProgress?: (bytes: number, total: number | undefined) => void;
}

/** What tells one version of a file at a server from the next. */
interface Validator {
  value: string | undefined;
}

/**
 * Fetches a file into the store, or finds it there. A transfer that was cut goes on where it stopped, in this run or the
 * next; nothing is put into the store before its digest was seen to be right.
 * @throws KubelabError `KL-SOURCE-REFUSED`, `KL-SOURCE-UNREACHABLE`, `KL-SOURCE-DIGEST`, `KL-HOST-DISK-FULL`
 * @throws Interrupted when the signal was aborted.
 */
export async function download(wanted: Download): Promise<Stored> {
  const { digest, store, url } = wanted;
  if (digest !== undefined) {
    const found = await store.use(digest);
    if (found !== undefined) return found;
  }
  const part = await store.begin(digest ?? wanted.key);
  const inherited = part.bytes > 0;
  await fill(part, wanted);
  try {
    return await part.finish(digest, url);
  } catch (error) {
    if (!inherited || !(error instanceof KubelabError) || error.code !== 'KL-SOURCE-DIGEST') throw error;
  }
  // What an earlier run left may not have been from the same file, so that alone proves nothing against the source.
  const fresh = await store.begin();
  await fill(fresh, wanted);
  return fresh.finish(digest, url);
}

/** Fetches all, some at a time, and reports the sum of their progress. The first failure ends the others. */
export async function downloadAll(
  list: readonly Omit<Download, 'signal' | 'onProgress'>[],
  options: {
    readonly signal: AbortSignal;
    readonly parallel?: number;
    readonly onProgress?: (progress: DownloadProgress) => void;
  },
): Promise<Stored[]> {
  const bytes = list.map(() => 0);
  let files = 0;
  const report = (): void =>
    options.onProgress?.({ files, ofFiles: list.length, bytes: bytes.reduce((sum, one) => sum + one, 0) });
  return mapParallel([...list.entries()], options.parallel ?? 6, options.signal, async ([index, one], signal) => {
    const stored = await download({
      ...one,
      signal,
      onProgress: (done) => {
        bytes[index] = done;
        report();
      },
    });
    bytes[index] = stored.bytes;
    files += 1;
    report();
    return stored;
  });
}

export interface DownloadProgress {
  readonly files: number;
  readonly ofFiles: number;
  readonly bytes: number;
}

async function fill(part: Part, wanted: Download): Promise<void> {
  const validator: Validator = { value: undefined };
  try {
    await withTries(wanted.url, wanted, (attempt) => transfer(part, validator, wanted, attempt));
  } catch (error) {
    const useless = error instanceof KubelabError && (error.code === 'KL-SOURCE-DIGEST' || error.code === 'KL-SOURCE-REFUSED');
    await (useless ? part.discard() : part.keep());
    throw error;
  }
}

async function transfer(part: Part, validator: Validator, wanted: Download, attempt: Try): Promise<void> {
  const response = await ask(part, validator, wanted, attempt);
  attempt.alive();
  const rest = announcedBytes(response);
  const total = rest === undefined ? undefined : part.bytes + rest;
  validator.value = validatorOf(response);
  if (total !== undefined && total > wanted.sizeLimit) {
    closeBody(response);
    throw tooLarge(wanted.url, wanted.sizeLimit);
  }
  for await (const chunk of readBody(response, attempt)) {
    if (part.bytes + chunk.byteLength > wanted.sizeLimit) throw tooLarge(wanted.url, wanted.sizeLimit);
    await part.append(chunk);
    wanted.onProgress?.(part.bytes, total);
  }
  if (total !== undefined && part.bytes !== total)
    throw new Transient(`the connection ended after ${part.bytes} of ${total} bytes`);
}

/** Asks for what is missing, and starts over where the server sends something else. */
async function ask(part: Part, validator: Validator, wanted: Download, attempt: Try): Promise<Response> {
  // With neither a validator nor a digest nothing would tell that the file changed between two tries.
  if (validator.value === undefined && wanted.digest === undefined && wanted.key === undefined) await part.restart();
  const send = wanted.send ?? createSend();
  const from = part.bytes;
  const headers: Record<string, string> = {};
  if (from > 0) headers['range'] = `bytes=${from}-`;
  if (from > 0 && validator.value !== undefined) headers['if-range'] = validator.value;
  try {
    const response = await request(wanted.url, headers, send, attempt.signal);
    const goesOn = response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${from}-`) === true;
    if (goesOn) return response;
    if (response.status === 206) {
      closeBody(response);
      throw new Transient('the server sent another part than the one asked for', { restart: true });
    }
    await part.restart();
    return response;
  } catch (error) {
    if (error instanceof Transient && error.restart) await part.restart();
    throw error;
  }
}

function validatorOf(response: Response): string | undefined {
  const tag = response.headers.get('etag');
  // A weak tag promises only the same meaning, not the same bytes.
  return tag !== null && !tag.startsWith('W/') ? tag : (response.headers.get('last-modified') ?? undefined);
}
