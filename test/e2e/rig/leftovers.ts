import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Identity } from './identity.ts';
import { type HostProcess, lineOf, listProcesses, programOf } from './processes.ts';
import { tryCommand } from './run-command.ts';

/** What the host had before a cluster was made on it. */
export interface HostBefore {
  /** Processes of nodes that no machine holds, by pid and start. */
  readonly strays: ReadonlySet<string>;
  readonly storeMounted: boolean;
  /** Lines of the firewall, the routing rules and the routes. */
  readonly rules: ReadonlySet<string>;
}

export async function lookBefore(identity: Identity): Promise<HostBefore> {
  const [strays, mounts, rules] = await Promise.all([listStrays(identity), readMounts(), listRules()]);
  return {
    strays: new Set(strays.map(nameStray)),
    storeMounted: mounts.some((line) => placeOf(line) === identity.store),
    rules: new Set(rules),
  };
}

/** What a cluster leaves traces in. A test proves on a running cluster that the finder sees each of them. */
export type Trace = 'process' | 'stray' | 'interface' | 'mount' | 'group' | 'tree' | 'loop' | 'rule' | 'run' | 'file';

export interface Finding {
  readonly trace: Trace;
  readonly what: string;
}

/** All that belongs to the cluster on this host, now. After `destroy` it has to be empty. */
export async function findLeftovers(identity: Identity, before: HostBefore): Promise<Finding[]> {
  const found = await Promise.all([
    findProcesses(identity),
    findStrays(identity, before),
    findInterfaces(identity),
    findMounts(identity, before),
    findGroups(identity),
    findTrees(identity),
    findRules(identity, before),
    findRunFiles(identity),
    findFiles(identity),
  ]);
  return found.flat();
}

const say = (trace: Trace, lines: readonly string[]): Finding[] => lines.map((what) => ({ trace, what }));
const mentions = (text: string, identity: Identity): boolean => identity.words.some((word) => text.includes(word));

async function findProcesses(identity: Identity): Promise<Finding[]> {
  const processes = await listProcesses();
  const byId = new Map(processes.map((one) => [one.pid, one]));
  const own = processes.filter((one) => mentions(`${one.words.join(' ')}\n${one.groups}`, identity));
  // What the test itself runs at this moment is not the cluster's.
  const left = own.filter((one) => lineOf(one, byId).every(({ pid }) => pid !== process.pid));
  return say(
    'process',
    left.map((one) => `${one.pid} ${one.words.join(' ').slice(0, 200)} in ${one.groups.split('\n').at(-2) ?? ''}`),
  );
}

const nodePrograms =
  /^(?:kubelet|containerd|containerd-shim\S*|etcd|kube-(?:apiserver|controller-manager|scheduler|proxy)|flanneld|coredns|kubeadm)$/;

/** Processes that only nodes have, outside of any machine and of any kubelab that prepares one. */
async function listStrays(identity: Identity): Promise<HostProcess[]> {
  const processes = await listProcesses();
  const byId = new Map(processes.map((one) => [one.pid, one]));
  const isHeld = (one: HostProcess): boolean =>
    lineOf(one, byId).some(
      (above) => programOf(above) === 'systemd-nspawn' || /kubelab\.js|fill-tree\.sh/.test(above.words.join(' ')),
    );
  // A machine of another cluster that loses its power has strays for a moment; its groups say whose they are.
  const isForeign = (one: HostProcess): boolean => one.groups.includes('/kubelab') && !mentions(one.groups, identity);
  return processes.filter((one) => nodePrograms.test(programOf(one)) && !isHeld(one) && !isForeign(one));
}

async function findStrays(identity: Identity, before: HostBefore): Promise<Finding[]> {
  let left: HostProcess[] = [];
  // Those of others are gone on a second look.
  for (let look = 0; look < 5; look++) {
    const now = (await listStrays(identity)).filter((one) => !before.strays.has(nameStray(one)));
    left = look === 0 ? now : left.filter((one) => now.some((other) => nameStray(other) === nameStray(one)));
    if (left.length === 0) return [];
    await sleep(1_000);
  }
  return say(
    'stray',
    left.map((one) => `${one.pid} ${one.words.join(' ').slice(0, 200)}`),
  );
}

function nameStray({ pid, started }: HostProcess): string {
  return `${pid} ${started}`;
}

async function findInterfaces(identity: Identity): Promise<Finding[]> {
  const links = (await tryCommand(['ip', '-o', 'link'])).stdout.split('\n');
  return say(
    'interface',
    links.filter((line) => mentions(line, identity)),
  );
}

async function readMounts(): Promise<string[]> {
  return (await readFile('/proc/self/mounts', 'utf8')).split('\n').filter((line) => line !== '');
}

function placeOf(mount: string): string {
  return mount.split(' ')[1] ?? '';
}

async function findMounts(identity: Identity, before: HostBefore): Promise<Finding[]> {
  const mounts = await readMounts();
  const own = say(
    'mount',
    mounts.filter((line) => mentions(line, identity)),
  );
  if (before.storeMounted) return own;
  // Another cluster may be about to use the store, or be done with it: only what stays is left behind.
  for (let look = 0; look < 5; look++) {
    const store = (await isStoreShared(identity)) ? [] : await findStore(identity);
    if (store.length === 0) return own;
    await sleep(1_000);
  }
  return [...own, ...(await findStore(identity))];
}

