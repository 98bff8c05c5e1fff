import { networkInterfaces } from 'node:os';
import { KubelabError, unlessFailed } from '../errors/errors.ts';
import type { Command, Runner } from '../exec/runner.ts';
import type { OccupiedNetwork } from './addresses.ts';
import { cidrOf, formatCidr, parseAddress, parseCidr, prefixOfNetmask } from './cidr.ts';

const timeout = 15_000;
// 10.0.0.0/8 is the widest private range. A route that is wider is a default route in pieces, as VPNs set it to win over the real one.
const widestPrefix = 8;

/**
 * The networks that this host has: routes, interfaces, and what libvirt, VirtualBox and Docker keep, up or down.
 * Asks only programs on this host and sends nothing to any network. Tools that are not there or do not answer are passed over.
 * @param platform as Node names it. On others than Linux the interfaces stand for the routes.
 * @throws KubelabError `KL-HOST-TOOL-MISSING` when Linux has no `ip` command that writes JSON.
 */
export async function findOccupiedNetworks(runner: Runner, signal: AbortSignal, platform = 'linux'): Promise<OccupiedNetwork[]> {
  const ask = (command: Command): Promise<string | undefined> => askQuietly(runner, command, signal);
  const found = await Promise.all([
    platform === 'linux' ? findKernelNetworks(ask) : listInterfaces(),
    findLibvirtNetworks(ask),
    findVirtualBoxNetworks(ask),
    findDockerNetworks(ask),
  ]);
  // The bridge of a libvirt or Docker network is also an interface with a route: told once, in the words that say the most.
  const byPlace = new Map<string, OccupiedNetwork>();
  for (const network of found.flat()) {
    const key = `${network.cidr} ${network.owner}`;
    if (byPlace.get(key)?.description === undefined) byPlace.set(key, network);
  }
  return [...byPlace.values()];
}

/** Runs a command and gives its output; undefined where it failed or is not there. */
type Ask = (command: Command) => Promise<string | undefined>;

async function askQuietly(runner: Runner, command: Command, signal: AbortSignal): Promise<string | undefined> {
  return (await unlessFailed(runner.run(command, { timeout, signal })))?.stdout;
}

async function findKernelNetworks(ask: Ask): Promise<OccupiedNetwork[]> {
  const [routes, addresses] = await Promise.all([
    ask(['ip', '-j', 'route', 'show', 'table', 'all']),
    ask(['ip', '-j', 'address']),
  ]);
  try {
    if (routes !== undefined && addresses !== undefined) return [...parseRoutes(routes), ...parseAddresses(addresses)];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new KubelabError('KL-HOST-TOOL-MISSING', 'The command ip, which tells the networks of this host, is missing or too old', {
    cure: 'Install the package iproute2 (4.12 or newer); the ip of BusyBox does not write JSON.',
  });
}

/** The networks of this host's interfaces, where there is no command that also tells routes in the same words. */
function listInterfaces(): OccupiedNetwork[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.flatMap(({ cidr, family }) => (family === 'IPv4' && cidr !== null ? occupy(cidr, name) : [])),
  );
}

async function findLibvirtNetworks(ask: Ask): Promise<OccupiedNetwork[]> {
  const virsh = ['virsh', '--readonly', '--connect', 'qemu:///system'] as const;
  const names = (await ask([...virsh, 'net-list', '--all', '--name'])) ?? '';
  const dumps = await Promise.all(splitLines(names).map((name) => ask([...virsh, 'net-dumpxml', name])));
  return dumps.flatMap((xml) => (xml === undefined ? [] : parseLibvirtNetwork(xml)));
}

async function findVirtualBoxNetworks(ask: Ask): Promise<OccupiedNetwork[]> {
  const interfaces = await ask(['VBoxManage', 'list', 'hostonlyifs']);
  if (interfaces === undefined) return [];
  const [hostOnly, nat] = await Promise.all([
    ask(['VBoxManage', 'list', 'hostonlynets']),
    ask(['VBoxManage', 'list', 'natnets']),
  ]);
  return [interfaces, hostOnly ?? '', nat ?? ''].flatMap(parseVirtualBoxNetworks);
}

async function findDockerNetworks(ask: Ask): Promise<OccupiedNetwork[]> {
  // The engine may be on another host; its networks are not ours, and asking it would leave this host.
  const endpoint = await ask(['docker', 'context', 'inspect', '--format', '{{.Endpoints.docker.Host}}']);
  if (endpoint === undefined || !/^(?:unix|npipe):/.test(endpoint.trim())) return [];
  const ids = splitLines((await ask(['docker', 'network', 'ls', '--quiet', '--no-trunc'])) ?? '');
  if (ids.length === 0) return [];
  const networks = await ask(['docker', 'network', 'inspect', ...ids]);
  return networks === undefined ? [] : parseDockerNetworks(networks);
}

