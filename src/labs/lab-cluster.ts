import type { Capabilities, ProviderName } from '../cluster/provider.ts';
import type { Node, Role } from '../cluster/node.ts';
import type { ApiClient } from '../kubernetes/api-client.ts';
import type { Kubectl } from '../kubernetes/kubectl.ts';
import type { ImageRole } from './lab.ts';

/** A node as labs see it. */
export interface LabNode {
  readonly name: string;
  readonly role: Role;
  readonly address: string;
  readonly memoryMiB: number;
}

/** What is known of a cluster without asking it: enough to say which labs fit. */
export interface ClusterFacts {
  readonly name: string;
  /** Exact, without the `v`. */
  readonly kubernetes: string;
  readonly nodes: readonly LabNode[];
  /** On the control planes, or on nodes of its own. */
  readonly etcd: 'stacked' | 'external';
  readonly addons: readonly string[];
  readonly provider: ProviderName;
  readonly capabilities: Capabilities;
  /** The image that plays each role, for roles that the cluster's source has one for. */
  readonly images: Readonly<Partial<Record<ImageRole, string>>>;
}

/** The cluster that a lab runs on. */
export interface LabCluster extends ClusterFacts {
  /** Reads only, as the identity of checks. */
  readonly api: ApiClient;
  /** May do anything; runs on the first control plane. For setting up, solving and resetting. */
  readonly kubectl: Kubectl;
  readonly signal: AbortSignal;
  /** As root over ssh. */
  node(name: string): Node;
}
