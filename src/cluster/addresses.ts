import { KubelabError } from '../errors/errors.ts';
import { addressAt, type Cidr, contains, formatCidr, overlaps, parseCidr, requireCidr, sizeOf } from './cidr.ts';
import type { Role } from './node.ts';

/** An address range that something on this host has. */
export interface OccupiedNetwork {
  readonly cidr: string;
  /** The interface it belongs to, or where it has none, what else has it. */
  readonly owner: string;
  /** The owner in words, such as `docker network kind`; the owner's name where it says nothing more. */
  readonly description?: string;
}

/** What a subnet for the nodes has to fit. */
export interface SubnetRequest {
  /** `network.nodes` of the spec: `auto`, or the range that is wanted. */
  readonly wanted: string;
  readonly occupied: readonly OccupiedNetwork[];
  readonly pods: string;
  readonly services: string;
  /** The interface of this cluster itself: what it occupies does not count. It also decides where the search begins. */
  readonly self?: string;
  /** The range that the cluster was given before. It is kept, never silently replaced. */
  readonly preferred?: string;
  /** The only range that the provider allows, such as VirtualBox's 192.168.56.0/21. */
  readonly within?: string;
}

// Ranges that few routers, offices, VPNs and tools use come first. What is not listed comes next.
const friendly = ['10.83.0.0/16', '10.157.0.0/16', '10.203.0.0/16', '192.168.208.0/20'].map(requireCidr);
// Home routers, Docker, libvirt, minikube, k3s, podman, Kubernetes and VPN servers begin here: taken only when nothing else is left,
// because what is free on this network may be in use on the next one that a laptop joins.
const crowded = [
  '10.0.0.0/15',
  '10.8.0.0/16',
  '10.10.0.0/16',
  '10.42.0.0/15',
  '10.88.0.0/15',
  '10.96.0.0/12',
  '10.211.0.0/16',
  '10.244.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/17',
  '192.168.178.0/24',
  '192.168.254.0/24',
].map(requireCidr);
const privateBlocks = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].map(requireCidr);

/**
 * The range of the nodes' private network: the wanted one, else the one it had before, else the first free /24.
 * The same request always gets the same answer.
 * @throws KubelabError `KL-NET-CLASH` when a given range is in use, `KL-NET-NO-SUBNET` when none is free,
 * `KL-SPEC-INVALID` when the wanted range is one that the provider does not allow.
 */
export function chooseSubnet(request: SubnetRequest): string {
  const taken = takenRanges(request);
  const within = request.within === undefined ? undefined : requireCidr(request.within);
  if (request.wanted !== 'auto') {
    if (within !== undefined && !contains(within, requireCidr(request.wanted))) throw outside(request.wanted, within);
    return keep(request.wanted, taken);
  }
  // A range that the provider no longer allows can not be kept, whoever has it.
  if (request.preferred !== undefined && (within === undefined || contains(within, requireCidr(request.preferred))))
    return keep(request.preferred, taken);
  const free = findFree(taken, within, seedOf(request.self ?? ''));
  if (free === undefined) throw noneFree(within);
  return formatCidr(free);
}

interface TakenRange {
  readonly range: Cidr;
  readonly who: string;
}

function takenRanges({ occupied, pods, services, self }: SubnetRequest): TakenRange[] {
  const ranges: TakenRange[] = [
    { range: requireCidr(pods), who: 'the range of pods (network.pods)' },
    { range: requireCidr(services), who: 'the range of services (network.services)' },
  ];
  for (const { cidr, owner, description } of occupied) {
    const range = parseCidr(cidr);
    if (range !== undefined && (self === undefined || owner !== self)) ranges.push({ range, who: description ?? owner });
  }
  return ranges;
}

