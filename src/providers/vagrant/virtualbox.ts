import { rm } from 'node:fs/promises';
import { contains, parseCidr, requireCidr } from '../../cluster/cidr.ts';
import { KubelabError } from '../../errors/errors.ts';
import type { Command } from '../../exec/runner.ts';
import { findGuests, type RawGuest, readIds } from './guests.ts';
import { copyTime, type Hypervisor, hypervisorTool, linesOf, packDisk, type Tool } from './hypervisor.ts';
import type { VagrantContext, VagrantSettings } from './settings.ts';

const cure = 'Install VirtualBox, and make sure that the command VBoxManage works.';

/**
 * VirtualBox by VBoxManage. Vagrant starts its machines one after another, as cloning one master and choosing a host-only
 * network for two machines at once goes wrong (plugins/providers/virtualbox/action/network.rb looks, then makes). So each
 * machine is alone until it boots, and they boot side by side.
 */
export function virtualbox(settings: VagrantSettings, context: VagrantContext): Hypervisor {
  const program = settings.vboxManage ?? 'VBoxManage';
  const manage = hypervisorTool(context, [program], cure);
  const list = async (): Promise<RawGuest[]> => {
    const [all, running] = await Promise.all([manage.ask('list', 'vms'), manage.ask('list', 'runningvms')]);
    const live = new Set(parseMachines(running).map(({ id }) => id));
    return Promise.all(
      parseMachines(all).map(async ({ name, id }): Promise<RawGuest> => {
        if (name === '<inaccessible>') return { name, id, state: 'broken' };
        return { name, id, ...(live.has(id) ? await liveState(manage, id) : { state: 'stopped' }) };
      }),
    );
  };
  return {
    list,
    prepare: () => Promise.resolve(),
    cutPower: async (id) => void (await manage.tryTo('controlvm', id, 'poweroff')),
    remove: async (id) => void (await manage.ask('unregistervm', id, '--delete')),
    removeStrayDisks: () => Promise.resolve(),
    copyDisk: (id, target) => copyDisk(id, target, program, context),
    removeShared: async () => {
      const guests = findGuests(await list(), await readIds(settings), settings.cluster);
      for (const network of await findNetworks(manage, settings))
        if (!(await isUsed(manage, network.name))) await manage.tryTo(...network.remove);
      return [
        ...guests.map(({ name }) => `machine ${name} in VirtualBox`),
        ...(await findNetworks(manage, settings)).map(({ name }) => `host-only network ${name} in VirtualBox`),
      ];
    },
    passed: /Booting VM\.\.\.|Resuming suspended VM\.\.\./,
    alone: 'each',
    collision: /is already locked (?:for|by) a session|VBOX_E_INVALID_OBJECT_STATE/,
  };
}

/** Reads `VBoxManage list vms` and `list runningvms`: lines of `"NAME" {UUID}`. */
export function parseMachines(output: string): { readonly name: string; readonly id: string }[] {
  return linesOf(output).flatMap((line) => {
    const [, quoted, bare, id] = /^(?:"(.*)"|(<inaccessible>)) \{([0-9a-f-]{36})\}$/i.exec(line) ?? [];
    return id === undefined ? [] : [{ name: quoted ?? bare ?? '', id }];
  });
}

/** By way of a whole one of VirtualBox's own, as a linked clone's disk has only what differs from its master's. */
async function copyDisk(id: string, target: string, program: string, context: VagrantContext): Promise<void> {
  const manage = hypervisorTool(context, [program], cure);
  const disk = parseSystemDisk(await manage.ask('showvminfo', id, '--machinereadable'));
  if (disk === undefined) throw new KubelabError('KL-MACHINE-FAILED', `VirtualBox names no disk of the machine ${id}`);
  const whole = `${target}.vmdk`;
  // VirtualBox would keep it in its list of disks, and make no other one at the same place.
  const forget = async (): Promise<void> => {
    // Also after an interruption.
    const tool = hypervisorTool({ ...context, signal: AbortSignal.timeout(copyTime) }, [program], cure);
    await tool.tryTo('closemedium', 'disk', whole, '--delete');
    await rm(whole, { force: true });
  };
  const run = (command: Command): Promise<unknown> => context.local.run(command, { timeout: copyTime, signal: context.signal });
  await forget();
  try {
    await run([program, 'clonemedium', 'disk', disk, whole, '--format', 'VMDK']);
    await run(packDisk('vmdk', whole, target));
  } finally {
    await forget();
  }
}

