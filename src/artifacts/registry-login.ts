import type { Response } from 'node-fetch';
import { z } from 'zod';
import { KubelabError } from '../errors/errors.ts';
import { closeBody, request, type Send } from './request.ts';

const tokenSchema = z.object({ token: z.string().optional(), access_token: z.string().optional() });

/**
 * Sends requests to registries, and where one asks for a token gets an anonymous one and asks again. Each repository's
 * token is used until the registry refuses it.
 */
export function authorizedSend(send: Send): Send {
  const tokens = new Map<string, string>();
  return async (url, headers, signal) => {
    const scope = scopeOf(url);
    const ask = (): Promise<Response> => {
      const token = tokens.get(scope);
      return send(url, token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` }, signal);
    };
    const used = tokens.get(scope);
    const response = await ask();
    if (response.status !== 401) return response;
    closeBody(response);
    // Another request may have got a new one meanwhile.
    if (tokens.get(scope) === used)
      tokens.set(scope, await fetchToken(url, response.headers.get('www-authenticate'), send, signal));
    return ask();
  };
}

function scopeOf(url: string): string {
  return url.replace(/\/(manifests|blobs)\/[^/]*$/, '');
}

async function fetchToken(url: string, challenge: string | null, send: Send, signal: AbortSignal): Promise<string> {
  const question = parseChallenge(challenge ?? '');
  const realm = question.get('realm');
  if (realm === undefined || !URL.canParse(realm))
    throw new KubelabError('KL-SOURCE-REFUSED', `${url} answered 401 and takes no anonymous requests`);
  const address = new URL(realm);
  if (address.protocol !== 'https:' && address.protocol !== new URL(url).protocol)
    throw new KubelabError('KL-SOURCE-REFUSED', `${url} wants a login at ${realm}, which is not encrypted`);
  for (const key of ['service', 'scope']) {
    const value = question.get(key);
    if (value !== undefined) address.searchParams.set(key, value);
  }
  const response = await request(address.href, {}, send, signal);
  const parsed = tokenSchema.safeParse(await response.json());
  const token = parsed.success ? (parsed.data.token ?? parsed.data.access_token) : undefined;
  if (token === undefined) throw new KubelabError('KL-SOURCE-REFUSED', `${address.href} gave no token for ${url}`);
  return token;
}

/** The parameters of `Bearer realm="...",service="...",scope="..."`. */
function parseChallenge(header: string): ReadonlyMap<string, string> {
  if (!/^bearer\s/i.test(header)) return new Map();
  return new Map([...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key.toLowerCase(), value]));
}
