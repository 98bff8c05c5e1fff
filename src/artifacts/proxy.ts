import { type Agent, request as requestPlain } from 'node:http';
import { Agent as EncryptedAgent, type AgentOptions, request as requestEncrypted } from 'node:https';
import type { Socket } from 'node:net';
import { connect, type ConnectionOptions } from 'node:tls';

const connectTimeout = 30_000;

type Connected = (error: Error | null, socket?: Socket) => void;

/**
 * What reads HTTPS_PROXY, ALL_PROXY and NO_PROXY as other programs do. Encrypted connections go through the proxy in a
 * tunnel, so that it sees nothing but host names; connections without encryption go straight, as only this network has them.
 * @returns undefined when no proxy is set.
 */
export function proxyAgentFor(
  environment: Readonly<Record<string, string | undefined>>,
  options: AgentOptions = {},
): ((url: URL) => Agent | undefined) | undefined {
  const read = (name: string): string => (environment[name.toLowerCase()] ?? environment[name] ?? '').trim();
  const address = read('HTTPS_PROXY') || read('ALL_PROXY');
  if (address === '') return undefined;
  const text = address.includes('://') ? address : `http://${address}`;
  if (!URL.canParse(text)) return undefined;
  const agent = tunnelAgent(new URL(text), options);
  const exceptions = read('NO_PROXY');
  return (url) => (url.protocol === 'https:' && !isExcepted(url.hostname, exceptions) ? agent : undefined);
}

/** Whether a NO_PROXY list names the host, one of its parent domains, or everything. */
export function isExcepted(host: string, list: string): boolean {
  const names = list.split(/[\s,]+/).filter((name) => name !== '');
  return names.some((name) => {
    const suffix = name
      .toLowerCase()
      .replace(/:\d+$/, '')
      .replace(/^\*?\./, '');
    return name === '*' || host === suffix || host.endsWith(`.${suffix}`);
  });
}

function tunnelAgent(proxy: URL, options: AgentOptions): Agent {
  const createConnection = (target: ConnectionOptions, connected: Connected): void => openTunnel(proxy, target, connected);
  return Object.assign(new EncryptedAgent(options), { createConnection });
}

function openTunnel(proxy: URL, target: ConnectionOptions, connected: Connected): void {
  const host = target.host ?? '';
  const place = `${host.includes(':') ? `[${host}]` : host}:${target.port ?? 443}`;
  const login = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  const ask = (proxy.protocol === 'https:' ? requestEncrypted : requestPlain)({
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port === '' ? (proxy.protocol === 'https:' ? 443 : 80) : proxy.port,
    method: 'CONNECT',
    path: place,
    agent: false,
    headers: {
      host: place,
      ...(login === ':' ? {} : { 'proxy-authorization': `Basic ${Buffer.from(login).toString('base64')}` }),
    },
  });
  ask.setTimeout(connectTimeout, () => ask.destroy(new Error(`the proxy ${proxy.host} does not answer`)));
  ask.once('error', (error) => connected(new Error(`the proxy ${proxy.host} failed: ${error.message}`, { cause: error })));
  ask.once('connect', (response, socket) => {
    ask.setTimeout(0);
    if (response.statusCode === 200) {
      connected(null, connect({ ...target, socket, servername: target.servername ?? host }));
      return;
    }
    socket.destroy();
    connected(new Error(`the proxy ${proxy.host} answered ${response.statusCode ?? 'nothing'}`));
  });
  ask.end();
}
