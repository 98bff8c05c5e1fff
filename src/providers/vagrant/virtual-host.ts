import type { VirtualFinding } from '../../cluster/choose-provider.ts';
import type { Capabilities } from '../../cluster/provider.ts';
import type { AccelerationContext } from './acceleration.ts';

export interface VagrantProbeContext extends AccelerationContext {
  /** Where the kernel shows its modules. Default /sys/module. */
  readonly modules?: string;
  /** The program VBoxManage, where it is not on the PATH. */
  readonly vboxManage?: string;
  /** Where systemd is seen to run: this folder is there. Default /run/systemd/system. */
  readonly systemd?: string;
}

/** What a provider of virtual machines can do on this host. */
export interface VirtualHostProbe extends VirtualFinding {
  readonly cures: readonly string[];
  /** Versions of the programs that were found, by name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly capabilities: Capabilities;
}

/** The same before its capabilities are known. */
export type VirtualHostState = Omit<VirtualHostProbe, 'capabilities'>;

/** One thing that keeps a provider from being used, with what helps against it. */
export interface Lack {
  readonly lack: string;
  readonly packages?: readonly string[];
  readonly cure?: string;
}
