import type { Capabilities } from '../../cluster/provider.ts';
import type { Runner } from '../../exec/runner.ts';

export type VagrantProviderName = 'libvirt' | 'virtualbox';

export interface VagrantSettings {
  readonly provider: VagrantProviderName;
  /** The cluster's name on this host, which no other folder's cluster has: what `clusterId` gives. */
  readonly cluster: string;
  /** The cluster's folder, with the rendered Vagrantfile. Vagrant keeps what it knows of machines in `.vagrant` there. */
  readonly folder: string;
  readonly network: {
    /** CIDR of the nodes' network and the host's address on it. */
    readonly nodes: string;
    readonly gateway: string;
    /** The name of its bridge, at most 15 characters. */
    readonly bridge: string;
    /** The network that machines reach the Internet through, as the Vagrantfile has it. Of libvirt only. */
    readonly management: { readonly name: string; readonly range: string };
  };
  readonly sshConfig: string;
  /** A folder for the sockets of connections to machines; undefined where ssh can not share one. */
  readonly sshSockets?: string | undefined;
  /** The public key that root's door is opened for. */
  readonly authorizedKey: () => Promise<string>;
  readonly capabilities: Capabilities;
  /** Machines run without hardware virtualisation: everything takes ten times as long. */
  readonly emulated: boolean;
  /** Where Vagrant keeps boxes and locks; the user's own place where left out. */
  readonly vagrantHome?: string;
  /** The program VBoxManage, where it is not on the PATH: on Windows it is not by itself. */
  readonly vboxManage?: string;
  /** As `vagrant --version` says it, such as `2.3.4`; unknown where left out. */
  readonly vagrantVersion?: string;
}

export interface VagrantContext {
  /** This host as this user: Vagrant's boxes and VirtualBox's machines belong to people, not to root. */
  readonly local: Runner;
  readonly signal: AbortSignal;
  /** Told what Vagrant says while a machine is made or booted, line by line. */
  readonly report?: (node: string, text: string) => void;
}

/** The name of a machine on this host: what Vagrantfile.tmpl gives it with both providers. */
export function machineName(cluster: string, node: string): string {
  return `${machinePrefix(cluster)}${node}`;
}

/** What the names of all machines and volumes of a cluster begin with. */
export function machinePrefix(cluster: string): string {
  return `kubelab-${cluster}-`;
}

/**
 * The node that a machine's name on this host belongs to, or undefined where it is none of this cluster's. Names of nodes
 * have no hyphen, so that a cluster whose name is how another's begins is not taken for it.
 */
export function nodeOf(cluster: string, name: string): string | undefined {
  const prefix = machinePrefix(cluster);
  const node = name.startsWith(prefix) ? name.slice(prefix.length) : '';
  return /^[a-z][a-z0-9]*$/.test(node) ? node : undefined;
}
