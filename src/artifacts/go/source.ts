import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { KubelabError } from '../../errors/errors.ts';
import { compareVersions, factsFor, minorOf, nearestVersions } from '../../kubernetes/versions.ts';
import { digestOf, fileExists } from '../digest.ts';
import { writeLayer, writeOciArchive } from '../oci-archive.ts';
import type { Artifact, Lock, Source, SourceContext, Want } from '../source.ts';
import { buildGroup, type BuildContext, programFile } from './build-group.ts';
import { addonRecipes, controlPlaneRecipes, flannelRecipe, imagePrefix, type ImageRecipe } from './images.ts';
import { layerFile, makeDistributionLayer, makePauseLayer, recipeKey } from './layers.ts';
import { goPairing } from './pairing.ts';
import { type GroupName, programGroups } from './programs.ts';

/** Programs that go into the node image as files, by their place in the artifacts folder. */
const nodePrograms: readonly { place: string; group: GroupName; program: string; onlyWith?: 'flannel' }[] = [
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

/** Builds everything from published Go modules and distribution packages, for networks that reach no registry. */
export function goSource(context: SourceContext): Source {
  const places = { programs: path.join(context.cache, 'go'), layers: path.join(context.cache, 'go', 'layers'), images: path.join(context.cache, 'go', 'images') };
  const file = (artifact: Artifact): string => artifactFile(places, artifact);
  const missing = async (lock: Lock): Promise<Artifact[]> => {
    const present = await Promise.all(lock.artifacts.map((artifact) => fileExists(file(artifact))));
    return lock.artifacts.filter((_, index) => present[index] !== true);
  };
  return {
    kind: 'go',
    versions: (minor) => offerVersions(context, minor),
    resolve: (want) => resolveLock(context, want),
    missing,
    obtain: async (lock) => {
      await obtainAll(context, places, lock, await missing(lock));
      const artifacts = await Promise.all(lock.artifacts.map(async (artifact) => ({ ...artifact, ...(await digestOf(file(artifact))) })));
      return { ...lock, artifacts };
    },
    file,
  };
}

interface Places {
  readonly programs: string;
  readonly layers: string;
  readonly images: string;
}

function artifactFile(places: Places, artifact: Artifact): string {
  if (artifact.image !== undefined) {
    const role = path.basename(artifact.path, '.tar');
    const recipe = allRecipes.find((candidate) => candidate.role === role);
    const layers = (recipe?.layers ?? []).map((layer) => (layer === 'pause' ? layer : path.basename(layerFile('', layer))));
    return path.join(places.images, `${role}-${artifact.version}-${recipeKey(recipe, layers, artifact.image)}.tar`);
  }
  const name = path.basename(artifact.path);
  const [place] = artifact.path.split('/');
  const found = nodePrograms.find((candidate) => candidate.program === name && candidate.place === place);
  if (found === undefined) throw new Error(`no program for ${artifact.path}`);
  const group = programGroups[found.group];
  return programFile(places.programs, { group, version: artifact.version }, { name, package: '', seconds: 0 });
}

async function listVersions(context: SourceContext, minor: string | undefined): Promise<string[]> {
  const result = await context.runner
    .run(['go', 'list', '-m', '-versions', '-json', 'k8s.io/kubernetes'], { timeout: 60_000, signal: context.signal, cwd: '/', env: { GOFLAGS: '' } })
    .catch((error: unknown) => {
      throw new KubelabError('KL-SOURCE-UNREACHABLE', 'the Go module mirror did not list the versions of k8s.io/kubernetes', { cause: error });
    });
  const { Versions: listed = [] } = JSON.parse(result.stdout) as { Versions?: string[] };
  return listed
    .map((version) => version.slice(1))
    .filter((version) => /^\d+\.\d+\.\d+$/.test(version) && compareVersions(version, '1.24.0') >= 0)
    .filter((version) => minor === undefined || minorOf(version) === minor)
    .toSorted(compareVersions);
}

/** The mirror's list has gaps both ways, so that a version is asked for itself. */
async function canBeHad(context: SourceContext, version: string): Promise<boolean> {
  const asked = await context.runner.run(['go', 'mod', 'download', '-json', `k8s.io/kubernetes@v${version}`], {
    timeout: 10 * 60_000,
    signal: context.signal,
    cwd: '/',
    accept: 'any',
    env: { GOFLAGS: '' },
  });
  return asked.exitCode === 0;
}

async function assertHad(context: SourceContext, version: string): Promise<void> {
  if (await canBeHad(context, version)) return;
  const offered = await listVersions(context, undefined);
  throw new KubelabError('KL-VERSION-UNKNOWN', `Kubernetes ${version} is not among the Go modules that can be had`, {
    details: [`nearest: ${nearestVersions(version, offered, 4).join(', ')}`],
  });
}

/** The patches of a minor that are listed, and the newest one that is known of where it can be had all the same. */
async function offerVersions(context: SourceContext, minor: string | undefined): Promise<string[]> {
  const listed = await listVersions(context, minor);
  if (minor === undefined) return listed;
  const known = `${minor}.${factsFor(`${minor}.0`).lastKnownPatch}`;
  return listed.includes(known) || !(await canBeHad(context, known)) ? listed : [...listed, known].toSorted(compareVersions);
}

async function resolveLock(context: SourceContext, want: Want): Promise<Lock> {
  await assertHad(context, want.kubernetes);
  const facts = factsFor(want.kubernetes);
  const pairing = goPairing(want.kubernetes);
  const containerd = want.containerd === 'default' ? pairing.containerd : want.containerd;
  const tags: Record<string, string> = {
    ...Object.fromEntries(['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'].map((name) => [name, `v${want.kubernetes}`])),
    etcd: facts.etcd,
    coredns: facts.coredns,
    pause: facts.pause,
    toolbox: 'bookworm',
    flannel: `v${pairing.flannel}`,
    'metrics-server': `v${pairing.metricsServer}`,
    'local-path': `v${pairing.localPath}`,
  };
  const versions = groupVersions(want.kubernetes, containerd);
  const recipes = [
    ...controlPlaneRecipes,
    ...(want.plugin === 'flannel' ? [flannelRecipe] : []),
    ...want.addons.flatMap((addon) => (addonRecipes[addon] === undefined ? [] : [addonRecipes[addon]])),
  ];
  const programs = nodePrograms
    .filter((program) => program.onlyWith === undefined || program.onlyWith === want.plugin)
    .map(({ place, group, program }): Artifact => {
      const version = versions[group];
      const built = programGroups[group].programs.find((candidate) => candidate.name === program);
      return { path: `${place}/${program}`, version, from: `go:${built?.package ?? program}@${version}` };
    });
  const images = recipes.map((recipe): Artifact => {
    const tag = tags[recipe.role] ?? 'latest';
    return { path: `images/${recipe.role}.tar`, version: tag, from: imageOrigin(recipe, versions), image: `${imagePrefix}/${recipe.repository}:${tag}` };
  });
  return {
    apiVersion: 'kubelab/v1',
    source: 'go',
    kubernetes: want.kubernetes,
    containerd,
    architecture: want.architecture,
    components: { etcd: facts.etcd, coredns: facts.coredns, pause: facts.pause, flannel: pairing.flannel, 'metrics-server': pairing.metricsServer, 'local-path': pairing.localPath },
    images: Object.fromEntries(recipes.map((recipe, index) => [recipe.role, images[index]?.image ?? ''])),
    artifacts: [...programs, ...images],
  };
}

function imageOrigin(recipe: ImageRecipe, versions: Readonly<Record<GroupName, string>>): string {
  const parts = recipe.programs.map(({ group }) => `go:${programGroups[group].module}@${versions[group]}`);
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
    runc: `v${pairing.runc}`,
    cni: `v${pairing.cni}`,
    'cni-flannel': `v${pairing.cniFlannel}`,
  };
}

