import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FakeTools, ToolAnswer, ToolCall, ToolRun } from './fake-tool.ts';

/** A machine of the world, as its hypervisor has it. */
export interface WorldMachine {
  readonly id: string;
  name: string;
  readonly node: string;
  state: 'running' | 'off' | 'paused' | 'crashed' | 'aborted';
  /** It has its interfaces and addresses; a making that was cut off leaves one without. */
  whole: boolean;
  readonly rootKeys: string[];
  readonly hostKey: string;
}

/** What fake vagrant, virsh, VBoxManage and ssh share: a host with its machines, networks and disks. */
export interface VagrantWorld {
  readonly provider: 'libvirt' | 'virtualbox';
  /** The folder with the Vagrantfile that everything is about. */
  folder: string;
  readonly machines: Map<string, WorldMachine>;
  /** libvirt's networks, or VirtualBox's host-only interfaces with their address. */
  readonly networks: Map<string, { text: string; active: boolean }>;
  readonly volumes: Set<string>;
  /** The box in the pool, or the master that machines are cloned from. */
  box: 'absent' | 'arriving' | 'there';
  /** Nodes that another Vagrant works on. */
  readonly locked: Set<string>;
  /** Every node's address, and whether the host reaches it there. */
  readonly addresses: Map<string, string>;
  reachesNodes: boolean;
  rootMayLogIn: boolean;
  /** How many machines wait for their ssh at the same time, and the most that ever did. */
  booting: number;
  mostBooting: number;
  /** `vagrant halt` says that all is well and does nothing, as it does where it can not tell the machine's address. */
  haltsNothing: boolean;
  /** Called by fake vagrant at each stage of `up`; what it returns is the error that `up` ends with. */
  onStage: (stage: Stage, node: string, run: ToolRun) => string | undefined | Promise<string | undefined>;
}

export type Stage = 'box' | 'disk' | 'defined' | 'started' | 'ready';

export function createVagrantWorld(provider: 'libvirt' | 'virtualbox', folder: string): VagrantWorld {
  return {
    provider,
    folder,
    machines: new Map(),
    networks: new Map(),
    volumes: new Set(),
    box: 'absent',
    locked: new Set(),
    addresses: new Map(),
    reachesNodes: true,
    rootMayLogIn: true,
    booting: 0,
    mostBooting: 0,
    haltsNothing: false,
    onStage: () => undefined,
  };
}

/** How a fake vagrant ends: with the words of an error and Vagrant's class of it. */
class VagrantError extends Error {
  readonly type: string;

  constructor(type: string, words: string) {
    super(words);
    this.type = type;
  }
}

/** The fake was killed: nothing more happens. */
class Killed extends Error {}

/** As Vagrant 2.3.4 writes a field of a machine-readable line. */
function encode(text: string): string {
  return text.replaceAll('\n', '\\n').replaceAll(',', '%!(VAGRANT_COMMA)');
}

const dataOf = (world: VagrantWorld, node: string, file = ''): string =>
  join(world.folder, '.vagrant', 'machines', node, world.provider, file);

/** The machine that Vagrant knows for a node. */
export function knownMachine(world: VagrantWorld, node: string): WorldMachine | undefined {
  const file = dataOf(world, node, 'id');
  return existsSync(file) ? world.machines.get(readFileSync(file, 'utf8')) : undefined;
}

/** Adds fake vagrant to the tools. Its words are those that Vagrant 2.3.4 with vagrant-libvirt 0.11.2 really prints. */
export async function addVagrant(tools: FakeTools, world: VagrantWorld) {
  const tool = await tools.add('vagrant');
  tool.answer(
    () => true,
    async (call, run): Promise<ToolAnswer> => {
      const [command = '', ...rest] = call.args.filter((word) => !word.startsWith('--'));
      const node = rest[0] ?? '';
      const say = (type: string, ...data: string[]): void =>
        run.write(`1795240015,${[node, type, ...data.map(encode)].join(',')}\n`);
      try {
        checkCall(world, call, node);
        say('metadata', 'provider', world.provider);
        if (command === 'ssh-config') return { stdout: sshConfig(world, node) };
        await holdingLock(world, node, command, async () => {
          const ui = (words: string): void => say('ui', 'info', `==> ${node}: ${words}`);
          if (command === 'up') await bringUp(world, node, run, ui);
          else if (command === 'halt') haltMachine(world, node, ui);
          else if (command === 'destroy') destroyMachine(world, node, ui);
          else throw new VagrantError('CLIInvalidUsage', `nobody expected vagrant ${call.args.join(' ')}`);
        });
        return {};
      } catch (error) {
        if (error instanceof Killed) return { exitCode: 143 };
        if (!(error instanceof VagrantError)) throw error;
        if (!call.args.includes('--machine-readable')) return { stderr: `${error.message}\n`, exitCode: 1 };
        return {
          stdout: `1795240016,,ui,error,${encode(error.message)}\n1795240016,,error-exit,Vagrant::Errors::${error.type},${encode(error.message)}\n`,
          exitCode: 1,
        };
      }
    },
  );
  return tool;
}

