import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { FakeTools, ToolAnswer } from './fake-tool.ts';
import { removeMachine, type VagrantWorld, type WorldMachine } from './vagrant-world.ts';

const domainStates: Readonly<Record<WorldMachine['state'], string>> = {
  running: '  state.state=1\n  state.reason=1\n',
  off: '  state.state=5\n  state.reason=1\n',
  paused: '  state.state=3\n  state.reason=1\n',
  crashed: '  state.state=6\n  state.reason=0\n',
  aborted: '  state.state=5\n  state.reason=3\n',
};

/** Adds fake virsh, which answers as virsh 9.0 does. */
export async function addVirsh(tools: FakeTools, world: VagrantWorld) {
  const tool = await tools.add('virsh');
  tool.answer(
    () => true,
    (call): ToolAnswer => {
      const [, uri, , command = '', ...args] = call.args;
      if (uri !== 'qemu:///system') return { stderr: `unexpected ${call.args.join(' ')}\n`, exitCode: 97 };
      return (virsh[command] ?? unknown)(world, args);
    },
  );
  return tool;
}

type Answerer = (world: VagrantWorld, args: readonly string[]) => ToolAnswer;

const unknown: Answerer = (_, args) => ({ stderr: `error: unknown command: '${args.join(' ')}'\n`, exitCode: 97 });

function withDomain(world: VagrantWorld, id: string | undefined, work: (machine: WorldMachine) => ToolAnswer): ToolAnswer {
  const machine = [...world.machines.values()].find((candidate) => candidate.id === id || candidate.name === id);
  if (machine === undefined) return { stderr: `error: failed to get domain '${id}'\n`, exitCode: 1 };
  return work(machine);
}

function withNetwork(
  world: VagrantWorld,
  name: string | undefined,
  work: (network: { text: string; active: boolean }) => ToolAnswer,
): ToolAnswer {
  const network = world.networks.get(name ?? '');
  if (network !== undefined) return work(network);
  return {
    stderr: `error: failed to get network '${name}'\nerror: Network not found: no network with matching name '${name}'\n`,
    exitCode: 1,
  };
}

const virsh: Readonly<Record<string, Answerer>> = {
  list: ({ machines }, args) => ({
    stdout: [...machines.values()].map(({ id, name }) => `${args.includes('--uuid') ? `${id} ` : ''}${name}\n`).join(''),
  }),
  domstats: ({ machines }) => ({
    stdout: [...machines.values()].map(({ name, state }) => `Domain: '${name}'\n${domainStates[state]}\n`).join(''),
  }),
  domiflist: (world, [name]) =>
    withDomain(world, name, (machine) => ({
      stdout: ['kubelab-192-168-241-0', machine.name.replace(/-[^-]*$/, '')]
        .map((network) => ` -   network   ${network}   virtio   52:54:00:12:34:56\n`)
        .join(''),
    })),
  domblklist: (world, [id]) =>
    withDomain(world, id, ({ name }) => ({ stdout: ` file   disk   vda   /var/lib/libvirt/images/${name}.img\n` })),
  destroy: (world, [id]) =>
    withDomain(world, id, (machine) => {
      if (machine.state === 'off')
        return {
          stderr: `error: Failed to destroy domain '${id}'\nerror: Requested operation is not valid: domain is not running\n`,
          exitCode: 1,
        };
      machine.state = 'off';
      return {};
    }),
  undefine: (world, [id]) =>
    withDomain(world, id, (machine) => {
      removeMachine(world, machine);
      return {};
    }),
  'net-list': ({ networks }, args) => ({
    stdout: [...networks].flatMap(([name, { active }]) => (active || args.includes('--all') ? [`${name}\n`] : [])).join(''),
  }),
  'net-dumpxml': (world, [name]) => withNetwork(world, name, ({ text }) => ({ stdout: text })),
  'net-define': ({ networks }, [file = '']) => {
    // The real one can not open what is no file, such as the socket that a program may have for its standard input.
    if (!existsSync(file) || file.startsWith('/dev/'))
      return { stderr: `error: Failed to open file '${file}': No such device or address\n`, exitCode: 1 };
    const text = readFileSync(file, 'utf8');
    const name = /<name>(.*)<\/name>/.exec(text)?.[1] ?? '';
    if (networks.has(name))
      return { stderr: `error: operation failed: network '${name}' already exists with uuid bbd5a21f\n`, exitCode: 1 };
    networks.set(name, { text, active: false });
    return {};
  },
  'net-start': (world, [name]) =>
    withNetwork(world, name, (network) => {
      if (network.active)
        return {
          stderr: `error: Failed to start network ${name}\nerror: Requested operation is not valid: network is already active\n`,
          exitCode: 1,
        };
      network.active = true;
      return {};
    }),
  'net-destroy': (world, [name]) =>
    withNetwork(world, name, (network) => {
      network.active = false;
      return {};
    }),
  'net-undefine': (world, [name]) =>
    withNetwork(world, name, () => {
      world.networks.delete(name ?? '');
      return {};
    }),
  'vol-list': ({ volumes }) => ({ stdout: [...volumes].map((name) => ` ${name}   /var/lib/libvirt/images/${name}\n`).join('') }),
  'vol-delete': ({ volumes }, [name = '']) =>
    volumes.delete(name) ? {} : { stderr: `error: failed to get vol '${name}'\n`, exitCode: 1 },
};

