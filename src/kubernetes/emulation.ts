import { type Fields, renderDocuments } from './documents.ts';
import type { SharedInput } from './kubeadm-input.ts';
import { factsFor } from './versions.ts';

/**
 * What Kubernetes needs on processors that are emulated: everything takes ten times as long, and its own limits would
 * end what is only slow. None of it is used on other machines.
 */
const patience = '30m0s';

/**
 * kubeadm patches for the static pods, by file name: kubelet must not end an API server that takes long to answer. It
 * counts up to 100 answers that did not come within a minute. Readiness is asked for every ten seconds, as life is, and
 * not every second: a TLS handshake a second with each of them takes a good part of such a processor.
 */
export function emulationPatches(kubernetes: string): ReadonlyMap<string, string> {
  const probe = { timeoutSeconds: 60, failureThreshold: 100 };
  const { readinessProbes } = factsFor(kubernetes);
  return new Map(
    ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map((name) => {
      const readiness = readinessProbes.includes(name) ? { readinessProbe: { periodSeconds: 10, timeoutSeconds: 60 } } : {};
      const containers = [{ name, livenessProbe: probe, startupProbe: probe, ...readiness }];
      return [`${name}+strategic.yaml`, renderDocuments([{ spec: { containers } }])];
    }),
  );
}

/** etcd's heartbeat and election, in milliseconds: a member that is slow is not lost. */
export const emulationEtcdFlags: Readonly<Record<string, string>> = { 'heartbeat-interval': '1000', 'election-timeout': '10000' };

/** The controller manager's: how long a node may stay silent before its pods are moved away. */
export const emulationControllerFlags: Readonly<Record<string, string>> = { 'node-monitor-grace-period': '5m0s' };

/** The `timeouts` of InitConfiguration and JoinConfiguration. */
export function emulationTimeouts({ host }: Pick<SharedInput, 'host'>): Fields {
  if (host.emulated !== true) return {};
  return {
    controlPlaneComponentHealthCheck: patience,
    kubeletHealthCheck: patience,
    kubernetesAPICall: patience,
    etcdAPICall: patience,
    tlsBootstrap: patience,
    discovery: patience,
  };
}

/** The same for v1beta3, where it is the API server's part of ClusterConfiguration. */
export function emulationApiServerFields(input: Pick<SharedInput, 'kubernetes' | 'host'>): Fields {
  const old = factsFor(input.kubernetes).kubeadmApi === 'v1beta3';
  return input.host.emulated === true && old ? { timeoutForControlPlane: patience } : {};
}

/**
 * KubeletConfiguration: reports twice a minute, and waits long for the runtime. The controller manager ends when it has
 * seen no API server for ten seconds, again and again after a boot; it must not then be left alone for five minutes.
 */
export function emulationKubeletFields(kubernetes: string): Fields {
  return {
    nodeStatusUpdateFrequency: '30s',
    runtimeRequestTimeout: '15m0s',
    ...(factsFor(kubernetes).crashLoopBackOffField ? { crashLoopBackOff: { maxContainerRestartPeriod: '30s' } } : {}),
  };
}