function checkCall(world: VagrantWorld, call: ToolCall, node: string): void {
  const folder = call.env['VAGRANT_CWD'] ?? call.cwd;
  const text = existsSync(join(folder, 'Vagrantfile')) ? readFileSync(join(folder, 'Vagrantfile'), 'utf8') : undefined;
  if (text === undefined)
    throw new VagrantError(
      'NoEnvironmentError',
      'A Vagrant environment or target machine is required to run this\ncommand. Run `vagrant init` to create a new Vagrant environment. Or,\nget an ID of a target machine from `vagrant global-status` to run\nthis command on. A final option is to change to a directory with a\nVagrantfile and to try again.',
    );
  if (folder !== world.folder || !text.includes(`name: "${node}"`))
    throw new VagrantError(
      'MachineNotFound',
      `The machine with the name '${node}' was not found configured for\nthis Vagrant environment.`,
    );
}

async function holdingLock(world: VagrantWorld, node: string, action: string, work: () => Promise<void> | void): Promise<void> {
  if (world.locked.has(node))
    throw new VagrantError(
      'MachineActionLockedError',
      `An action '${action}' was attempted on the machine '${node}',\nbut another process is already executing an action on the machine.\nVagrant locks each machine for access by only one process at a time.\nPlease wait until the other Vagrant process finishes modifying this\nmachine, then try again.\n\nIf you believe this message is in error, please check the process\nlisting for any "ruby" or "vagrant" processes and kill them. Then\ntry again.`,
    );
  world.locked.add(node);
  try {
    await work();
  } finally {
    world.locked.delete(node);
  }
}

async function bringUp(world: VagrantWorld, node: string, run: ToolRun, ui: (words: string) => void): Promise<void> {
  const reach = async (stage: Stage): Promise<void> => {
    const error = await world.onStage(stage, node, run);
    if (run.killed.aborted) throw new Killed();
    if (error !== undefined) throw new VagrantError('VagrantError', error);
  };
  const found = knownMachine(world, node);
  if (found?.state === 'running') return ui('Machine already provisioned. Run `vagrant provision` or use the `--provision`');
  // Vagrant clears what it keeps of a machine that is not there.
  if (found === undefined) rmSync(dataOf(world, node), { recursive: true, force: true });
  const machine = found ?? (await (world.provider === 'libvirt' ? makeDomain : cloneMachine)(world, node, reach, ui));
  await provideNetworks(world, ui);
  ui(world.provider === 'libvirt' ? 'Starting domain.' : 'Booting VM...');
  machine.state = 'running';
  world.booting += 1;
  world.mostBooting = Math.max(world.mostBooting, world.booting);
  try {
    await reach('started');
    await sleep(150);
    // Interfaces and addresses are given to a domain once, when it is made.
    if (found === undefined || world.provider === 'virtualbox') machine.whole = true;
    ui('Machine booted and ready!');
    writeFileSync(dataOf(world, node, 'private_key'), 'PRIVATE');
    await reach('ready');
  } finally {
    world.booting -= 1;
  }
}

type Reach = (stage: Stage) => Promise<void>;

/** A domain, as vagrant-libvirt makes it: box, disk, domain, and its UUID noted. */
async function makeDomain(world: VagrantWorld, node: string, reach: Reach, ui: (words: string) => void): Promise<WorldMachine> {
  const name = `${prefixOf(world)}${node}`;
  if ([...world.machines.values()].some((machine) => machine.name === name))
    throw new VagrantError(
      'DomainNameExists',
      `Name \`${name}\` of domain about to create is already taken. Please try to run\n\`vagrant up\` command again.`,
    );
  if (world.box === 'arriving') throw new Error('a box that is still uploaded would be used');
  if (world.box === 'absent') {
    world.box = 'arriving';
    ui('Uploading base box image as volume into Libvirt storage...');
    await sleep(100);
    await reach('box');
    world.box = 'there';
  }
  ui('Creating image (snapshot of base box volume).');
  if (world.volumes.has(`${name}.img`))
    throw new VagrantError('DomainVolumeExists', "Volume for domain is already created. Please run 'vagrant destroy' first.");
  world.volumes.add(`${name}.img`);
  await reach('disk');
  ui('Creating domain with the following settings...');
  const machine = addMachine(world, node, name);
  note(world, node, machine.id);
  await reach('defined');
  return machine;
}

