import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { addressAt, requireCidr, sizeOf } from '../../cluster/cidr.ts';
import { writeFileAtomic } from '../../cluster/files.ts';
import type { MachineState } from '../../cluster/provider.ts';
import { netmaskOf } from '../../cluster/vagrantfile-view.ts';
import { CommandFailed, KubelabError } from '../../errors/errors.ts';
import { findGuests, type RawGuest, readIds } from './guests.ts';
import { copyTime, type Hypervisor, hypervisorTool, linesOf, packDisk, type Tool } from './hypervisor.ts';
import { machinePrefix, nodeOf, type VagrantContext, type VagrantSettings } from './settings.ts';

/** Where the Vagrantfile has machines and their disks. */
const place = { uri: 'qemu:///system', pool: 'default' } as const;

/**
 * libvirt by virsh. Vagrant's plugin keeps two machines from making the same network or uploading the same box only
 * within one process (lib/vagrant-libvirt/action/create_networks.rb and handle_box_image.rb of 0.11.2), and gives
 * bridges the first free name. So the networks are made here, under names of their own, and the first machine has to be
 * alone until its box is in the pool.
 */
export function libvirt(settings: VagrantSettings, context: VagrantContext): Hypervisor {
  const cure = 'Install libvirt with its client (the packages libvirt-daemon-system and libvirt-clients of Debian).';
  const virsh = hypervisorTool(context, ['virsh', '--connect', place.uri, '--quiet'], cure);
  const list = async (): Promise<RawGuest[]> => {
    const [names, states] = await Promise.all([virsh.ask('list', '--all', '--uuid', '--name'), virsh.ask('domstats', '--state')]);
    return parseDomains(names, states);
  };
  return {
    list,
    prepare: async () => {
      const { nodes, gateway, bridge, management } = settings.network;
      const own = { name: networkName(settings.cluster), range: nodes, address: gateway, bridge, way: 'none' } as const;
      const outward = {
        address: addressAt(requireCidr(management.range), 1),
        bridge: bridgeOf(management.range),
        way: 'nat',
      } as const;
      await provideNetwork(virsh, own, settings.folder);
      await provideNetwork(virsh, { ...management, ...outward }, settings.folder);
    },
    cutPower: async (id) => void (await virsh.tryTo('destroy', id)),
    remove: async (id) =>
      void (await virsh.ask('undefine', id, '--nvram', '--managed-save', '--snapshots-metadata', '--remove-all-storage')),
    removeStrayDisks: (node) => removeVolumes(virsh, settings.cluster, node),
    copyDisk: async (id, target, root) => {
      const disk = parseSystemDisk(await virsh.ask('domblklist', id, '--details'));
      if (disk === undefined) throw new KubelabError('KL-MACHINE-FAILED', `libvirt names no disk of the machine ${id}`);
      await root.run(packDisk('qcow2', disk, target), { timeout: copyTime, signal: context.signal });
    },
    removeShared: async () => {
      await removeVolumes(virsh, settings.cluster);
      await removeNetwork(virsh, networkName(settings.cluster));
      const { name } = settings.network.management;
      if (!(await isUsed(virsh, name))) await removeNetwork(virsh, name);
      return findLeft(virsh, settings, await list());
    },
    passed: /Starting domain\.|Resuming domain\.\.\./,
    alone: 'first',
    collision:
      /already in use by interface|bridge name '[^']*' already in use|network '[^']*' already exists|error creating bridge interface \S+ File exists|Network not found|Volume for domain is already created/,
  };
}

function networkName(cluster: string): string {
  return machinePrefix(cluster).replace(/-$/, '');
}

/** Linux takes 15 characters for the name of an interface. */
function bridgeOf(range: string): string {
  return `klm-${createHash('sha256').update(range).digest('hex').slice(0, 8)}`;
}

const states: Readonly<Record<string, MachineState['state']>> = {
  // virDomainState: https://libvirt.org/html/libvirt-libvirt-domain.html#virDomainState
  1: 'running',
  2: 'running',
  4: 'running',
  5: 'stopped',
};
const crashed = '6';

/**
 * Reads `virsh list --all --uuid --name` and `virsh domstats --state`. A domain that came or went between the two is
 * left out.
 */
export function parseDomains(names: string, stats: string): RawGuest[] {
  const byName = new Map<string, Pick<RawGuest, 'state' | 'dead'>>();
  for (const block of stats.split(/^Domain: /m).slice(1)) {
    const name = /^'(.*)'/.exec(block)?.[1];
    const state = /^\s*state\.state=(\d+)/m.exec(block)?.[1];
    if (name !== undefined && state !== undefined)
      byName.set(name, { state: states[state] ?? 'broken', dead: state === crashed });
  }
  return linesOf(names).flatMap((line) => {
    const [, id = '', name = ''] = /^\s*([0-9a-f-]{36})\s+(.*?)\s*$/i.exec(line) ?? [];
    const facts = byName.get(name);
    return facts === undefined ? [] : [{ id, name, ...facts }];
  });
}

