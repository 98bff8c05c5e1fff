import { findLockHolder } from '../cluster/cluster-lock.ts';
import { nodeReadiness, type NodeReadiness } from '../kubernetes/readiness.ts';
import { unlessFailed } from '../errors/errors.ts';
import { type CommandResult, defineCommand } from './command.ts';
import type { Context } from './context.ts';
import { adminKubectl, type Existing, openExisting } from './existing.ts';

export const status = defineCommand({
  name: 'status',
  summary: 'say how the machines and the Kubernetes nodes are',
  args: {},
  flags: {},
  examples: [{ command: 'kubelab status --json', what: 'for scripts' }],
  run: (_, context) => runStatus(context),
});

async function runStatus(context: Context): Promise<CommandResult> {
  const existing = await openExisting(context);
  const { workspace, state, provider } = existing;
  const { hostname, kill } = context.machine;
  const machines = new Map((await provider.inspect()).map((machine) => [machine.name, machine.state]));
  const nodes = await askKubernetes(existing, machines.get('control1') === 'running');
  const holder = await findLockHolder(workspace.folder.lock, { host: hostname, kill });
  const rows = state.nodes.map(({ name, role, address }) => {
    const node = nodes.find((candidate) => candidate.name === name);
    return {
      name,
      role,
      address,
      // After a reboot of the host nothing is mounted until `up` mounts it, so that machines can not be seen.
      machine: machines.get(name) ?? (machines.size === 0 ? 'stopped' : 'absent'),
      ready: node?.ready,
      kubelet: node?.kubelet ?? '',
      message: node?.message ?? '',
    };
  });
  const data = {
    cluster: state.name,
    kubernetes: state.kubernetes,
    provider: state.provider,
    busy: holder?.command,
    nodes: rows,
  };
  return {
    data,
    human: () => [
      {
        kind: 'text',
        text: `${state.name}: Kubernetes ${state.kubernetes} on ${state.provider}, nodes in ${state.network.nodes}${holder === undefined ? '' : `; ${holder.command} is working on it (pid ${holder.pid})`}`,
      },
      {
        kind: 'table',
        table: {
          columns: ['NODE', 'ROLE', 'ADDRESS', 'MACHINE', 'KUBERNETES'],
          rows: rows.map((row) => [row.name, row.role, row.address, row.machine, sayReady(row)]),
        },
      },
    ],
  };
}

function sayReady(row: { role: string; ready: boolean | undefined; kubelet: string; message: string }): string {
  if (row.role !== 'control-plane' && row.role !== 'worker') return '-';
  if (row.ready === undefined) return 'unknown';
  return row.ready ? `Ready ${row.kubelet}` : `not Ready: ${row.message}`;
}

async function askKubernetes(existing: Existing, running: boolean): Promise<readonly NodeReadiness[]> {
  if (!running) return [];
  const nodes = await unlessFailed(adminKubectl(existing).json(['get', 'nodes'], { timeout: 15_000 }));
  return nodes === undefined ? [] : nodeReadiness(nodes);
}
