import type { Runner } from '../exec/runner.ts';

/** What a node is for. `storage` and `load-balancer` and `etcd` nodes are machines outside the Kubernetes cluster. */
export type Role = 'control-plane' | 'worker' | 'storage' | 'etcd' | 'load-balancer';

/** A node is something that commands can be run on, as root, over ssh. */
export interface Node extends Runner {
  readonly name: string;
  readonly role: Role;
  /** Its IPv4 address on the cluster's private network. */
  readonly address: string;
}
