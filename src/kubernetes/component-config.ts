import { KubelabError } from '../errors/errors.ts';
import { type Fields, mergeFields } from './documents.ts';
import { emulationKubeletFields } from './emulation.ts';
import type { KubeadmInput, SharedInput } from './kubeadm-input.ts';
import { factsFor } from './versions.ts';

/**
 * The fields of KubeletConfiguration that follow from the version and the host; the user's are not in it.
 * Field names from k8s.io/kubelet config/v1beta1.
 */
export function kubeletFields(input: Pick<SharedInput, 'kubernetes' | 'host'>): Fields {
  const { host } = input;
  const facts = factsFor(input.kubernetes);
  const fields: Record<string, unknown> = {
    // containerd is set to systemd too. kubelet from 1.34 asks the runtime, but not all runtimes answer.
    cgroupDriver: 'systemd',
    // Images are put on the node beforehand and may not be had again: collecting them on a full disk would break the node.
    imageGCHighThresholdPercent: 100,
  };
  // It is the default below 1.35, written nevertheless: an upgrade to 1.35 keeps this configuration and would fail without.
  if (host.cgroupVersion === 1 && facts.failCgroupV1Field) fields['failCgroupV1'] = false;
  if (host.swap) fields['failSwapOn'] = false;
  if (host.emulated === true) Object.assign(fields, emulationKubeletFields(input.kubernetes));
  if (host.sharedKernel) {
    // The node sees the host's disk. How full that is must not evict pods; memory pressure still does.
    fields['evictionHard'] = {
      'memory.available': '100Mi',
      'nodefs.available': '0%',
      'nodefs.inodesFree': '0%',
      'imagefs.available': '0%',
    };
  }
  return fields;
}

function kubeProxyFields(input: Pick<SharedInput, 'host'>): Fields {
  // The default is to become nftables; a lab must not change under the learner (release notes 1.37 #139957).
  const fields: Record<string, unknown> = { mode: 'iptables' };
  if (input.host.sharedKernel) {
    // kube-proxy exits when it can't write nf_conntrack sysctls, which are the host's. 0 leaves each as it is.
    fields['conntrack'] = { maxPerCore: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' };
  }
  return fields;
}

function withUserFields(header: Fields, fields: Fields, user: Fields, place: string): Fields {
  for (const key of Object.keys(header))
    if (Object.hasOwn(user, key)) throw new KubelabError('KL-SPEC-INVALID', `${place}.${key} can not be set: kubelab writes it`);
  return { ...header, ...mergeFields(fields, user) };
}

/** @throws KubelabError `KL-SPEC-INVALID` when the user sets apiVersion or kind. */
export function kubeletConfiguration(input: Pick<KubeadmInput, 'kubernetes' | 'host' | 'user'>): Fields {
  const header = { apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration' };
  return withUserFields(header, kubeletFields(input), input.user.kubelet, 'kubeadm.kubelet');
}

/** @throws KubelabError `KL-SPEC-INVALID` when the user sets apiVersion or kind. */
export function kubeProxyConfiguration(input: Pick<KubeadmInput, 'host' | 'user'>): Fields {
  const header = { apiVersion: 'kubeproxy.config.k8s.io/v1alpha1', kind: 'KubeProxyConfiguration' };
  return withUserFields(header, kubeProxyFields(input), input.user.kubeProxy, 'kubeadm.kubeProxy');
}
