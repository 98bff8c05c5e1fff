import { expect } from 'vitest';
import type { Cluster, UpData } from './cluster.ts';
import { eventually } from './eventually.ts';
import { apply, fetchInPod, type Item, list, lookUpInPod, waitForPods, webPod, webService } from './pods.ts';

const namespace = 'proof';

/**
 * Proves with pods of its own that the cluster is what Ready means, right after `up` said so: all nodes Ready with their
 * private addresses and the version that was asked for; from a pod on every node DNS answers, every pod on another node
 * answers, and so does a Service by its ClusterIP. Leaves nothing in the cluster.
 */
export async function proveReady(cluster: Cluster, up: UpData): Promise<void> {
  const members = up.nodes.filter(({ role }) => role === 'control-plane' || role === 'worker');
  await proveNodes(cluster, up);
  const image = (await cluster.images())['toolbox'] ?? '';
  const names = members.map((node) => `web-${node.name}`);
  await cluster.kubectl(['create', 'namespace', namespace]);
  await apply(
    cluster,
    [...members.map((node) => webPod({ name: `web-${node.name}`, node: node.name, image })), webService('web')],
    namespace,
  );
  await waitForPods(cluster, names, namespace);
  const pods = await list(cluster, ['pods', '-n', namespace]);
  expect(Object.fromEntries(pods.map((pod) => [pod.metadata.name, pod.spec?.nodeName]))).toEqual(
    Object.fromEntries(members.map((node) => [`web-${node.name}`, node.name])),
  );
  for (const pod of pods) await proveWays(cluster, pod, pods);
  await proveNoPulls(cluster);
  await cluster.kubectl(['delete', 'namespace', namespace, '--timeout=120s'], { timeout: 150_000 });
}

/** Nodes are Ready, run the version that was asked for, and are known by the addresses of their own network. */
export async function proveNodes(cluster: Cluster, up: UpData): Promise<void> {
  const members = up.nodes.filter(({ role }) => role === 'control-plane' || role === 'worker');
  const nodes = await list(cluster, ['nodes']);
  expect(nodes.map(describeNode)).toEqual(
    members
      .map(({ name, address }) => ({ name, ready: 'True', addresses: [address], version: `v${up.kubernetes}` }))
      .toSorted((one, other) => one.name.localeCompare(other.name)),
  );
  for (const { address } of up.nodes) expect(address).toMatch(/^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)/);
  expect(new Set(up.nodes.map(({ address }) => address)).size).toBe(up.nodes.length);
}

function describeNode({ metadata, status }: Item): object {
  return {
    name: metadata.name,
    ready: status?.conditions?.find(({ type }) => type === 'Ready')?.status,
    addresses: status?.addresses?.filter(({ type }) => type === 'InternalIP').map(({ address }) => address),
    version: status?.nodeInfo?.kubeletVersion,
  };
}

async function proveWays(cluster: Cluster, pod: Item, pods: readonly Item[]): Promise<void> {
  const { name } = pod.metadata;
  expect(await lookUpInPod(cluster, name, 'kubernetes.default.svc.cluster.local', namespace), `DNS from ${name}`).toContain(
    '10.96.0.1',
  );
  for (const other of pods.filter((candidate) => candidate !== pod)) {
    const answer = await fetchInPod(cluster, name, `${other.status?.podIP ?? ''}:8080`, namespace);
    expect(answer, `${other.metadata.name} from ${name}`).toBe(other.metadata.name);
  }
  const service = await list(cluster, ['services', '-n', namespace]);
  const clusterIP = service[0]?.spec?.clusterIP ?? '';
  // kube-proxy hears of a new Service a moment after the pods are ready.
  const answer = await eventually(`the Service from ${name}`, 30_000, () => fetchInPod(cluster, name, clusterIP, namespace));
  expect(pods.map(({ metadata }) => metadata.name)).toContain(answer);
  expect(await fetchInPod(cluster, name, `web.${namespace}.svc.cluster.local`, namespace)).toMatch(/^web-/);
}

/** No node ever asked a registry for anything. */
export async function proveNoPulls(cluster: Cluster): Promise<void> {
  const events = await list(cluster, ['events', '--all-namespaces']);
  const pulls = events.filter(
    ({ reason, message }) => reason === 'Pulling' || /pull(?:ing)? image|ImagePull/i.test(String(message)),
  );
  const honest = pulls.filter(({ message }) => !/already present/.test(String(message)));
  expect(honest.map(({ message }) => message)).toEqual([]);
}
