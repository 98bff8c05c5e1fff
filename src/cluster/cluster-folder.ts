import { createHash } from 'node:crypto';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from './files.ts';

/** Where everything of one cluster lies on this host. Paths only: nothing here says that they exist. */
export interface ClusterFolder {
  /** `.kubelab`, beside the spec; shared by its clusters. */
  readonly home: string;
  /** Keeps `home` out of git. */
  readonly gitignore: string;
  /** `.kubelab/NAME`. */
  readonly root: string;
  readonly vagrantfile: string;
  readonly provision: string;
  /** One folder per node below it, for no one else to read: they hold keys. */
  readonly nodes: string;
  readonly node: (name: string) => string;
  /** For no one else to read. */
  readonly pki: string;
  readonly sshKey: string;
  readonly sshPublicKey: string;
  readonly knownHosts: string;
  readonly kubeconfig: string;
  readonly state: string;
  readonly events: string;
  readonly logs: string;
  /** Beside `root`, so that it can be held while `root` is removed. */
  readonly lock: string;
}

/**
 * The layout of the cluster's folder.
 * @param base the folder that holds the spec.
 */
export function locateCluster(base: string, name: string): ClusterFolder {
  const home = join(base, '.kubelab');
  return layOut(home, join(home, checkName(name)), name);
}

/** The same layout in a folder of the user's choice, which keeps itself out of git. */
export function relocateCluster(root: string, name: string): ClusterFolder {
  return layOut(root, root, checkName(name));
}

function layOut(home: string, root: string, name: string): ClusterFolder {
  const nodes = join(root, 'nodes');
  return {
    home,
    gitignore: join(home, '.gitignore'),
    root,
    vagrantfile: join(root, 'Vagrantfile'),
    provision: join(root, 'provision'),
    nodes,
    node: (node) => join(nodes, checkName(node)),
    pki: join(root, 'pki'),
    sshKey: join(root, 'ssh_key'),
    sshPublicKey: join(root, 'ssh_key.pub'),
    knownHosts: join(root, 'known_hosts'),
    kubeconfig: join(root, 'kubeconfig'),
    state: join(root, 'state.json'),
    events: join(root, 'events.ndjson'),
    logs: join(root, 'logs'),
    lock: join(home, `${name}.lock`),
  };
}

/** A name for the cluster that no other folder's cluster on this host has: its own name and 6 hexadecimal digits. */
export function clusterId(folder: Pick<ClusterFolder, 'root'>, name: string): string {
  return `${name}-${createHash('sha256').update(folder.root).digest('hex').slice(0, 6)}`;
}

/** Makes the folders that are missing, and gives those that hold keys back the mode they must have. */
export async function createClusterFolder(folder: ClusterFolder, nodeNames: readonly string[]): Promise<void> {
  await mkdir(folder.root, { recursive: true });
  await writeFileAtomic(folder.gitignore, '*\n');
  await mkdir(folder.provision, { recursive: true });
  for (const path of [folder.nodes, ...nodeNames.map(folder.node), folder.pki, folder.logs]) {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await chmod(path, 0o700);
  }
}

/** Names become parts of paths, so anything that could lead elsewhere is refused. */
function checkName(name: string): string {
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name)) throw new Error(`"${name}" can not be the name of a folder`);
  return name;
}
