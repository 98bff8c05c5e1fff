import type { Node, Role } from './node.ts';

export type ProviderName = 'libvirt' | 'virtualbox' | 'nspawn';

/** What a provider can do, as data: nothing above it asks which provider it is. */
export interface Capabilities {
  /** `strong`: a kernel of its own per node. `weak`: nodes share the host's kernel. */
  readonly isolation: 'strong' | 'weak';
  /** The kernel's NFS server and client work in a node. */
  readonly kernelNfs: boolean;
  /** Nodes reach the Internet where the host does. */
  readonly internet: boolean;
  /** The cgroup version that nodes see. */
  readonly cgroupVersion: 1 | 2;
  /** Sentences for people on what is different from a virtual machine. */
  readonly differences: readonly string[];
  /** What times that are meant for ordinary nodes are multiplied by: 1 where nodes are ordinary. */
  readonly slowness: number;
}

/** What a virtual machine has, whoever runs it: a kernel of its own. */
export const virtualMachine: Capabilities = {
  isolation: 'strong',
  kernelNfs: true,
  internet: true,
  cgroupVersion: 2,
  differences: [],
  slowness: 1,
};

/**
 * What a virtual machine has whose processors are emulated. Its programs run about ten times slower, but not all of what is
 * waited for is them.
 */
export const emulatedMachine: Capabilities = {
  ...virtualMachine,
  differences: ['machines are emulated, as hardware virtualisation does not work here: programs run about ten times slower'],
  slowness: 5,
};

export interface MachinePlan {
  readonly name: string;
  readonly role: Role;
  readonly address: string;
  readonly cpus: number;
  readonly memoryMiB: number;
}

export interface MachineState {
  readonly name: string;
  readonly state: 'running' | 'stopped' | 'broken';
  /** Bytes that belong to this machine alone, where the provider can tell. */
  readonly ownBytes?: number;
}

/** Runs machines. One instance serves one cluster. */
export interface Provider {
  readonly name: ProviderName;
  readonly capabilities: Capabilities;
  /** The machines of this cluster that exist, whatever state they are in. */
  inspect(): Promise<readonly MachineState[]>;
  /** Makes what all machines share: the network. Does nothing where it is there. */
  prepare(): Promise<void>;
  /** Makes the machine if it is not there, boots it if it is not running, and returns when ssh answers. */
  start(machine: MachinePlan): Promise<Node>;
  /** A node as it is, without looking whether it runs. */
  connect(machine: MachinePlan): Node;
  /** Shuts down in order, within a deadline, then cuts the power. */
  stop(name: string): Promise<void>;
  /** Ends the machine and removes all that belonged to it. */
  destroy(name: string): Promise<void>;
  /** Removes what all machines shared; returns what is left behind, which should be nothing. */
  removeShared(): Promise<readonly string[]>;
}
