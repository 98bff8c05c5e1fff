import type { Artifact } from '../artifacts/source.ts';
import type { Node } from './node.ts';
import type { NodePlan } from './plan.ts';
import type { Step } from './step.ts';
import type { UpContext } from './up-context.ts';

const minute = 60_000;

/** Where the scripts of the node image look for artifacts: KUBELAB_ARTIFACTS in provision/lib.sh. */
const artifactsFolder = '/var/lib/kubelab/artifacts';
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
      await handOverArtifacts(context, node, progress);
      const scripts = 'sh /opt/kubelab/provision/run.sh image; sh /opt/kubelab/provision/50-node.sh';
      // What was installed lies elsewhere by now.
      const line = `set -e; ${scripts}; rm -rf ${artifactsFolder}; touch ${marker}`;
      await node.run(['sh', '-c', line], {
        timeout: 60 * minute,
        signal,
        onLine: (text) => progress(text.trim().slice(0, 160)),
      });
    },
  };
}

/** Brings every artifact of the lock to the node, one after another; those that are there with their digest stay. */
async function handOverArtifacts(context: UpContext, node: Node, progress: (text: string) => void): Promise<void> {
  const { artifacts } = context.lock();
  const { signal } = context;
  for (const [index, artifact] of artifacts.entries()) {
    const place = `${artifactsFolder}/${artifact.path}`;
    if (await hasArtifact(node, place, artifact, signal)) continue;
    progress(`handing over ${artifact.path} (${index + 1} of ${artifacts.length})`);
    const reference = artifact.image === undefined ? [] : ['printf "%s\\n" "$2" >"$1.ref"'];
    const script = ['set -e', 'mkdir -p "${1%/*}"', 'cat >"$1.part"', ...reference, 'mv "$1.part" "$1"'].join('; ');
    await node.run(['sh', '-c', script, 'sh', place, artifact.image ?? ''], {
      timeout: 30 * minute,
      signal,
      inputFile: context.source.file(artifact),
    });
  }
}

async function hasArtifact(node: Node, place: string, { digest }: Artifact, signal: AbortSignal): Promise<boolean> {
  const hex = digest?.replace(/^sha256:/, '');
  if (hex === undefined) return false;
  const check = 'echo "$2  $1" | sha256sum --check --status 2>/dev/null';
  const found = await node.run(['sh', '-c', check, 'sh', place, hex], { timeout: 2 * minute, signal, accept: 'any' });
  return found.exitCode === 0;
}
