import { artifactsFolder, handOverArtifacts } from './hand-over.ts';
import type { NodePlan } from './plan.ts';
import { showLines } from './report-step.ts';
import type { Step } from './step.ts';
import type { UpContext } from './up-context.ts';

const minute = 60_000;

/** Written last; goes with the node's files, so that it says that they are the ones it was installed by. */
const marker = '/opt/kubelab/installed';

/** What a node image has, installed on one node whose machine began as a plain system: the scripts 10 to 40, then 50. */
export function installStep(context: UpContext, plan: NodePlan): Step {
  const node = context.provider.connect(plan);
  const { signal } = context;
  return {
    id: `install:${plan.name}`,
    title: 'install all of it',
    phase: 'install',
    node: plan.name,
    needs: [`files:${plan.name}`, 'obtain'],
    done: async () => (await node.run(['test', '-e', marker], { timeout: 20_000, signal, accept: 'any' })).exitCode === 0,
    run: async (progress) => {
      await handOverArtifacts({ lock: context.lock(), source: context.source, signal }, node, progress);
      const scripts = 'sh /opt/kubelab/provision/run.sh image; sh /opt/kubelab/provision/50-node.sh';
      // What was installed lies elsewhere by now.
      const line = `set -e; ${scripts}; rm -rf ${artifactsFolder}; touch ${marker}`;
      await node.run(['sh', '-c', line], {
        timeout: 60 * minute,
        signal,
        onLine: showLines(progress),
      });
    },
  };
}