function keep(cidr: string, taken: readonly TakenRange[]): string {
  const range = requireCidr(cidr);
  const clashes = taken.filter((other) => overlaps(other.range, range));
  if (clashes.length === 0) return formatCidr(range);
  const owners = [...new Set(clashes.map(({ range: other, who }) => `${who} has ${formatCidr(other)}`))];
  throw new KubelabError('KL-NET-CLASH', `The nodes can not have ${cidr}: ${owners[0]}`, { details: owners });
}

function outside(wanted: string, within: Cidr): KubelabError {
  return new KubelabError(
    'KL-SPEC-INVALID',
    `The nodes can not have ${wanted}: the provider allows only ranges within ${formatCidr(within)}`,
    {
      details: [`network.nodes: expected auto or a range within ${formatCidr(within)}, found ${wanted}`],
    },
  );
}

function noneFree(within: Cidr | undefined): KubelabError {
  const where =
    within === undefined
      ? 'in 10.0.0.0/8, 172.16.0.0/12 and 192.168.0.0/16'
      : `in ${formatCidr(within)}, the only range that the provider allows`;
  return new KubelabError('KL-NET-NO-SUBNET', `Every /24 ${where} is in use`);
}

function findFree(taken: readonly TakenRange[], within: Cidr | undefined, seed: number): Cidr | undefined {
  for (const block of friendly) {
    const found = findIn(block, seed, within, taken, []);
    if (found !== undefined) return found;
  }
  for (const shunned of [crowded, []])
    for (const block of privateBlocks) {
      const found = findIn(block, 0, within, taken, shunned);
      if (found !== undefined) return found;
    }
  return undefined;
}

/** The first /24 of the block that nothing overlaps, beginning at the seed and going around. */
function findIn(
  block: Cidr,
  seed: number,
  within: Cidr | undefined,
  taken: readonly TakenRange[],
  shunned: readonly Cidr[],
): Cidr | undefined {
  // Only a part of what is taken can matter; asking it 65536 times about the rest is slow on a host with many networks.
  const near = [...taken.map(({ range }) => range), ...shunned].filter((range) => overlaps(range, block));
  if (near.some((range) => contains(range, block)) || (within !== undefined && !overlaps(within, block))) return undefined;
  const count = sizeOf(block) / 256;
  for (let index = 0; index < count; index++) {
    const candidate = { first: block.first + ((index + seed) % count) * 256, prefix: 24 };
    if (within !== undefined && !contains(within, candidate)) continue;
    if (!near.some((range) => overlaps(range, candidate))) return candidate;
  }
  return undefined;
}

/** Spreads clusters over a block, so that one which is halted, and occupies nothing now, rarely meets another. */
function seedOf(name: string): number {
  let hash = 7;
  for (const character of name) hash = (hash * 31 + character.codePointAt(0)!) % 65_521;
  return hash;
}

/** The first address of each role, counted from the start of the subnet, and how many there are. .1 is the host. */
const places: Readonly<Record<Role, readonly [first: number, count: number]>> = {
  'load-balancer': [5, 1],
  storage: [6, 1],
  'control-plane': [11, 10],
  worker: [21, 100],
  etcd: [121, 10],
};

/** The host's own address on the nodes' network. */
export function gatewayOf(subnet: string): string {
  return addressAt(requireCidr(subnet), 1);
}

/**
 * Gives every node its address, by role and order: the load balancer .5, storage .6, control planes from .11, workers from .21,
 * etcd from .121. Adding a worker at the end never moves another node.
 * @throws RangeError when there are more nodes of a role than places.
 */
export function assignAddresses<Member extends { readonly role: Role }>(
  subnet: string,
  nodes: readonly Member[],
): (Member & { readonly address: string })[] {
  const range = requireCidr(subnet);
  const used = new Map<Role, number>();
  return nodes.map((node) => {
    const [first, count] = places[node.role];
    const index = used.get(node.role) ?? 0;
    if (index >= count) throw new RangeError(`there are addresses for ${count} nodes of the role ${node.role}, not for more`);
    used.set(node.role, index + 1);
    return { ...node, address: addressAt(range, first + index) };
  });
}
