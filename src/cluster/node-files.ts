import { renderFlannel, renderLocalPath, renderMetricsServer } from '../kubernetes/addons.ts';
import { renderCoreDnsPatch } from '../kubernetes/coredns-patch.ts';
import { emulationPatches } from '../kubernetes/emulation.ts';
import { renderEtcdNodeConfig } from '../kubernetes/etcd-node-config.ts';
import { renderKubeadmConfig } from '../kubernetes/kubeadm-config.ts';
import type { HostTraits, SharedInput } from '../kubernetes/kubeadm-input.ts';
import { renderDiscoveryKubeconfig } from '../kubernetes/kubeconfig.ts';
import { factsFor } from '../kubernetes/versions.ts';
import { renderEnv } from '../templates/env-file.ts';
import type { NodePlan, Plan } from './plan.ts';
import { keyAlgorithm, type Secrets } from './secrets.ts';

const criSocket = 'unix:///run/containerd/containerd.sock';
/** Where a node has its folder. */
const nodeFolder = '/opt/kubelab/node';
const discoveryName = 'discovery.conf';

/**
 * Every file of every node's folder, by path in `nodes/`: env, kubeadm.yaml, discovery.conf, pki/, addons/ and patches/.
 * @param patches the user's kubeadm patches, by file name.
 */
export function renderNodeFiles(
  plan: Plan,
  secrets: Secrets,
  host: HostTraits,
  patches: ReadonlyMap<string, string> = new Map(),
): Map<string, string> {
  const files = new Map<string, string>();
  for (const node of plan.nodes) {
    files.set(`${node.name}/env`, renderNodeEnv(plan, node));
    for (const [name, text] of filesByRole(plan, node, secrets, host)) files.set(`${node.name}/${name}`, text);
    if (runsKubeadm(node))
      for (const [name, text] of [...ownPatches(plan, node, host), ...patches]) files.set(`${node.name}/patches/${name}`, text);
  }
  return files;
}

/** Patches that kubelab itself needs, by file name; the names put them before those of the user. */
function ownPatches(plan: Plan, { role }: NodePlan, host: HostTraits): ReadonlyMap<string, string> {
  if (role !== 'control-plane') return new Map();
  return new Map([
    ...(factsFor(plan.kubernetes).patchesCoreDns ? [['corednsdeployment+strategic.yaml', renderCoreDnsPatch()] as const] : []),
    ...(host.emulated === true ? emulationPatches(plan.kubernetes) : []),
  ]);
}

function runsKubeadm(node: NodePlan): boolean {
  return node.role === 'control-plane' || node.role === 'worker';
}

/** The node that runs `kubeadm init`. */
export function firstControlPlane(plan: Plan): NodePlan {
  const [first] = plan.nodes;
  if (first?.role !== 'control-plane') throw new Error('the first node of a plan is its first control plane');
  return first;
}

function renderNodeEnv(plan: Plan, node: NodePlan): string {
  const { endpoint } = plan;
  const hosts = plan.nodes.map((other) => `${other.address} ${other.name}`);
  const backends = plan.nodes.filter((other) => other.role === 'control-plane').map((other) => `${other.name} ${other.address}`);
  return renderEnv({
    KUBELAB_CLUSTER: plan.name,
    KUBELAB_NAME: node.name,
    KUBELAB_ROLE: node.role,
    KUBELAB_FIRST: node.name === firstControlPlane(plan).name ? 'yes' : 'no',
    KUBELAB_ADDRESS: node.address,
    KUBELAB_ENDPOINT: `${endpoint.address}:${endpoint.port}`,
    KUBELAB_HOSTS: hosts.join(';'),
    KUBELAB_KUBERNETES: plan.kubernetes,
    KUBELAB_CONTAINERD: plan.runtime.version,
    KUBELAB_INSTALL: plan.install,
    KUBELAB_PAUSE_IMAGE: plan.lock.images['pause'] ?? '',
    ...(plan.etcd === 'external' ? { KUBELAB_ETCD: etcdEndpoints(plan).join(';') } : {}),
    ...(node.role === 'load-balancer' ? { KUBELAB_BACKENDS: backends.join(';') } : {}),
  });
}

function filesByRole(plan: Plan, node: NodePlan, secrets: Secrets, host: HostTraits): Map<string, string> {
  switch (node.role) {
    case 'control-plane':
      return controlPlaneFiles(plan, node, secrets, host);
    case 'worker':
      return new Map([
        ['kubeadm.yaml', kubeadmText(plan, node, secrets, host)],
        [discoveryName, discoveryText(plan, secrets)],
      ]);
    case 'etcd': {
      const config = renderEtcdNodeConfig({
        ...shared(plan, node, host),
        node,
        members: plan.nodes.filter((other) => other.role === 'etcd'),
      });
      const authority = ['etcd/ca.crt', 'etcd/ca.key'].map((name) => [`pki/${name}`, secrets.pki.get(name) ?? ''] as const);
      return new Map([
        ['kubeadm.yaml', config.kubeadm],
        ['kubelet.yaml', config.kubelet],
        ['kubelet-flags', `${config.kubeletFlags.join(' ')}\n`],
        ...authority,
      ]);
    }
    case 'load-balancer':
    case 'storage':
      return new Map();
  }
}

