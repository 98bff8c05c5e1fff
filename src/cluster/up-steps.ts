import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunOptions } from '../exec/runner.ts';
import { readAdminKubeconfig } from '../kubernetes/kubeconfig.ts';
import { readIfThere, writeFileAtomic } from './files.ts';
import type { Node } from './node.ts';
import { firstControlPlane } from './node-files.ts';
import type { NodePlan, Plan } from './plan.ts';
import { digestNodeFiles, packNodeFiles } from './push-files.ts';
import { isReady, putProbes, waitUntilReady } from './ready.ts';
import { installStep } from './install-step.ts';
import { prepareSteps } from './prepare-steps.ts';
import { showLines } from './report-step.ts';
import type { Step } from './step.ts';
import type { UpContext } from './up-context.ts';

const minute = 60_000;

/** The graph that makes the machine equal to the plan. */
export function upSteps(context: UpContext): Step[] {
  const { plan } = context;
  return [
    ...prepareSteps(context),
    ...plan.nodes.flatMap((node) => [bootStep(context, node), filesStep(context, node)]),
    ...(context.images.onNodes === true ? plan.nodes.map((node) => installStep(context, node)) : []),
    ...plan.nodes.map((node) => roleStep(context, node)),
    addonsStep(context),
    kubeconfigStep(context),
    ...readySteps(context),
  ];
}

function bootStep(context: UpContext, plan: NodePlan): Step {
  const node = context.provider.connect(plan);
  return {
    id: `boot:${plan.name}`,
    title: 'boot',
    phase: 'boot',
    node: plan.name,
    needs: ['image', 'network'],
    done: async () => {
      const machine = (await context.provider.inspect()).find((candidate) => candidate.name === plan.name);
      return machine?.state === 'running' && (await answers(node, context));
    },
    run: async () => void (await context.provider.start(plan)),
  };
}

async function answers(node: Node, context: UpContext): Promise<boolean> {
  const result = await node.run(['true'], { timeout: 10_000, signal: context.signal, accept: 'any' });
  return result.exitCode === 0;
}

const digestFile = '/opt/kubelab/digest';

function filesStep(context: UpContext, plan: NodePlan): Step {
  const node = context.provider.connect(plan);
  return {
    id: `files:${plan.name}`,
    title: 'hand over its files',
    phase: 'files',
    node: plan.name,
    needs: [`boot:${plan.name}`],
    done: async () => {
      const digest = await digestNodeFiles(context.folder, plan.name);
      const known = await node.run(['cat', digestFile], { timeout: 20_000, signal: context.signal, accept: 'any' });
      return known.stdout.trim() === digest;
    },
    run: async (progress) => {
      const bytes = await packNodeFiles(context.folder, plan.name);
      const digest = await digestNodeFiles(context.folder, plan.name);
      const unpack =
        'set -e; rm -rf /opt/kubelab; mkdir -p /opt/kubelab; tar -x --no-same-owner -C /opt/kubelab -f -; chmod 700 /opt/kubelab/node';
      const mark = `printf '%s\\n' ${digest} >${digestFile}`;
      // A plain system is no node before all is installed.
      const prepare = context.images.onNodes === true ? 'true' : 'sh /opt/kubelab/provision/50-node.sh';
      await node.run(['sh', '-c', `${unpack}; ${prepare}; ${mark}`], {
        ...options(context, 5 * minute, progress),
        input: bytes,
      });
    },
  };
}

function options(context: UpContext, timeout: number, progress: (text: string) => void): RunOptions {
  return { timeout, signal: context.signal, onLine: showLines(progress) };
}

/** The script that makes a machine what its role says, and the file that says that it did. */
const roleScripts = {
  init: {
    script: '53-control-plane.sh',
    marker: '/etc/kubernetes/kubelab-initialised',
    title: 'kubeadm init',
    phase: 'kubeadm init',
  },
  join: { script: '60-join.sh', marker: '/etc/kubernetes/kubelab-joined', title: 'kubeadm join', phase: 'kubeadm join' },
  etcd: { script: '52-etcd.sh', marker: '/etc/kubernetes/kubelab-etcd', title: 'start etcd', phase: 'etcd' },
  'load-balancer': {
    script: '51-load-balancer.sh',
    marker: '/etc/haproxy/haproxy.cfg',
    title: 'start the load balancer',
    phase: 'load balancer',
  },
} as const;

