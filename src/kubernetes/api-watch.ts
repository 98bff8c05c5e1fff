import { Agent } from 'node:https';
import { Readable } from 'node:stream';
import fetch from 'node-fetch';
import type { ApiAccess } from './api-access.ts';

/** A list that was read: where, and in which version of the cluster. */
export interface SeenList {
  /** A path such as `/api/v1/namespaces/default/pods`. */
  readonly path: string;
  /** `metadata.resourceVersion` of the list. */
  readonly version: string;
}

/**
 * Waits until one of the lists is no longer what it was, by watches of the API server. Bookmarks are no change. Also ends
 * when a watch can not go on: the server ends each after some minutes, and forgets old versions.
 *
 * Source: kubernetes.io/docs/reference/using-api/api-concepts, "Efficient detection of changes".
 * @param lists at least one.
 * @returns whether something changed; false when nobody can tell any more.
 */
export async function waitForChange(access: ApiAccess, lists: readonly SeenList[], signal: AbortSignal): Promise<boolean> {
  // Each watch keeps a connection for itself, and must not wait for one.
  const { authority: ca, certificate: cert, key } = access;
  const agent = new Agent({ ca, cert, key });
  const ending = new AbortController();
  const until = AbortSignal.any([signal, access.signal, ending.signal]);
  const watches = lists.map((list) => watchOnce(new URL(watchPath(list), access.server), agent, until));
  try {
    return await Promise.race(watches);
  } catch {
    return false;
  } finally {
    ending.abort();
    await Promise.allSettled(watches);
    agent.destroy();
  }
}

function watchPath({ path, version }: SeenList): string {
  return `${path}?watch=true&allowWatchBookmarks=true&resourceVersion=${encodeURIComponent(version)}`;
}

/** The end of the first line of an event that is a change, however long the rest of it is. */
const change = /^\{"type":"(?:ADDED|MODIFIED|DELETED)"/;
const firstWord = 32;

async function watchOnce(url: URL, agent: Agent, signal: AbortSignal): Promise<boolean> {
  const headers = { accept: 'application/json', 'user-agent': 'kubelab' };
  const response = await fetch(url, { agent, signal, redirect: 'manual', headers });
  const { body } = response;
  if (response.status !== 200 || !(body instanceof Readable)) return false;
  let line = '';
  let isSkipped = false;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    for (const [index, part] of chunk.toString('latin1').split('\n').entries()) {
      if (index > 0) [line, isSkipped] = ['', false];
      if (isSkipped) continue;
      line += part;
      if (change.test(line)) return true;
      if (line.startsWith('{"type":"ERROR"')) return false;
      isSkipped = line.length > firstWord;
    }
  }
  return false;
}
