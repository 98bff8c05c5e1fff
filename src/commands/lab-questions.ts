import type { Lab } from '../labs/lab.ts';

/** What is asked before a lab ends. */
export function askToStop({ id, namespace, reset }: Pick<Lab, 'id' | 'namespace' | 'reset'>): string {
  return `End lab ${id} and delete all that is in namespace ${namespace}${describeOutside(reset)}?`;
}

/** What is asked before a lab goes back to the start of a step. */
export function askToReset(
  { id, namespace, isolation, reset }: Pick<Lab, 'id' | 'namespace' | 'isolation' | 'reset'>,
  step: string,
): string {
  const beyond = {
    namespace: '',
    nodes: ' and put the nodes back',
    cluster: ' and put back what the lab changed of the nodes and of the whole cluster',
  }[isolation];
  return `Delete all that is in namespace ${namespace}${describeOutside(reset)}${beyond}, and go back to the start of step ${step} of lab ${id}?`;
}

/** What is asked before a lab begins where its namespace is there already. */
export function askToClear({ id, namespace, reset }: Pick<Lab, 'id' | 'namespace' | 'reset'>): string {
  return `Namespace ${namespace} is there although lab ${id} has not begun: an earlier run was cut off. Delete all that is in it${describeOutside(reset)}, and begin?`;
}

function describeOutside({ clusterObjects }: Pick<Lab['reset'], 'clusterObjects'>): string {
  if (clusterObjects.length === 0) return '';
  const names = clusterObjects.map(({ kind, name }) => `${kind} ${name}`).join(', ');
  return `, and outside of it, where it was made since the lab began: ${names}`;
}