/** Adds fake VBoxManage, which answers as VirtualBox 7.0 does. */
export async function addVirtualBox(tools: FakeTools, world: VagrantWorld) {
  const tool = await tools.add('VBoxManage');
  tool.answer(
    () => true,
    (call): ToolAnswer => {
      const [command = '', first = '', second = ''] = call.args;
      const machines = [...world.machines.values()];
      if (command === 'list') return { stdout: listVirtualBox(world, machines, first) };
      if (command === 'hostonlyif' && first === 'remove')
        return world.networks.delete(second) ? { stdout: '0%...10%...20%...100%\n' } : { exitCode: 1 };
      if (command === 'clonemedium' || command === 'closemedium') return handleMedium(world, call.args);
      const machine = world.machines.get(first);
      if (machine === undefined)
        return {
          stderr: `VBoxManage: error: Could not find a registered machine named '${first}'\nVBoxManage: error: Details: code VBOX_E_OBJECT_NOT_FOUND (0x80bb0001), component VirtualBoxWrap, interface IVirtualBox, callee nsISupports\n`,
          exitCode: 1,
        };
      if (command === 'showvminfo') return { stdout: showMachine(world, machine) };
      if (command === 'controlvm' && second === 'poweroff') {
        if (machine.state === 'off')
          return { stderr: `VBoxManage: error: Machine '${machine.name}' is not currently running.\n`, exitCode: 1 };
        machine.state = 'off';
        return { stdout: '0%...10%...20%...100%\n' };
      }
      if (command === 'unregistervm' && call.args.includes('--delete')) {
        removeMachine(world, machine);
        return { stdout: '0%...10%...20%...100%\n' };
      }
      return { stderr: 'VBoxManage: error: Invalid command\n', exitCode: 97 };
    },
  );
  return tool;
}

/** The disk of each machine, by the UUID that `showvminfo` gives it. */
function diskOf({ id }: WorldMachine): string {
  return `d15c${id.slice(4)}`;
}

function handleMedium(world: VagrantWorld, [command = '', kind = '', medium = '', target = '']: readonly string[]): ToolAnswer {
  const owner = [...world.machines.values()].find((machine) => diskOf(machine) === medium);
  if (kind !== 'disk') return { stderr: 'VBoxManage: error: Invalid command\n', exitCode: 97 };
  if (command === 'closemedium' && existsSync(medium)) return { stdout: '0%...10%...20%...100%\n' };
  if (command !== 'clonemedium' || owner === undefined)
    return { stderr: `VBoxManage: error: Could not find file for the medium '${medium}' (VERR_FILE_NOT_FOUND)\n`, exitCode: 1 };
  if (owner.state !== 'off')
    return { stderr: `VBoxManage: error: Medium '${medium}' is locked for writing by another task\n`, exitCode: 1 };
  writeFileSync(target, `the disk of ${owner.name}`);
  return { stdout: "0%...10%...20%...100%\nClone medium created in format 'VMDK'. UUID: 5d1f2f9e-8d64-4a34-a5f8-7d7d4e9d1f11\n" };
}

function listVirtualBox(world: VagrantWorld, machines: readonly WorldMachine[], what: string): string {
  // The master that clones are made from is a machine, too.
  if (what === 'vms')
    return [
      '"debian-12_1795240000000_1" {11111111-2222-4333-8444-555555555555}\n',
      ...machines.map(({ name, id }) => `"${name}" {${id}}\n`),
    ].join('');
  if (what === 'runningvms')
    return machines
      .flatMap(({ name, id, state }) => (state === 'off' || state === 'aborted' ? [] : [`"${name}" {${id}}\n`]))
      .join('');
  if (what !== 'hostonlyifs') return '';
  return [...world.networks]
    .map(
      ([name, { text }]) => `Name:            ${name}
GUID:            786f6276-656e-4074-8000-0a0027000000
DHCP:            Disabled
IPAddress:       ${text}
NetworkMask:     255.255.255.0
IPV6Address:     
IPV6NetworkMaskPrefixLength: 0
HardwareAddress: 0a:00:27:00:00:00
MediumType:      Ethernet
Wireless:        No
Status:          Up
VBoxNetworkName: HostInterfaceNetworking-${name}

`,
    )
    .join('');
}

function showMachine(world: VagrantWorld, machine: WorldMachine): string {
  const { name, id, state } = machine;
  const states = {
    running: 'running',
    off: 'poweroff',
    paused: 'paused',
    crashed: 'gurumeditation',
    aborted: 'aborted',
  } as const;
  const adapter = [...world.networks.keys()][0] ?? 'none';
  return `name="${name}"
UUID="${id}"
VMState="${states[state]}"
VMStateChangeTime="2026-11-20T10:00:00.000000000"
storagecontrollername0="IDE Controller"
"IDE Controller-0-0"="/vms/${name}/Snapshots/{${diskOf(machine)}}.vmdk"
"IDE Controller-ImageUUID-0-0"="${diskOf(machine)}"
"IDE Controller-1-0"="none"
nic1="nat"
hostonlyadapter2="${adapter}"
nic2="hostonly"
nic3="none"
`;
}
