import { CommandFailed, unlessFailed } from '../errors/errors.ts';
import type { Milliseconds } from '../exec/runner.ts';
import { createKubectl, type Kubectl } from '../kubernetes/kubectl.ts';
import { nodeReadiness, workloadReadiness } from '../kubernetes/readiness.ts';
import { probeNamespace, renderReadyProbe } from '../kubernetes/ready-probe.ts';
import type { Node } from './node.ts';
import { firstControlPlane } from './node-files.ts';
import type { NodePlan, Plan } from './plan.ts';
import { emulatedMachine } from './provider.ts';
import { waitFor } from './wait.ts';

export interface ReadyInput {
  readonly plan: Plan;
  /** Opens the way to a node. */
  readonly connect: (node: NodePlan) => Node;
  readonly signal: AbortSignal;
}

const minute = 60_000;
/** On every node, until it is switched off: with which others it was proved Ready. */
const proof = '/run/kubelab/ready';

/**
 * Whether this very set of nodes was proved Ready since each of them booted, and still says so. Looks only. What the API
 * server says is not enough: it calls a node Ready for most of a minute after it has gone.
 */
export async function isReady(input: ReadyInput): Promise<boolean> {
  const options = { timeout: 20_000, signal: input.signal, accept: 'any' } as const;
  // A node that is only just booting may take longer than that to answer.
  const known = await unlessFailed(Promise.all(connectAll(input).map((node) => node.run(['cat', proof], options))));
  if (known?.every(({ stdout }) => stdout.trim() === proofText(input.plan)) !== true) return false;
  const nodes = await unlessFailed(kubectl(input).json(['get', 'nodes']));
  if (nodes === undefined) return false;
  const ready = nodeReadiness(nodes).filter((node) => node.ready);
  return expectedNodes(input.plan).every((name) => ready.some((node) => node.name === name));
}

/**
 * Puts the probe pods of Ready in, as soon as there is an API server: each starts with its node, so that nobody waits
 * for them once the last node has joined.
 */
export async function putProbes(input: ReadyInput, progress: (text: string) => void): Promise<void> {
  if (input.plan.network.plugin === 'none') return;
  const control = kubectl(input);
  const toolbox = input.plan.lock.images['toolbox'] ?? '';
  await waitFor(
    {
      what: 'the API server to take the probe pods',
      hint: 'See /var/log/pods on the first control plane: kubelab ssh control1.',
      deadline: patience(input.plan, 10 * minute),
      every: 300,
      // Refused while the API server starts. What an earlier probe left says nothing of now, and goes on being removed.
      ready: () =>
        unlessRefused(async () => {
          await control.run(['delete', 'namespace', probeNamespace, '--ignore-not-found', '--timeout=60s'], { timeout: 90_000 });
          return control.apply(renderReadyProbe({ toolbox, nodes: podNodes(input.plan).length })).then(() => true);
        }),
    },
    input.signal,
    progress,
  );
}

/**
 * Waits for Ready as kubelab means it: all nodes Ready, CoreDNS answering a lookup from a pod on every worker, a pod on
 * each worker reaching a pod on another. The probe pods must be in.
 */
export async function waitUntilReady(input: ReadyInput, progress: (text: string) => void): Promise<void> {
  if (input.plan.network.plugin === 'none') {
    progress('no network plugin: nodes become Ready once you install one');
    return;
  }
  const control = kubectl(input);
  const count = podNodes(input.plan).length;
  await waitFor(
    {
      what: 'the nodes, DNS and the pod network',
      hint: `See kubelab kubectl get nodes and kubelab kubectl get pods -A -o wide. The probe pods are in namespace ${probeNamespace}.`,
      deadline: patience(input.plan, 15 * minute),
      every: 500,
      ready: () => unlessRefused(() => look(control, input.plan, count)),
    },
    input.signal,
    progress,
  );
  await control.run(['delete', 'namespace', probeNamespace, '--wait=false'], { timeout: minute });
  const write = ['sh', '-c', `mkdir -p /run/kubelab && cat >${proof}`] as const;
  const options = { timeout: minute, signal: input.signal, input: `${proofText(input.plan)}\n` };
  await Promise.all(connectAll(input).map((node) => node.run(write, options)));
}

/** After a boot the API server comes and goes for a moment; what kubectl says then is an answer, not a failure. */
async function unlessRefused(ask: () => Promise<true | string>): Promise<true | string> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof CommandFailed) return error.stderr.trim().split('\n').at(-1) ?? error.message;
    throw error;
  }
}

async function look(control: Kubectl, plan: Plan, count: number): Promise<true | string> {
  const nodes = nodeReadiness(await control.json(['get', 'nodes']));
  const missing = expectedNodes(plan).filter((name) => !nodes.some((node) => node.name === name));
  if (missing.length > 0) return `${missing.join(', ')} not registered yet`;
  const unready = nodes.filter((node) => !node.ready);
  if (unready.length > 0) return `${unready.map((node) => node.name).join(', ')} not Ready yet`;
  const [probe] = workloadReadiness(await control.json(['get', 'daemonsets', '-n', probeNamespace]));
  const available = probe?.available ?? 0;
  return available >= count && probe?.ready === true ? true : `DNS and pod network proved on ${available} of ${count} nodes`;
}

/** Those that run kubelet. */
function kubernetesNodes(plan: Plan): readonly NodePlan[] {
  return plan.nodes.filter((node) => node.role === 'control-plane' || node.role === 'worker');
}

function expectedNodes(plan: Plan): string[] {
  return kubernetesNodes(plan).map((node) => node.name);
}

function connectAll({ plan, connect }: ReadyInput): readonly Node[] {
  return kubernetesNodes(plan).map((node) => connect(node));
}

/** The nodes that take ordinary pods. */
function podNodes(plan: Plan): string[] {
  const workers = plan.nodes.filter((node) => node.role === 'worker');
  return (workers.length > 0 ? workers : plan.nodes.filter((node) => node.role === 'control-plane')).map((node) => node.name);
}

function patience(plan: Plan, usual: Milliseconds): Milliseconds {
  return plan.provider.emulated === true ? emulatedMachine.slowness * usual : usual;
}

function proofText(plan: Plan): string {
  return expectedNodes(plan).join(' ');
}

function kubectl(input: ReadyInput): Kubectl {
  return createKubectl({
    runner: input.connect(firstControlPlane(input.plan)),
    kubeconfig: '/etc/kubernetes/admin.conf',
    signal: input.signal,
  });
}