function controlPlaneFiles(plan: Plan, node: NodePlan, secrets: Secrets, host: HostTraits): Map<string, string> {
  const files = new Map([['kubeadm.yaml', kubeadmText(plan, node, secrets, host)]]);
  // kubeadm takes a CA certificate without its key for a CA that it must not sign with.
  for (const [name, pem] of secrets.pki) if (plan.etcd === 'stacked' || name !== 'etcd/ca.key') files.set(`pki/${name}`, pem);
  if (node.name === firstControlPlane(plan).name)
    for (const [name, text] of renderAddons(plan)) files.set(`addons/${name}`, text);
  else files.set(discoveryName, discoveryText(plan, secrets));
  return files;
}

function discoveryText(plan: Plan, { pki }: Secrets): string {
  return renderDiscoveryKubeconfig(plan.endpoint, pki.get('ca.crt') ?? '');
}

function renderAddons(plan: Plan): Map<string, string> {
  const { images } = plan.lock;
  const image = (role: string): string => {
    const reference = images[role];
    if (reference === undefined) throw new Error(`the lock names no image for ${role}`);
    return reference;
  };
  const addons = new Map<string, string>();
  if (plan.network.plugin === 'flannel')
    addons.set(
      '10-flannel.yaml',
      renderFlannel({
        pods: plan.network.pods,
        image: image('flannel'),
        reach: plan.network.gateway,
        apiServer: plan.endpoint,
        ...(images['flannel-cni-plugin'] === undefined ? {} : { installCniPlugin: images['flannel-cni-plugin'] }),
      }),
    );
  if (plan.addons.includes('metrics-server'))
    addons.set('20-metrics-server.yaml', renderMetricsServer({ image: image('metrics-server') }));
  if (plan.addons.includes('local-path'))
    addons.set(
      '30-local-path.yaml',
      renderLocalPath({
        image: image('local-path'),
        toolbox: image('toolbox'),
        ...((plan.lock.origin ?? plan.lock.source) === 'go' ? {} : { command: ['local-path-provisioner'] }),
      }),
    );
  return addons;
}

function kubeadmText(plan: Plan, node: NodePlan, secrets: Secrets, host: HostTraits): string {
  const controlPlanes = plan.nodes.filter((other) => other.role === 'control-plane');
  const etcd = etcdEndpoints(plan);
  return renderKubeadmConfig({
    ...shared(plan, node, host),
    act: node.name === firstControlPlane(plan).name ? 'init' : 'join',
    node: { name: node.name, address: node.address, role: node.role === 'control-plane' ? 'control-plane' : 'worker' },
    endpoint: plan.endpoint,
    controlPlaneAddresses: controlPlanes.map((other) => other.address),
    token: secrets.token,
    discoveryFile: `${nodeFolder}/${discoveryName}`,
    pods: plan.network.pods,
    services: plan.network.services,
    etcd: etcd.length === 0 ? { kind: 'stacked' } : { kind: 'external', endpoints: etcd },
    untaint: plan.nodes.every((other) => other.role !== 'worker'),
    tuning: { leaderElect: controlPlanes.length > 1 },
  });
}

function etcdEndpoints(plan: Plan): string[] {
  return plan.nodes.filter((node) => node.role === 'etcd').map((node) => `https://${node.address}:2379`);
}

function shared(plan: Plan, node: NodePlan, host: HostTraits): SharedInput {
  const repository = imageRepository(plan);
  return {
    kubernetes: plan.kubernetes,
    clusterName: plan.name,
    criSocket,
    encryptionAlgorithm: keyAlgorithm(plan.kubernetes),
    host,
    user: plan.kubeadm,
    ...(plan.kubeadm.patches === undefined && ownPatches(plan, node, host).size === 0
      ? {}
      : { patchesDirectory: `${nodeFolder}/patches` }),
    ...(repository === undefined ? {} : { imageRepository: repository }),
  };
}

/** Where the control plane's images are named, when not by their upstream names. */
function imageRepository(plan: Plan): string | undefined {
  const prefix = (plan.lock.images['kube-apiserver'] ?? '').split('/kube-apiserver:')[0];
  return prefix === undefined || prefix === '' || prefix === 'registry.k8s.io' ? undefined : prefix;
}