/** Reads `VBoxManage showvminfo --machinereadable`: the UUID of the first disk, by its place on a controller. */
export function parseSystemDisk(facts: string): string | undefined {
  const lines = linesOf(facts);
  const disks = lines.flatMap((line) => {
    const [, controller = '', place = '', id] = /^"(.+)-ImageUUID-(\d+-\d+)"="([0-9a-f-]{36})"$/i.exec(line) ?? [];
    const file = lines.find((other) => other.startsWith(`"${controller}-${place}"=`)) ?? '';
    return id === undefined || /\.iso"$/i.test(file) ? [] : [{ place, id }];
  });
  return disks.toSorted((one, other) => one.place.localeCompare(other.place))[0]?.id;
}

/** The state of a machine that has a process: one that hangs or is paused has one, too. */
async function liveState(manage: Tool, id: string): Promise<Pick<RawGuest, 'state' | 'dead'>> {
  const facts = (await manage.tryTo('showvminfo', id, '--machinereadable')) ?? '';
  const state = /^VMState="([^"]*)"/m.exec(facts)?.[1];
  if (state === undefined || ['running', 'starting', 'stopping', 'restoring', 'saving', 'livesnapshotting'].includes(state))
    return { state: 'running' };
  if (['poweroff', 'aborted', 'saved'].includes(state)) return { state: 'stopped' };
  return { state: 'broken', dead: ['gurumeditation', 'stuck'].includes(state) };
}

interface HostOnlyNetwork {
  readonly name: string;
  readonly remove: readonly string[];
}

/**
 * The host-only networks on the range of the nodes: an interface with the host's address on it or, on macOS from
 * VirtualBox 7 on, a network, which Vagrant calls vagrantnet-vbox1 and so on.
 */
async function findNetworks(manage: Tool, { network }: VagrantSettings): Promise<HostOnlyNetwork[]> {
  const interfaces = parseBlocks((await manage.tryTo('list', 'hostonlyifs')) ?? '');
  const networks = parseBlocks((await manage.tryTo('list', 'hostonlynets')) ?? '');
  const nodes = requireCidr(network.nodes);
  const onNodes = (address: string | undefined): boolean => {
    const range = parseCidr(`${address ?? ''}/32`);
    return range !== undefined && contains(nodes, range);
  };
  return [
    ...interfaces
      .filter((block) => block.get('IPAddress') === network.gateway)
      .map((block) => ({ name: block.get('Name') ?? '', remove: ['hostonlyif', 'remove', block.get('Name') ?? ''] })),
    ...networks
      .filter((block) => block.get('Name')?.startsWith('vagrantnet-vbox') === true && onNodes(block.get('LowerIP')))
      .map((block) => ({ name: block.get('Name') ?? '', remove: ['hostonlynet', 'remove', '--name', block.get('Name') ?? ''] })),
  ];
}

function parseBlocks(output: string): Map<string, string>[] {
  const blocks: Map<string, string>[] = [];
  for (const line of linesOf(output)) {
    const [, key = '', value = ''] = /^(\S[^:]*):\s*(.*)$/.exec(line) ?? [];
    if (key === 'Name') blocks.push(new Map([[key, value]]));
    else blocks.at(-1)?.set(key, value);
  }
  return blocks;
}

/** Whether any machine, running or not, has an adapter on the network. */
async function isUsed(manage: Tool, network: string): Promise<boolean> {
  const machines = parseMachines(await manage.ask('list', 'vms'));
  const facts = await Promise.all(machines.map(({ id }) => manage.tryTo('showvminfo', id, '--machinereadable')));
  return facts.some((text) =>
    linesOf(text ?? '').some((line) => /^hostonly(?:adapter|-network)\d+="(.*)"$/.exec(line)?.[1] === network),
  );
}