/** A linked clone, as Vagrant makes it: registered under a passing name, and renamed when it boots for the first time. */
async function cloneMachine(world: VagrantWorld, node: string, reach: Reach, ui: (words: string) => void): Promise<WorldMachine> {
  if (world.box === 'arriving')
    throw new VagrantError(
      'VBoxManageError',
      'There was an error while executing `VBoxManage`, a CLI used by Vagrant\nfor controlling VirtualBox. The command and stderr is shown below.\n\nCommand: ["clonevm", "master", "--snapshot", "base", "--options", "link"]\n\nStderr: VBoxManage: error: Cannot take a snapshot of the machine while it is changing the state (VBOX_E_INVALID_OBJECT_STATE)',
    );
  world.box = 'arriving';
  ui('Cloning VM...');
  await sleep(50);
  try {
    await reach('box');
    const machine = addMachine(world, node, `temp_clone_1795240015000_${world.machines.size}`);
    note(world, node, machine.id);
    await reach('defined');
    ui(`Setting the name of the VM: ${prefixOf(world)}${node}`);
    machine.name = `${prefixOf(world)}${node}`;
    return machine;
  } finally {
    // However it ended, the master is at rest again.
    world.box = 'there';
  }
}

function addMachine(world: VagrantWorld, node: string, name: string): WorldMachine {
  const id: string = randomUUID();
  const hostKey = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5${createHash('sha256').update(id).digest('hex')}`;
  const machine: WorldMachine = { id, name, node, state: 'off', whole: false, rootKeys: [], hostKey };
  world.machines.set(id, machine);
  return machine;
}

function note(world: VagrantWorld, node: string, id: string): void {
  mkdirSync(dataOf(world, node), { recursive: true });
  writeFileSync(dataOf(world, node, 'id'), id);
}

export function prefixOf(world: VagrantWorld): string {
  const text = readFileSync(join(world.folder, 'Vagrantfile'), 'utf8');
  return `kubelab-${/^cluster = "([^"]+)"$/m.exec(text)?.[1] ?? 'none'}-`;
}

/** Looks, then makes: two at once make two, which is what the provider has to keep apart. */
async function provideNetworks(world: VagrantWorld, ui: (words: string) => void): Promise<void> {
  if (world.provider === 'libvirt') {
    const names = [prefixOf(world).slice(0, -1), 'kubelab-192-168-241-0'];
    for (const name of names)
      if (world.networks.get(name)?.active !== true) world.networks.set(name, { text: 'made by Vagrant', active: true });
    return;
  }
  const gateway = '192.168.56.1';
  if ([...world.networks.values()].some(({ text }) => text === gateway)) return;
  ui('Creating new host only network for environment...');
  await sleep(30);
  world.networks.set(`vboxnet${world.networks.size}`, { text: gateway, active: true });
}

function haltMachine(world: VagrantWorld, node: string, ui: (words: string) => void): void {
  const machine = knownMachine(world, node);
  if (machine === undefined) return ui('Domain is not created. Please run `vagrant up` first.');
  if (world.haltsNothing) return;
  ui('Attempting graceful shutdown of VM...');
  if (machine.state !== 'crashed') machine.state = 'off';
}

function destroyMachine(world: VagrantWorld, node: string, ui: (words: string) => void): void {
  const machine = knownMachine(world, node);
  if (machine === undefined) return ui('Domain is not created. Please run `vagrant up` first.');
  ui('Removing domain...');
  removeMachine(world, machine);
  rmSync(dataOf(world, node), { recursive: true });
  mkdirSync(dataOf(world, node), { recursive: true });
}

export function removeMachine(world: VagrantWorld, machine: WorldMachine): void {
  world.machines.delete(machine.id);
  for (const volume of world.volumes) if (volume.startsWith(machine.name)) world.volumes.delete(volume);
}