function roleStep(context: UpContext, plan: NodePlan): Step {
  const kind = roleOf(context.plan, plan);
  const { script, marker, title, phase } = roleScripts[kind];
  const node = context.provider.connect(plan);
  return {
    id: `${kind}:${plan.name}`,
    title,
    phase,
    node: plan.name,
    needs: [`${context.images.onNodes === true ? 'install' : 'files'}:${plan.name}`, ...roleNeeds(context.plan, plan)],
    done: async () => {
      const unit = kind === 'load-balancer' ? 'haproxy' : 'kubelet';
      const check = `[ -e ${marker} ] && systemctl is-active --quiet ${unit}`;
      return (await node.run(['sh', '-c', check], { timeout: 20_000, signal: context.signal, accept: 'any' })).exitCode === 0;
    },
    awaits: kind === 'join' ? [`init:${firstControlPlane(context.plan).name}`] : [],
    run: async (progress, signal) => {
      await node.run(['sh', `/opt/kubelab/provision/${script}`], { ...options(context, 45 * minute, progress), signal });
      if (kind === 'init') await registerAnew(context);
    },
  };
}

/**
 * A fresh control plane knows no node. One that joined while an earlier init was cut off registers itself again only
 * when its kubelet starts.
 */
async function registerAnew(context: UpContext): Promise<void> {
  const restart = `[ ! -e ${roleScripts.join.marker} ] || systemctl restart kubelet`;
  const joining = context.plan.nodes.filter((node) => roleOf(context.plan, node) === 'join');
  await Promise.all(
    joining.map((node) =>
      context.provider.connect(node).run(['sh', '-c', restart], { timeout: 30_000, signal: context.signal, accept: 'any' }),
    ),
  );
}

function roleOf(plan: Plan, node: NodePlan): keyof typeof roleScripts {
  if (node.role === 'etcd' || node.role === 'load-balancer') return node.role;
  return node.name === firstControlPlane(plan).name ? 'init' : 'join';
}

/** Workers wait on their node for the control plane; only what can't wait there is ordered here. */
function roleNeeds(plan: Plan, node: NodePlan): string[] {
  const first = firstControlPlane(plan).name;
  if (node.name === first)
    return plan.nodes
      .filter((other) => other.role === 'etcd' || other.role === 'load-balancer')
      .map((other) => `${other.role}:${other.name}`);
  if (node.role !== 'control-plane') return [];
  // etcd takes one new member at a time.
  const controlPlanes = plan.nodes.filter((other) => other.role === 'control-plane');
  const before = controlPlanes[controlPlanes.indexOf(node) - 1];
  return before === undefined || before.name === first ? [`init:${first}`] : [`join:${before.name}`];
}

function addonsStep(context: UpContext): Step {
  const first = firstControlPlane(context.plan);
  const node = context.provider.connect(first);
  const marker = '/etc/kubernetes/kubelab-addons';
  const digest = 'cat /opt/kubelab/node/addons/*.yaml 2>/dev/null | sha256sum';
  return {
    id: 'addons',
    title: 'apply the network plugin and the add-ons',
    phase: 'add-ons',
    node: first.name,
    needs: [`init:${first.name}`],
    done: async () =>
      (
        await node.run(['sh', '-c', `[ "$(${digest})" = "$(cat ${marker} 2>/dev/null)" ]`], {
          timeout: 20_000,
          signal: context.signal,
          accept: 'any',
        })
      ).exitCode === 0,
    run: async (progress) =>
      void (await node.run(
        ['sh', '-c', `sh /opt/kubelab/provision/70-addons.sh && ${digest} >${marker}`],
        options(context, 10 * minute, progress),
      )),
  };
}

function kubeconfigStep(context: UpContext): Step {
  const first = firstControlPlane(context.plan);
  const node = context.provider.connect(first);
  return {
    id: 'kubeconfig',
    title: 'fetch the kubeconfig',
    phase: 'kubeconfig',
    needs: [`init:${first.name}`],
    done: async () => (await readIfThere(context.folder.kubeconfig)) !== undefined,
    run: async () => {
      const { stdout } = await node.run(['cat', '/etc/kubernetes/admin.conf'], { timeout: 20_000, signal: context.signal });
      const authority = await readFile(join(context.folder.pki, 'ca.crt'), 'utf8');
      const { name: clusterName, endpoint } = context.plan;
      const text = readAdminKubeconfig(stdout, { clusterName, endpoint, authority });
      await writeFileAtomic(context.folder.kubeconfig, text, { mode: 0o600 });
    },
  };
}

function readySteps(context: UpContext): Step[] {
  const { plan } = context;
  const joins = plan.nodes.filter((node) => roleOf(plan, node) === 'join').map((node) => `join:${node.name}`);
  const input = { plan, connect: (node: NodePlan) => context.provider.connect(node), signal: context.signal };
  // One look serves both: probes are put in only where it says no, and then there is something to wait for.
  let proved: Promise<boolean> | undefined;
  const done = (): Promise<boolean> => (proved ??= isReady(input));
  return [
    {
      id: 'probes',
      title: 'put the probe pods in',
      phase: 'probes',
      needs: ['addons'],
      done,
      run: (progress) => putProbes(input, progress),
    },
    {
      id: 'ready',
      title: 'wait until nodes, DNS and the pod network are ready',
      phase: 'ready',
      needs: ['probes', 'kubeconfig', ...joins],
      done,
      run: (progress) => waitUntilReady(input, progress),
    },
  ];
}
