import { destroySteps } from '../cluster/end-cluster.ts';
import { runSteps } from '../cluster/run-steps.ts';
import { whileHolding } from './cluster-run.ts';
import { type CommandResult, defineCommand } from './command.ts';
import type { Context } from './context.ts';
import { openMachines } from './machines.ts';
import { findRest, findStrays, openExisting } from './existing.ts';

export const destroy = defineCommand({
  name: 'destroy',
  summary: 'remove the cluster whole: machines, network, keys and folder',
  description: 'The spec, kubelab.lock and the cache stay. Asks first, or needs --yes.',
  args: {},
  flags: {},
  examples: [{ command: 'kubelab destroy --yes', what: 'without asking' }],
  needsRoot: true,
  run: (_, context) => runDestroy(context),
});

async function runDestroy(context: Context): Promise<CommandResult> {
  const stateless = (await findStrays(context)) ?? (await findRest(context));
  const { workspace, provider } = stateless ?? (await openExisting(context));
  const { name } = workspace.spec;
  const agreed = await context.ask({ text: `Destroy the cluster ${name} with all that is in it?`, flag: '--yes' });
  if (!agreed) return { data: { destroyed: false }, human: () => 'Nothing was removed.' };
  return whileHolding(workspace, 'destroy', async () => {
    await openMachines(workspace, provider.name);
    const machines = await provider.inspect();
    const steps = destroySteps(provider, machines, workspace.folder);
    const options = { signal: context.signal, events: context.events, forecast: () => undefined, record: () => undefined };
    await runSteps(steps, options);
    return {
      data: { destroyed: true, machines: machines.map(({ name }) => name) },
      human: () =>
        `${name} is gone: ${machines.length} machines, their network, mounts, keys and folder. Nothing is left behind.`,
    };
  });
}