/** Reads `virsh domblklist --details`: the file of the first disk. */
export function parseSystemDisk(table: string): string | undefined {
  return linesOf(table).flatMap((line) => /^\s*file\s+disk\s+\S+\s+(\/.*?)\s*$/.exec(line)?.[1] ?? [])[0];
}

interface NetworkWish {
  readonly name: string;
  readonly range: string;
  readonly address: string;
  readonly bridge: string;
  readonly way: 'none' | 'nat';
}

async function provideNetwork(virsh: Tool, wish: NetworkWish, folder: string): Promise<void> {
  const look = (): Promise<string | undefined> => virsh.tryTo('net-dumpxml', wish.name);
  let there = await look();
  if (there === undefined) {
    // Another cluster may make the network that both share at this very moment.
    await defineNetwork(virsh, wish, folder).catch(async (error: unknown) => {
      if (!(error instanceof CommandFailed) || (await look()) === undefined) throw error;
    });
    there = (await look()) ?? '';
  }
  if (!there.includes(`address='${wish.address}'`))
    throw new KubelabError('KL-NET-CLASH', `the libvirt network ${wish.name} is there and has not the range ${wish.range}`, {
      cure: `Run kubelab destroy, or remove it: virsh --connect ${place.uri} net-undefine ${wish.name}`,
    });
  if (!(await isActive(virsh, wish.name)))
    await virsh.ask('net-start', wish.name).catch(async (error: unknown) => {
      if (!(error instanceof CommandFailed) || !(await isActive(virsh, wish.name))) throw error;
    });
}

async function defineNetwork(virsh: Tool, wish: NetworkWish, folder: string): Promise<void> {
  // virsh opens what it reads by name, which its standard input here has none of.
  const file = path.join(folder, `${wish.name}.xml`);
  await writeFileAtomic(file, describeNetwork(wish));
  try {
    await virsh.ask('net-define', file);
  } finally {
    await rm(file, { force: true });
  }
}

async function isActive(virsh: Tool, name: string): Promise<boolean> {
  return linesOf(await virsh.ask('net-list', '--name')).some((line) => line.trim() === name);
}

/** The same network as vagrant-libvirt would make (templates/private_network.xml.erb), with a bridge of our own naming. */
export function describeNetwork({ name, range, address, bridge, way }: NetworkWish): string {
  const cidr = requireCidr(range);
  const dhcp = `<dhcp><range start='${addressAt(cidr, 2)}' end='${addressAt(cidr, sizeOf(cidr) - 2)}'/></dhcp>`;
  return `<network>
  <name>${name}</name>
  <bridge name='${bridge}' stp='on' delay='0'/>
${way === 'nat' ? `  <forward mode='nat'/>\n` : ''}  <ip address='${address}' netmask='${netmaskOf(range)}'>${way === 'nat' ? dhcp : ''}</ip>
</network>
`;
}

async function removeNetwork(virsh: Tool, name: string): Promise<void> {
  await virsh.tryTo('net-destroy', name);
  await virsh.tryTo('net-undefine', name);
}

/** Whether any domain, running or not, has an interface on the network. */
async function isUsed(virsh: Tool, network: string): Promise<boolean> {
  const domains = linesOf(await virsh.ask('list', '--all', '--name'));
  const interfaces = await Promise.all(domains.map((domain) => virsh.tryTo('domiflist', domain.trim(), '--inactive')));
  return interfaces.some((table) => linesOf(table ?? '').some((line) => line.trim().split(/\s+/)[2] === network));
}

/** The disks of a cluster in the pool: NODE.img, NODE_1.img, NODE-vdb.qcow2, each after the cluster's prefix. */
async function findVolumes(virsh: Tool, cluster: string, node?: string): Promise<string[]> {
  const table = (await virsh.tryTo('vol-list', place.pool)) ?? '';
  return linesOf(table)
    .map((line) => line.trim().split(/\s+/)[0] ?? '')
    .filter((name) => {
      const owner = nodeOf(cluster, name.replace(/(?:_\d+)?\.img$|-[a-z]+\.[a-z0-9]+$/, ''));
      return owner !== undefined && owner !== name && (node === undefined || owner === node);
    });
}

async function removeVolumes(virsh: Tool, cluster: string, node?: string): Promise<void> {
  for (const name of await findVolumes(virsh, cluster, node)) await virsh.tryTo('vol-delete', name, '--pool', place.pool);
}

async function findLeft(virsh: Tool, settings: VagrantSettings, all: readonly RawGuest[]): Promise<string[]> {
  const guests = findGuests(all, await readIds(settings), settings.cluster);
  const networks = linesOf(await virsh.ask('net-list', '--all', '--name')).map((line) => line.trim());
  const own = networkName(settings.cluster);
  return [
    ...guests.map(({ name }) => `machine ${name} in libvirt`),
    ...(networks.includes(own) ? [`network ${own} in libvirt`] : []),
    ...(await findVolumes(virsh, settings.cluster)).map((name) => `volume ${name} in the pool ${place.pool}`),
  ];
}