/** The store's own mount and loop device, which are the cluster's where nobody else has any use for them. */
async function findStore(identity: Identity): Promise<Finding[]> {
  const mounts = (await readMounts()).filter((line) => placeOf(line) === identity.store && !mentions(line, identity));
  const loops = (await tryCommand(['losetup', '--list', '--noheadings', '--output', 'NAME,BACK-FILE'])).stdout.split('\n');
  return [
    ...say('mount', mounts),
    ...say(
      'loop',
      loops.filter((line) => line.includes(identity.storeFile)),
    ),
  ];
}

async function isStoreShared(identity: Identity): Promise<boolean> {
  const clusters = await readdir(join(identity.store, 'machines')).catch(() => []);
  if (clusters.some((id) => id !== identity.id)) return true;
  return (await listProcesses()).some((one) => /bin\/kubelab\.js/.test(one.words.join(' ')));
}

async function findGroups(identity: Identity): Promise<Finding[]> {
  const all = await readdir('/sys/fs/cgroup', { recursive: true, withFileTypes: true }).catch(() => []);
  const left = all.filter((entry) => entry.isDirectory() && identity.machines.some((machine) => entry.name.includes(machine)));
  return say(
    'group',
    left.map((entry) => join(entry.parentPath, entry.name)),
  );
}

async function findTrees(identity: Identity): Promise<Finding[]> {
  if ((await stat(identity.trees).catch(() => undefined)) === undefined) return [];
  return say('tree', [identity.trees, ...(await readdir(identity.trees)).map((name) => join(identity.trees, name))]);
}

async function listRules(): Promise<string[]> {
  const outputs = await Promise.all(
    [
      ['ip', 'rule'],
      ['ip', 'route', 'show', 'table', 'all'],
      ['iptables-save'],
      ['ip6tables-save'],
      ['nft', 'list', 'ruleset'],
    ].map(async (command) => (await tryCommand(command)).stdout),
  );
  // Counters and dates change by themselves.
  return outputs.flatMap((text) => text.split('\n').filter((line) => /\S/.test(line) && !/^[#:]/.test(line)));
}

async function findRules(identity: Identity, before: HostBefore): Promise<Finding[]> {
  const subnet = await readSubnet(identity);
  const added = (await listRules()).filter((line) => !before.rules.has(line));
  return say(
    'rule',
    added.filter((line) => mentions(line, identity) || (subnet !== undefined && line.includes(subnet))),
  );
}

/** The first three numbers of its nodes' addresses; kubelab.lock keeps them when the cluster is gone. */
async function readSubnet({ folder }: Identity): Promise<string | undefined> {
  const lock = await readFile(join(folder, 'kubelab.lock'), 'utf8').catch(() => '');
  return /\b(\d+\.\d+\.\d+\.)0\/24\b/.exec(lock)?.[1];
}

async function listRunFiles(kind: 'locks' | 'propagate' | 'unix-export'): Promise<string[]> {
  const folder = join('/run/systemd/nspawn', kind);
  return (await readdir(folder).catch(() => [])).map((name) => join(folder, name));
}

async function findRunFiles(identity: Identity): Promise<Finding[]> {
  const files = (await Promise.all((['propagate', 'unix-export'] as const).map(listRunFiles))).flat();
  const locks = await listRunFiles('locks');
  return [
    ...say(
      'run',
      files.filter((file) => mentions(file, identity)),
    ),
    ...say('run', await findOwnLocks(identity, locks)),
  ];
}

/** A lock's name is the number of the locked file system; while the cluster runs, those of its own are looked up. */
async function findOwnLocks(identity: Identity, locks: readonly string[]): Promise<string[]> {
  for (const tree of await readdir(identity.trees).catch(() => [])) {
    const { dev, ino } = await stat(join(identity.trees, tree));
    identity.ownLocks.add(`/run/systemd/nspawn/locks/inode-${dev}:${ino}`);
  }
  const used = new Set<string>();
  for (const one of await listProcesses()) {
    if (programOf(one) !== 'systemd-nspawn') continue;
    const tree = one.words.find((word) => word.startsWith('--directory='))?.slice('--directory='.length) ?? '';
    const found = tree.startsWith(identity.trees) ? undefined : await stat(tree).catch(() => undefined);
    if (found !== undefined) used.add(`/run/systemd/nspawn/locks/inode-${found.dev}:${found.ino}`);
  }
  return locks.filter((file) => identity.ownLocks.has(file) && !used.has(file));
}

/** The cluster's folder and its lock; kubelab.yaml, kubelab.lock and .kubelab/.gitignore are the user's and stay. */
async function findFiles({ folder }: Identity): Promise<Finding[]> {
  const names = await readdir(join(folder, '.kubelab')).catch(() => []);
  return say(
    'file',
    names.filter((name) => name !== '.gitignore').map((name) => join(folder, '.kubelab', name)),
  );
}