function sshConfig(world: VagrantWorld, node: string): string {
  const machine = knownMachine(world, node);
  if (machine?.state !== 'running')
    throw new VagrantError(
      'SSHNotReady',
      "The provider for this Vagrant-managed machine is reporting that it\nis not yet ready for SSH. Depending on your provider this can carry\ndifferent meanings. Make sure your machine is created and running and\ntry again. Additionally, check the output of `vagrant status` to verify\nthat the machine is in the state that you expect. If you continue to\nget this error message, please view the documentation for the provider\nyou're using.",
    );
  const [host, port] = forwarded(world, node);
  const key = dataOf(world, node, 'private_key');
  return `Host ${node}
  HostName ${host}
  User vagrant
  Port ${port}
  UserKnownHostsFile /dev/null
  StrictHostKeyChecking no
  PasswordAuthentication no
  IdentityFile ${key.includes(' ') ? `"${key}"` : key}
  IdentitiesOnly yes
  LogLevel FATAL

`;
}

function forwarded(world: VagrantWorld, node: string): [host: string, port: string] {
  const index = [...world.addresses.keys()].indexOf(node);
  return world.provider === 'libvirt' ? [`192.168.241.${100 + index}`, '22'] : ['127.0.0.1', String(2200 + index)];
}

/** Adds fake ssh to the tools. What a configuration means is asked of the real one. */
export async function addSsh(tools: FakeTools, world: VagrantWorld) {
  const tool = await tools.add('ssh');
  tool.answer(
    () => true,
    (call) => logIn(world, call),
  );
  return tool;
}

function logIn(world: VagrantWorld, call: ToolCall): ToolAnswer {
  const [, file = '', host = ''] = call.args;
  const facts = execFileSync('/usr/bin/ssh', ['-G', '-F', file, host], { encoding: 'utf8' });
  const read = (key: string): string[] =>
    facts.split('\n').flatMap((line) => (line.startsWith(`${key} `) ? [line.slice(key.length + 1)] : []));
  const [address = '', port = '', user = '', known = '', alias = host] = [
    'hostname',
    'port',
    'user',
    'userknownhostsfile',
    'hostkeyalias',
  ].map((key) => read(key)[0] ?? undefined);
  const node = [...world.addresses].find(([name, own]) => {
    const [otherHost, otherPort] = forwarded(world, name);
    return (own === address && port === '22' && world.reachesNodes) || (otherHost === address && otherPort === port);
  })?.[0];
  const machine = [...world.machines.values()].find((candidate) => candidate.node === node && candidate.state === 'running');
  if (node === undefined || machine?.whole !== true)
    return { stderr: `ssh: connect to host ${address} port ${port}: No route to host\n`, exitCode: 255 };
  const strict = read('stricthostkeychecking')[0] !== 'false';
  if (strict && !(existsSync(known) && readFileSync(known, 'utf8').includes(`${alias} ${machine.hostKey}\n`)))
    return { stderr: 'Host key verification failed.\n', exitCode: 255 };
  const keys = read('identityfile');
  const asRoot =
    user === 'root' &&
    keys.some((key) => existsSync(`${key}.pub`) && machine.rootKeys.includes(readFileSync(`${key}.pub`, 'utf8').trim()));
  const asVagrant = user === 'vagrant' && keys.includes(dataOf(world, node, 'private_key'));
  if (!asRoot && !asVagrant) return { stderr: `${user}@${address}: Permission denied (publickey).\n`, exitCode: 255 };
  const line = call.args.at(-1) ?? '';
  if (asVagrant && !line.startsWith('sudo -n -- ')) return { stderr: 'Permission denied\n', exitCode: 1 };
  if (line.includes('poweroff')) {
    machine.state = 'off';
    return { stderr: `Connection to ${address} closed by remote host.\n`, exitCode: 255 };
  }
  if (!line.includes('authorized_keys')) return { stdout: `${node} as ${user}\n` };
  machine.rootKeys.push(call.stdin.split('\n')[0] ?? '');
  return {
    stdout: `permitrootlogin ${world.rootMayLogIn ? 'without-password' : 'no'}\n${machine.hostKey} root@${node}\n`,
  };
}

/** Removes the folder of Vagrant's own files, as a person might. */
export function loseVagrantFolder(world: VagrantWorld): void {
  rmSync(join(dirname(dataOf(world, 'any')), '..', '..'), { recursive: true, force: true });
}
