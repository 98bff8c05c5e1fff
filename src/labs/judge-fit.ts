import semver from 'semver';
import type { Role } from '../cluster/node.ts';
import { listChoices } from '../cluster/spec-fields.ts';
import type { ClusterFacts } from './lab-cluster.ts';
import type { Localized } from './lab-fields.ts';
import { type Feature, imageRoles, type Lab } from './lab.ts';

/** Why a lab can not run on a cluster, in sentences for people; empty when it can. */
export function judgeFit(lab: Lab, facts: ClusterFacts): Localized[] {
  const { kubernetes, nodes, memoryMiB, features, images, internet, providers } = lab.requires;
  const memory = facts.nodes.reduce((sum, node) => sum + node.memoryMiB, 0);
  return [
    ...(isInRange(facts.kubernetes, kubernetes) ? [] : [wrongVersion(kubernetes, facts.kubernetes)]),
    ...judgeNodes(nodes.controlPlane, facts, 'control-plane', controlPlanes),
    ...judgeNodes(nodes.workers, facts, 'worker', workers),
    ...(memory >= memoryMiB ? [] : [tooLittleMemory(memoryMiB, memory)]),
    ...(providers?.includes(facts.provider) === false ? [wrongProvider(providers, facts.provider)] : []),
    ...(internet && !facts.capabilities.internet ? [noInternet] : []),
    ...features.filter((feature) => !hasFeature(feature, facts)).map((feature) => missingFeatures[feature]),
    ...images.filter((role) => facts.images[role] === undefined).map((role) => noImage(role, imageRoles[role])),
  ];
}

/** Whether a version is in a range such as `>=1.24 <1.38`; `1.38.0-rc.1` is not in that one. */
export function isInRange(version: string, range: string): boolean {
  return semver.satisfies(version, range, { includePrerelease: true });
}

function hasFeature(feature: Feature, { addons, capabilities, etcd, nodes }: ClusterFacts): boolean {
  switch (feature) {
    case 'metrics-server':
    case 'local-path':
      return addons.includes(feature);
    case 'kernel-nfs':
      return capabilities.kernelNfs;
    case 'own-kernel':
      return capabilities.isolation === 'strong';
    case 'single-control-plane':
      return etcd === 'stacked' && nodes.filter(({ role }) => role === 'control-plane').length === 1;
    default:
      return false;
  }
}

function judgeNodes(
  needed: number,
  facts: ClusterFacts,
  role: Role,
  say: (needed: number, had: number) => Localized,
): Localized[] {
  const had = facts.nodes.filter((node) => node.role === role).length;
  return had >= needed ? [] : [say(needed, had)];
}

function wrongVersion(range: string, version: string): Localized {
  return {
    en: `It needs Kubernetes ${range}; this cluster has ${version}.`,
    ko: `Kubernetes ${range} 버전이 필요하지만, 이 클러스터는 ${version} 버전입니다.`,
  };
}

function controlPlanes(needed: number, had: number): Localized {
  return {
    en: `It needs ${needed} control ${needed === 1 ? 'plane' : 'planes'}; this cluster has ${had}.`,
    ko: `컨트롤 플레인 노드가 ${needed}개 필요하지만, 이 클러스터에는 ${had}개 있습니다.`,
  };
}

function workers(needed: number, had: number): Localized {
  return {
    en: `It needs ${needed} ${needed === 1 ? 'worker' : 'workers'}; this cluster has ${had}.`,
    ko: `워커 노드가 ${needed}개 필요하지만, 이 클러스터에는 ${had}개 있습니다.`,
  };
}

function tooLittleMemory(needed: number, had: number): Localized {
  return {
    en: `It needs ${needed} MiB of memory on all nodes together; this cluster has ${had} MiB.`,
    ko: `모든 노드를 합쳐 메모리가 ${needed}MiB 필요하지만, 이 클러스터에는 ${had}MiB 있습니다.`,
  };
}

function wrongProvider(providers: readonly string[], had: string): Localized {
  return {
    en: `It needs machines that ${listChoices(providers)} runs; the provider of this cluster is ${had}.`,
    ko: `프로바이더 ${providers.join(', ')}에서만 할 수 있지만, 이 클러스터의 프로바이더는 ${had}입니다.`,
  };
}

const noInternet: Localized = {
  en: "It needs nodes that reach the Internet, and this cluster's nodes reach only each other and the host.",
  ko: '인터넷에 연결되는 노드가 필요하지만, 이 클러스터의 노드는 서로와 호스트에만 연결됩니다.',
};

function missingAddon(addon: string): Localized {
  return {
    en: `It needs the add-on ${addon}, which a cluster has from the beginning: name it in addons, then kubelab destroy and kubelab up.`,
    ko: `애드온 ${addon}이(가) 필요하며, 애드온은 클러스터를 만들 때 정해집니다. addons에 적은 다음 kubelab destroy와 kubelab up을 실행하세요.`,
  };
}

const missingFeatures: Readonly<Record<Feature, Localized>> = {
  'metrics-server': missingAddon('metrics-server'),
  'local-path': missingAddon('local-path'),
  'kernel-nfs': {
    en: "It needs nodes whose kernel serves and mounts NFS, and this cluster's nodes can not do that.",
    ko: '커널로 NFS를 제공하고 마운트할 수 있는 노드가 필요하지만, 이 클러스터의 노드는 그럴 수 없습니다.',
  },
  'own-kernel': {
    en: "It needs nodes with a kernel of their own, and this cluster's nodes share the one of the host.",
    ko: '자체 커널이 있는 노드가 필요하지만, 이 클러스터의 노드는 호스트의 커널을 함께 씁니다.',
  },
  'single-control-plane': {
    en: 'It needs exactly one control plane, with etcd on it; this cluster has several, or etcd on nodes of its own.',
    ko: 'etcd를 함께 실행하는 컨트롤 플레인 노드가 정확히 하나여야 하지만, 이 클러스터에는 컨트롤 플레인이 여럿이거나 etcd가 별도의 노드에 있습니다.',
  },
};

function noImage(role: string, needs: string): Localized {
  return {
    en: `It needs an image for the role ${role} (${needs}), and the source of this cluster has none.`,
    ko: `${role} 역할을 할 이미지가 필요하지만, 이 클러스터의 소스에는 그런 이미지가 없습니다.`,
  };
}
