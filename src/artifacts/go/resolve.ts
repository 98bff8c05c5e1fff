import { factsFor } from '../../kubernetes/versions.ts';
import type { Artifact, Lock, SourceContext, Want } from '../source.ts';
import { addonRecipes, controlPlaneRecipes, flannelRecipe, imagePrefix, type ImageRecipe, roleRecipes } from './images.ts';
import { assertHad } from './offered-versions.ts';
import { goPairing } from './pairing.ts';
import { type GroupName, type ProgramGroup, programGroups } from './programs.ts';
import { playedByToolbox } from '../image-roles.ts';

/** Programs that go into the node image as files, by their place in the artifacts folder. */
export const nodePrograms: readonly { place: string; group: GroupName; program: string; onlyWith?: 'flannel' }[] = [
  { place: 'bin', group: 'kubernetes', program: 'kubeadm' },
  { place: 'bin', group: 'kubernetes', program: 'kubelet' },
  { place: 'bin', group: 'kubernetes', program: 'kubectl' },
  { place: 'runtime', group: 'containerd', program: 'containerd' },
  { place: 'runtime', group: 'containerd', program: 'ctr' },
  { place: 'runtime', group: 'containerd', program: 'containerd-shim-runc-v2' },
  { place: 'runtime', group: 'runc', program: 'runc' },
  { place: 'cni', group: 'cni', program: 'bridge' },
  { place: 'cni', group: 'cni', program: 'loopback' },
  { place: 'cni', group: 'cni', program: 'host-local' },
  { place: 'cni', group: 'cni', program: 'portmap' },
  { place: 'cni', group: 'cni-flannel', program: 'flannel', onlyWith: 'flannel' },
];

/** Decides on every artifact without building any. @throws KubelabError `KL-VERSION-UNKNOWN` */
export async function resolveLock(context: SourceContext, want: Want): Promise<Lock> {
  await assertHad(context, want.kubernetes);
  const { etcd, coredns, pause } = factsFor(want.kubernetes);
  const { flannel, metricsServer, localPath, containerd: paired } = goPairing(want.kubernetes);
  const containerd = want.containerd === 'default' ? paired : want.containerd;
  const versions = groupVersions(want.kubernetes, containerd);
  const images = imageArtifacts(want, versions);
  return {
    apiVersion: 'kubelab/v1',
    source: 'go',
    kubernetes: want.kubernetes,
    containerd,
    architecture: want.architecture,
    components: { etcd, coredns, pause, flannel, 'metrics-server': metricsServer, 'local-path': localPath },
    images: Object.fromEntries(images.map(({ role, artifact }) => [role, artifact.image])),
    artifacts: [...programArtifacts(want, versions), ...images.map(({ artifact }) => artifact)],
  };
}

function programArtifacts(want: Want, versions: Readonly<Record<GroupName, string>>): Artifact[] {
  return nodePrograms
    .filter((program) => program.onlyWith === undefined || program.onlyWith === want.plugin)
    .map(({ place, group, program }) => {
      const built = programGroups[group].programs.find((candidate) => candidate.name === program);
      return {
        path: `${place}/${program}`,
        version: versions[group],
        from: `go:${built?.package ?? program}@${versions[group]}`,
      };
    });
}

function imageArtifacts(
  want: Want,
  versions: Readonly<Record<GroupName, string>>,
): { readonly role: string; readonly artifact: Artifact & { readonly image: string } }[] {
  const { etcd, coredns, pause } = factsFor(want.kubernetes);
  const tags: Readonly<Record<string, string>> = {
    etcd,
    coredns,
    pause,
    toolbox: 'bookworm',
    flannel: versions.flannel,
    'metrics-server': versions['metrics-server'],
    'local-path': versions['local-path'],
  };
  const recipes = [
    ...controlPlaneRecipes,
    ...(want.plugin === 'flannel' ? [flannelRecipe] : []),
    ...want.addons.flatMap((addon) => (addonRecipes[addon] === undefined ? [] : [addonRecipes[addon]])),
  ];
  return recipes.map((recipe) => {
    const tag = tags[recipe.role] ?? `v${want.kubernetes}`;
    const image = `${imagePrefix}/${recipe.repository}:${tag}`;
    return {
      role: recipe.role,
      artifact: { path: `images/${recipe.role}.tar`, version: tag, from: imageOrigin(recipe, versions), image },
    };
  });
}

