import { haltSteps } from '../cluster/end-cluster.ts';
import { runSteps } from '../cluster/run-steps.ts';
import { loggedEvents, whileHolding } from './cluster-run.ts';
import { type CommandResult, defineCommand } from './command.ts';
import type { Context } from './context.ts';
import { openExisting } from './existing.ts';

export const halt = defineCommand({
  name: 'halt',
  summary: 'shut the nodes down; up brings them back as they were',
  args: {},
  flags: {},
  examples: [{ command: 'kubelab halt', what: 'all nodes at once' }],
  needsRoot: true,
  run: (_, context) => runHalt(context),
});

async function runHalt(context: Context): Promise<CommandResult> {
  const { workspace, state, provider } = await openExisting(context);
  return whileHolding(workspace, 'halt', async () => {
    const steps = haltSteps(provider, state.nodes);
    const report = await runSteps(steps, {
      signal: context.signal,
      events: loggedEvents(workspace),
      forecast: () => undefined,
      record: () => undefined,
    });
    const stopped = report.filter((entry) => entry.state === 'done').map((entry) => entry.node ?? '');
    return {
      data: { halted: stopped },
      human: () =>
        stopped.length === 0 ? `${state.name} was not running.` : `${state.name} is halted. kubelab up brings it back.`,
    };
  });
}