/** The programs that artifacts are made from, by group. */
export function neededPrograms(absent: readonly Artifact[], recipes: readonly ImageRecipe[] = allRecipes): Map<GroupName, Set<string>> {
  const needed = new Map<GroupName, Set<string>>();
  const add = (group: GroupName, program: string): void => void needed.set(group, (needed.get(group) ?? new Set()).add(program));
  for (const artifact of absent) {
    const [place, name = ''] = artifact.path.split('/');
    if (place === 'images') for (const { group, program } of recipes.find((recipe) => `${recipe.role}.tar` === name)?.programs ?? []) add(group, program);
    else for (const { group, program } of nodePrograms.filter((entry) => entry.program === name && entry.place === place)) add(group, program);
  }
  return needed;
}

const allRecipes: readonly ImageRecipe[] = [...controlPlaneRecipes, flannelRecipe, ...Object.values(addonRecipes)];

/** Two groups at a time: while one links or fetches, which uses one core or none, the other compiles. */
const lanes = 2;

async function obtainAll(context: SourceContext, places: Places, lock: Lock, absent: readonly Artifact[]): Promise<void> {
  if (absent.length === 0) return;
  const versions = groupVersions(lock.kubernetes, lock.containerd);
  const needed = neededPrograms(absent);
  const build: BuildContext = {
    runner: context.runner,
    signal: context.signal,
    folder: places.programs,
    progress: (program, text) => context.events({ type: 'progress', id: 'obtain', text: `${program}: ${text}` }),
  };
  const queue = Object.values(programGroups).filter((group) => needed.has(group.name));
  const lane = async (): Promise<void> => {
    for (let group = queue.shift(); group !== undefined; group = queue.shift())
      await buildGroup({ group, version: versions[group.name] }, [...(needed.get(group.name) ?? [])], build);
  };
  await settleAll([...Array.from({ length: lanes }, lane), makeLayers(context, places, lock, absent)]);
  await mkdir(places.images, { recursive: true });
  for (const artifact of absent) if (artifact.image !== undefined) await makeImage(places, lock, artifact, versions);
}