/**
 * The images for labs that play some roles beside the cluster of a lock; what its own toolbox plays needs none.
 * @returns a lock of those images alone.
 */
export function resolveRoles(lock: Lock, roles: readonly string[]): Lock {
  const versions = groupVersions(lock.kubernetes, lock.containerd);
  const artifacts = roles.flatMap((role): (Artifact & { readonly image: string })[] => {
    const recipe = Object.hasOwn(roleRecipes, role) ? roleRecipes[role] : undefined;
    const [program] = recipe?.programs ?? [];
    if (recipe === undefined || program === undefined) return [];
    const group: ProgramGroup = programGroups[program.group];
    // Nodes know an image by its name alone: a changed program has to have another one.
    const tag = [versions[program.group], ...(group.own === undefined ? [] : [group.own.key])].join('-');
    const image = `${imagePrefix}/${recipe.repository}:${tag}`;
    return [{ path: `images/${role}.tar`, version: tag, from: imageOrigin(recipe, versions), image }];
  });
  const made = artifacts.map(({ path, image }) => [path.slice('images/'.length, -'.tar'.length), image]);
  return { ...lock, images: { ...playedByToolbox(lock, roles), ...Object.fromEntries(made) }, artifacts };
}

function imageOrigin(recipe: ImageRecipe, versions: Readonly<Record<GroupName, string>>): string {
  const parts = recipe.programs.flatMap(({ group: name }) => {
    const group: ProgramGroup = programGroups[name];
    return [`${group.module}@${versions[name]}`, ...(group.own?.also ?? [])].map((module) => `go:${module}`);
  });
  return [...new Set([...parts, ...recipe.layers.map((layer) => `${layer === 'pause' ? 'c' : 'debian'}:${layer}`)])].join(' + ');
}

/** The version of each group that a Kubernetes and a containerd version lead to, with the leading `v`. */
export function groupVersions(kubernetes: string, containerd: string): Record<GroupName, string> {
  const facts = factsFor(kubernetes);
  const pairing = goPairing(kubernetes);
  const etcd = `v${facts.etcd.split('-')[0] ?? facts.etcd}`;
  return {
    kubernetes: `v${kubernetes}`,
    'metrics-server': `v${pairing.metricsServer}`,
    coredns: facts.coredns,
    flannel: `v${pairing.flannel}`,
    containerd: `v${containerd}`,
    'local-path': `v${pairing.localPath}`,
    etcd,
    etcdctl: etcd,
    etcdutl: etcd,
    runc: `v${pairing.runc}`,
    cni: `v${pairing.cni}`,
    'cni-flannel': `v${pairing.cniFlannel}`,
    database: `v${pairing.ferretdb}`,
    'nfs-provisioner': `v${pairing.provisionerLibrary}`,
  };
}

/** The programs that artifacts are made from, by group. */
export function neededPrograms(absent: readonly Artifact[]): Map<GroupName, Set<string>> {
  const needed = new Map<GroupName, Set<string>>();
  const add = (group: GroupName, program: string): void => void needed.set(group, (needed.get(group) ?? new Set()).add(program));
  for (const artifact of absent) {
    const [place, name = ''] = artifact.path.split('/');
    if (place === 'images')
      for (const { group, program } of allRecipes.find((recipe) => `${recipe.role}.tar` === name)?.programs ?? [])
        add(group, program);
    else
      for (const { group, program } of nodePrograms.filter((entry) => entry.program === name && entry.place === place))
        add(group, program);
  }
  return needed;
}

export const allRecipes: readonly ImageRecipe[] = [
  ...controlPlaneRecipes,
  flannelRecipe,
  ...Object.values(addonRecipes),
  ...Object.values(roleRecipes),
];
