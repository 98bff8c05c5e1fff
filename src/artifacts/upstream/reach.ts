import type { Runner } from '../../exec/runner.ts';
import type { Registry } from '../registry.ts';
import { type Endpoints, fetchBytes, locate, type RequestSettings } from '../request.ts';
import type { Store } from '../store.ts';

/** What the parts of the upstream source share: how to get at things, and where to put them. */
export interface Reach {
  readonly store: Store;
  readonly registry: Registry;
  readonly runner: Runner;
  readonly cache: string;
  readonly endpoints: Endpoints;
  readonly settings: RequestSettings;
}

/** Requests for small things that run at the same time. */
export const parallelRequests = 6;

/** A small file of a server. @throws KubelabError as `fetchBytes` does. */
export async function fetchSmall(reach: Reach, url: string, limit = 256 * 1024): Promise<Buffer> {
  return (await fetchBytes(locate(url, reach.endpoints), reach.settings, { limit })).body;
}
