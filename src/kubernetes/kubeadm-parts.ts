import { KubelabError } from '../errors/errors.ts';
import type { Fields } from './documents.ts';
import { findFeatureGateProblems } from './feature-gates.ts';
import type { KubeadmAdditions, NodeIdentity, SharedInput } from './kubeadm-input.ts';
import { preflightIgnores } from './preflight.ts';
import { factsFor, type VersionFacts } from './versions.ts';

type Component = 'apiServer' | 'controllerManager' | 'scheduler' | 'etcd' | 'kubelet';
const components: readonly string[] = ['apiServer', 'controllerManager', 'scheduler', 'etcd', 'kubelet'];

// The address and the membership are what holds the machines together: another value gives a cluster that never comes up.
const reservedFlags: Readonly<Partial<Record<Component, readonly string[]>>> = {
  kubelet: ['node-ip'],
  etcd: ['initial-cluster', 'initial-cluster-state'],
};

/**
 * Checks what the user added against what can be written.
 * @throws KubelabError `KL-SPEC-INVALID` with one line per problem.
 */
export function checkAdditions(user: KubeadmAdditions, kubernetes: string): void {
  const problems: string[] = [];
  for (const [component, flags] of Object.entries(user.extraArgs)) {
    if (!components.includes(component))
      problems.push(`kubeadm.extraArgs.${component}: expected one of ${components.join(', ')}`);
    for (const flag of reservedFlags[component as Component] ?? [])
      if (Object.hasOwn(flags, flag)) problems.push(`kubeadm.extraArgs.${component}.${flag}: kubelab sets this flag itself`);
  }
  const mountable = components.slice(0, 3);
  for (const component of Object.keys(user.extraVolumes))
    if (!mountable.includes(component))
      problems.push(`kubeadm.extraVolumes.${component}: expected one of ${mountable.join(', ')}`);
  for (const problem of findFeatureGateProblems(user.featureGates, kubernetes)) problems.push(`kubeadm.featureGates.${problem}`);
  if (problems.length > 0)
    throw new KubelabError('KL-SPEC-INVALID', `kubeadm ${kubernetes} can not be configured this way`, { details: problems });
}

/** Flags in the shape of the API version: a map in v1beta3, a list of name and value from v1beta4 on. */
export function argumentsField(facts: VersionFacts, flags: Readonly<Record<string, string>>): unknown {
  if (facts.kubeadmApi === 'v1beta3') return flags;
  return Object.entries(flags).map(([name, value]) => ({ name, value }));
}

/** A component's part of ClusterConfiguration; empty when there is nothing to say. */
export function componentFields(
  input: SharedInput,
  component: 'apiServer' | 'controllerManager' | 'scheduler' | 'etcd',
  flags: Readonly<Record<string, string>> = {},
): Fields {
  const all = { ...flags, ...input.user.extraArgs[component] };
  const volumes = input.user.extraVolumes[component] ?? [];
  return {
    ...(Object.keys(all).length > 0 ? { extraArgs: argumentsField(factsFor(input.kubernetes), all) } : {}),
    ...(volumes.length > 0 ? { extraVolumes: volumes } : {}),
  };
}

/** The `nodeRegistration` part of InitConfiguration and JoinConfiguration. `taints` unset leaves kubeadm's default. */
export function nodeRegistration(
  input: SharedInput & { readonly node: NodeIdentity },
  options: { readonly untaint: boolean },
): Fields {
  const facts = factsFor(input.kubernetes);
  const ignored = preflightIgnores(input);
  return {
    name: input.node.name,
    criSocket: input.criSocket,
    // The images are on the node already; only what is missing may be asked of a registry.
    imagePullPolicy: 'IfNotPresent',
    // kubelet would take the address of the default route, which on Vagrant's VMs is the same 10.0.2.15 on every node.
    kubeletExtraArgs: argumentsField(facts, { 'node-ip': input.node.address, ...input.user.extraArgs['kubelet'] }),
    ...(ignored.length > 0 ? { ignorePreflightErrors: ignored } : {}),
    ...(options.untaint ? { taints: [] } : {}),
  };
}

/** The `apiVersion` and `kind` of a kubeadm document. */
export function kubeadmHeader(input: SharedInput, kind: string): Fields {
  return { apiVersion: `kubeadm.k8s.io/${factsFor(input.kubernetes).kubeadmApi}`, kind };
}

/** Which algorithm kubeadm makes keys with: a field from v1beta4 on, a feature gate before it. */
export function keyAlgorithmFields(input: SharedInput): Fields {
  const { kubeadmApi } = factsFor(input.kubernetes);
  const gates: Record<string, boolean> = {};
  if (kubeadmApi === 'v1beta3' && input.encryptionAlgorithm === 'ECDSA-P256') gates['PublicKeysECDSA'] = true;
  Object.assign(gates, input.user.featureGates);
  return {
    ...(kubeadmApi === 'v1beta4' ? { encryptionAlgorithm: input.encryptionAlgorithm } : {}),
    ...(Object.keys(gates).length > 0 ? { featureGates: gates } : {}),
  };
}

/** The `patches` part, where there are any. */
export function patchesFields(input: SharedInput): Fields {
  return input.patchesDirectory === undefined ? {} : { patches: { directory: input.patchesDirectory } };
}
