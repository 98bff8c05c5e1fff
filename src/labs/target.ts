import type { ClusterFacts, LabNode } from './lab-cluster.ts';

/** Something that a lab names is not in this cluster. */
export class TargetUnknown extends Error {
  readonly target: string;
  constructor(target: string) {
    super(`this cluster has no node for ${target}`);
    this.target = target;
    this.name = 'TargetUnknown';
  }
}

/** The nodes that a target means; at least one. @throws TargetUnknown */
export function nodesOf(target: string, cluster: Pick<ClusterFacts, 'nodes'>): readonly LabNode[] {
  const found = cluster.nodes.filter((node, index, nodes) => isMeant(target, node, index, nodes));
  if (found.length === 0) throw new TargetUnknown(target);
  return found;
}

function isMeant(target: string, node: LabNode, index: number, nodes: readonly LabNode[]): boolean {
  const firstOf = (role: LabNode['role']) => nodes.findIndex((other) => other.role === role);
  if (target === 'control-plane') return index === firstOf('control-plane');
  if (target === 'workers') return node.role === 'worker';
  if (target === 'nodes') return node.role === 'worker' || node.role === 'control-plane';
  if (target === 'nfs-server') return index === (firstOf('storage') === -1 ? firstOf('control-plane') : firstOf('storage'));
  return node.name === target;
}