/** Reads `ip -j route show table all`. @throws SyntaxError when it is not JSON. */
export function parseRoutes(json: string): OccupiedNetwork[] {
  return readList(json).flatMap((route) => {
    // The local table repeats the addresses of interfaces and their broadcasts.
    if (route['table'] === 'local') return [];
    const type = textOf(route['type']);
    return occupy(textOf(route['dst']), textOf(route['dev']) || nextHopDevice(route) || `a route of type ${type || 'unknown'}`);
  });
}

function nextHopDevice(route: Fields): string {
  return textOf(listOf(route['nexthops'])[0]?.['dev']);
}

/** Reads `ip -j address`. @throws SyntaxError when it is not JSON. */
export function parseAddresses(json: string): OccupiedNetwork[] {
  return readList(json).flatMap((link) =>
    listOf(link['addr_info']).flatMap((info) => {
      const prefix = Number(info['prefixlen']);
      // A point-to-point link names the other side in `address`; the prefix then belongs to that.
      return [textOf(info['local']), textOf(info['address'])].flatMap((address) =>
        occupy(`${address}/${prefix}`, textOf(link['ifname'])),
      );
    }),
  );
}

/** Reads `virsh net-dumpxml`. */
export function parseLibvirtNetwork(xml: string): OccupiedNetwork[] {
  const name = /<name>([^<]*)<\/name>/.exec(xml)?.[1] ?? '';
  const description = `libvirt network ${name}`;
  const owner = /<bridge\b[^>]*\bname=['"]([^'"]+)['"]/.exec(xml)?.[1] ?? description;
  return [...xml.matchAll(/<(?:ip|route)\b([^>]*)>/g)].flatMap(([, attributes = '']) => {
    const read = (attribute: string): string => new RegExp(`\\b${attribute}=['"]([^'"]*)['"]`).exec(attributes)?.[1] ?? '';
    const prefix = read('prefix') || String(prefixOfNetmask(read('netmask')) ?? '');
    return occupy(`${read('address')}/${prefix}`, owner, description);
  });
}

/** Reads `VBoxManage list hostonlyifs`, `hostonlynets` or `natnets`: blocks of `Key: value` lines. */
export function parseVirtualBoxNetworks(output: string): OccupiedNetwork[] {
  const blocks: Map<string, string>[] = [];
  for (const line of output.split(/\r?\n/)) {
    const [, key = '', value = ''] = /^(\S[^:]*):\s*(.*)$/.exec(line) ?? [];
    if (key === 'Name' || key === 'NetworkName') blocks.push(new Map([['Name', value]]));
    else blocks.at(-1)?.set(key, value);
  }
  return blocks.flatMap((block) => {
    const name = block.get('Name') ?? '';
    const address = block.get('IPAddress') ?? block.get('LowerIP');
    const range = block.get('Network') ?? `${address ?? ''}/${prefixOfNetmask(block.get('NetworkMask') ?? '') ?? ''}`;
    // A host-only interface is one of the host; the other kinds have none that is named after them.
    return occupy(range, block.has('IPAddress') ? name : `VirtualBox network ${name}`, `VirtualBox network ${name}`);
  });
}

/** Reads `docker network inspect`. Text that is not JSON is passed over. */
export function parseDockerNetworks(json: string): OccupiedNetwork[] {
  return readListOr(json).flatMap((network) => {
    const description = `docker network ${textOf(network['Name'])}`;
    const options = fieldsOf(network['Options']);
    const bridge =
      textOf(options['com.docker.network.bridge.name']) ||
      (network['Driver'] === 'bridge' ? `br-${textOf(network['Id']).slice(0, 12)}` : description);
    return listOf(fieldsOf(network['IPAM'])['Config']).flatMap((config) => occupy(textOf(config['Subnet']), bridge, description));
  });
}

/** One network, or none where the text is not an IPv4 range that anything can occupy. */
function occupy(range: string, owner: string, description?: string): OccupiedNetwork[] {
  const host = parseAddress(range);
  const cidr = host === undefined ? parseCidr(range) : cidrOf(host, 32);
  if (cidr === undefined || cidr.prefix < widestPrefix) return [];
  return [{ cidr: formatCidr(cidr), owner, ...(description === undefined ? {} : { description }) }];
}

type Fields = Readonly<Record<string, unknown>>;

/** A list of objects in JSON; members that are something else are left out. @throws SyntaxError */
function readList(json: string): Fields[] {
  return listOf(JSON.parse(json.trim() === '' ? '[]' : json));
}

function readListOr(json: string): Fields[] {
  try {
    return readList(json);
  } catch {
    return [];
  }
}

function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'object' && item !== null) : [];
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function splitLines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
