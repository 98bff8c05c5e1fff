import { join } from 'node:path';
import type { RunOptions, RunResult } from '../../src/exec/runner.ts';
import { localRunner } from '../../src/exec/local.ts';
import { openApiClient, type ApiClient } from '../../src/kubernetes/api-client.ts';
import { createKubectl, type Kubectl } from '../../src/kubernetes/kubectl.ts';
import { guard, check } from '../../src/labs/lab-check.ts';
import type { LabCluster } from '../../src/labs/lab-cluster.ts';
import type { Lab, Step } from '../../src/labs/lab.ts';
import type { RoundInput } from '../../src/labs/check/round.ts';
import { virtualMachine } from '../../src/cluster/provider.ts';
import { startApiServer, type ApiRig, type ApiScript } from '../rig/api-server.ts';

export type RunOnNode = (node: string, command: readonly string[], options: RunOptions) => Promise<RunResult>;

/** A cluster whose API server is scripted, and whose nodes are this host, or scripted too. */
export interface LabRig {
  readonly cluster: LabCluster;
  readonly api: ApiClient;
  readonly requests: readonly string[];
  close(): Promise<void>;
}

const onThisHost: RunOnNode = (_, command, options) => localRunner().run(command as [string, ...string[]], options);

/** The program kubectl of a folder, such as one of fakes, that asks no real cluster. */
export function kubectlIn(folder: string, signal = new AbortController().signal): Kubectl {
  return createKubectl({ runner: localRunner(), kubeconfig: '/dev/null', signal, program: join(folder, 'kubectl') });
}

/** Nothing that looks may ask for it. */
const noKubectl: Kubectl = {
  json: () => Promise.reject(new Error('checks have no kubectl')),
  apply: () => Promise.reject(new Error('checks have no kubectl')),
  run: () => Promise.reject(new Error('checks have no kubectl')),
};

export async function startLab(
  script: ApiScript,
  run: RunOnNode = onThisHost,
  signal = new AbortController().signal,
): Promise<LabRig> {
  const rig: ApiRig = await startApiServer(script);
  const api = openApiClient({ ...rig.access, signal });
  const nodes = (
    [
      ['control1', 'control-plane', '10.0.0.1'],
      ['control2', 'control-plane', '10.0.0.2'],
      ['worker1', 'worker', '10.0.0.3'],
      ['worker2', 'worker', '10.0.0.4'],
    ] as const
  ).map(([name, role, address]) => ({ name, role, address, memoryMiB: 2048 }));
  const cluster: LabCluster = {
    name: 'rig',
    kubernetes: '1.36.4',
    nodes,
    etcd: 'stacked',
    addons: [],
    provider: 'libvirt',
    capabilities: virtualMachine,
    images: {},
    api,
    kubectl: noKubectl,
    signal,
    node: (name) => ({ ...nodes.find((node) => node.name === name)!, run: (command, options) => run(name, command, options) }),
  };
  const close = async () => {
    api.close();
    await rig.close();
  };
  return { cluster, api, requests: rig.requests, close };
}

const message = { en: 'Not yet.', ko: '아직입니다.' };

/** A round of these checks, as lab.yaml would have them; `message` may be left out. */
export function roundOf(
  rig: LabRig,
  checks: readonly Record<string, unknown>[],
  change: Partial<RoundInput> & { readonly guards?: readonly Record<string, unknown>[] } = {},
): RoundInput {
  const { guards = [], ...rest } = change;
  const step = {
    id: 'step',
    checks: checks.map((one) => check.parse({ message, ...one })),
    guards: guards.map((one) => guard.parse({ message, ...one })),
  } as unknown as Step;
  return {
    lab: { id: 'lab', namespace: 'lab-x' } as unknown as Lab,
    step,
    values: { namespace: 'lab-x', TOKEN: 'abc', 'node.worker1': 'worker1' },
    answers: {},
    latched: [],
    cluster: rig.cluster,
    readScript: (path) => Promise.reject(new Error(`there is no ${path}`)),
    ...rest,
  };
}

export const podsPath = '/api/v1/namespaces/lab-x/pods';

/** A pod of the lab, ready unless said otherwise. */
export function podOf(
  name: string,
  change: { readonly labels?: Record<string, string>; readonly node?: string; readonly ready?: boolean } = {},
) {
  const { labels = { app: 'web' }, node = 'worker1', ready = true } = change;
  const state = ready ? { running: {} } : { waiting: { reason: 'ContainerCreating' } };
  return {
    metadata: { name, namespace: 'lab-x', uid: `uid-${name}`, labels },
    spec: { nodeName: node, containers: [{ name: 'main', image: 'web:1', ports: [{ containerPort: 8080 }] }] },
    status: {
      phase: ready ? 'Running' : 'Pending',
      podIP: '10.244.0.5',
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      containerStatuses: [{ name: 'main', ready, started: ready, state }],
    },
  };
}