/** Waits for all, so that nothing goes on behind a failure, then fails with the first one. */
async function settleAll(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function makeLayers(context: SourceContext, places: Places, lock: Lock, absent: readonly Artifact[]): Promise<void> {
  const recipes = allRecipes.filter((recipe) => absent.some((artifact) => artifact.path === `images/${recipe.role}.tar`));
  const layers = new Set(recipes.flatMap((recipe) => recipe.layers));
  const layerContext = { runner: context.runner, signal: context.signal, folder: places.layers };
  for (const layer of layers) {
    if (layer === 'pause') await makePauseLayer(lock.kubernetes, lock.components['pause'] ?? '', layerContext);
    else await makeDistributionLayer(layer, layerContext);
  }
}

async function makeImage(places: Places, lock: Lock, artifact: Artifact, versions: Readonly<Record<GroupName, string>>): Promise<void> {
  const recipe = allRecipes.find((candidate) => artifact.path === `images/${candidate.role}.tar`);
  if (recipe === undefined) throw new Error(`no recipe for ${artifact.path}`);
  const target = artifactFile(places, artifact);
  const layers = recipe.layers.map((layer) => layerFile(places.layers, layer === 'pause' ? `pause-${lock.components['pause'] ?? ''}` : layer));
  if (recipe.programs.length > 0) {
    const layer = `${target}.layer.tar`;
    const files = Object.fromEntries(
      recipe.programs.map(({ group, program, to }) => [
        to,
        programFile(places.programs, { group: programGroups[group], version: versions[group] }, { name: program, package: '', seconds: 0 }),
      ]),
    );
    await writeLayer(layer, files);
    layers.push(layer);
  }
  await writeOciArchive(target, { reference: artifact.image ?? '', architecture: lock.architecture, entrypoint: recipe.entrypoint }, layers);
  if (recipe.programs.length > 0) await rm(`${target}.layer.tar`, { force: true });
}
