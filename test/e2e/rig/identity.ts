import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** By what a cluster is known on the host, so that another one's things are never taken for it. */
export interface Identity {
  /** The folder of the spec. */
  readonly folder: string;
  readonly name: string;
  /** Its folder among the machines of the store. */
  readonly id: string;
  readonly bridge: string;
  /** The folder that the store is mounted on. */
  readonly store: string;
  /** The file that the store lies in, where the cache is not btrfs itself. */
  readonly storeFile: string;
  /** The folder of its machines' file systems. */
  readonly trees: string;
  /** The name of a node's machine, which is also its control group and a part of its interface. */
  machine(node: string): string;
  /** The names of all its machines, of those that are gone too. */
  readonly machines: readonly string[];
  /** Every name that a process, a mount or a file of it carries. */
  readonly words: readonly string[];
  /** The files of systemd-nspawn that lock its machines' file systems, as far as they were seen. */
  readonly ownLocks: Set<string>;
}

/** The names that kubelab gives. A test compares them with a running cluster, so that a change is noticed here. */
export function identifyCluster(folder: string, name: string, nodes: readonly string[], cache = userCache()): Identity {
  const root = join(folder, '.kubelab', name);
  const hash = sha256(root);
  const id = `${name}-${hash.slice(0, 6)}`;
  const bridge = `klab-${hash.slice(0, 8)}`;
  const store = join(cache, 'nspawn');
  const trees = join(store, 'machines', id);
  const machine = (node: string): string => `k${sha256(`${id}/${node}`).slice(0, 10)}`;
  const machines = nodes.map(machine);
  const words = [folder, trees, `machines/${id}`, bridge, ...machines];
  return { folder, name, id, bridge, store, storeFile: `${store}.btrfs`, trees, machine, machines, words, ownLocks: new Set() };
}

/** Where kubelab keeps what clusters share. */
export function userCache(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'kubelab');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
