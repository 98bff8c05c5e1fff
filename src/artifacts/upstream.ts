import { compareVersions, factsFor, knownMinors } from '../kubernetes/versions.ts';
import { mapParallel } from './parallel.ts';
import { pairingFor } from './pairing.ts';
import { proxyAgentFor } from './proxy.ts';
import { openRegistry } from './registry.ts';
import { createSend, type Endpoints, type RequestSettings } from './request.ts';
import type { Artifact, Lock, Source, SourceContext, Want } from './source.ts';
import { openStore } from './store.ts';
import type { Stored } from './stored.ts';
import { imageRoles, labImages, resolveImages } from './upstream/image-artifacts.ts';
import { listPatches, resolvePackages, resolvePrograms } from './upstream/kubernetes-artifacts.ts';
import { findArtifact, obtainArtifacts } from './upstream/obtain.ts';
import { parallelRequests, type Reach } from './upstream/reach.ts';
import { resolveRuntime } from './upstream/runtime-artifacts.ts';

export interface UpstreamContext extends SourceContext, Pick<RequestSettings, 'send' | 'stallTimeout' | 'firstPause'> {
  /** Host to the base URL that answers in its place: `pkgs.k8s.io`, `dl.k8s.io`, `github.com`, and registries by name. */
  readonly endpoints?: Endpoints;
  /** Where HTTPS_PROXY and NO_PROXY are read from. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** The projects' own servers: pkgs.k8s.io or dl.k8s.io, release pages, and image registries. */
export function upstreamSource(context: UpstreamContext): Source {
  const reach = openReach(context);
  // Filled as files are found, because the place of what is made from parts is known only by its digest.
  const digests = new Map<string, string>();
  const find = async (artifact: Artifact): Promise<Stored | undefined> => {
    const found = await findArtifact(reach, artifact);
    if (found !== undefined) digests.set(artifact.from, found.digest);
    return found;
  };
  const missing = async (lock: Lock): Promise<readonly Artifact[]> => {
    const found = await Promise.all(lock.artifacts.map(find));
    return lock.artifacts.filter((_, index) => found[index] === undefined);
  };
  return {
    kind: 'upstream',
    versions: (minor) => listVersions(reach, minor),
    resolve: (want) => resolveLock(reach, want),
    roleImages: async (lock, roles) => labImages(lock, roles).all,
    resolveRoles: async (lock, roles) => {
      const { all, beside } = labImages(lock, roles);
      return { ...lock, images: all, artifacts: await resolveImages(reach, lock, beside) };
    },
    missing,
    obtain: async (lock) => {
      const absent = await missing(lock);
      if (absent.length > 0) await obtainArtifacts(reach, absent, lock.architecture, context.events);
      const artifacts = await Promise.all(lock.artifacts.map(async (artifact) => describe(artifact, await find(artifact))));
      return { ...lock, artifacts };
    },
    file: (artifact) => {
      const digest = artifact.digest ?? digests.get(artifact.from);
      if (digest === undefined) throw new Error(`${artifact.path} was not obtained yet`);
      return reach.store.pathOf(digest);
    },
  };
}

function openReach(context: UpstreamContext): Reach {
  const store = openStore(context.cache);
  const endpoints = context.endpoints ?? {};
  const { signal, stallTimeout, firstPause, send = createSend(proxyAgentFor(context.environment ?? {})) } = context;
  const pace = {
    ...(stallTimeout === undefined ? {} : { stallTimeout }),
    ...(firstPause === undefined ? {} : { firstPause }),
  };
  return {
    store,
    endpoints,
    registry: openRegistry({ store, endpoints, send, ...pace }),
    runner: context.runner,
    cache: context.cache,
    settings: { signal, send, ...pace },
  };
}

async function listVersions(reach: Reach, minor: string | undefined): Promise<readonly string[]> {
  const minors = minor === undefined ? knownMinors() : [factsFor(`${minor}.0`).minor];
  const lists = await mapParallel(minors, parallelRequests, reach.settings.signal, (one) => listPatches(reach, one));
  return lists.flat().toSorted(compareVersions);
}

async function resolveLock(reach: Reach, want: Want): Promise<Lock> {
  const facts = factsFor(want.kubernetes);
  const pairing = pairingFor(want.kubernetes);
  const containerd = want.containerd === 'default' ? pairing.containerd : want.containerd;
  const roles = imageRoles(want, pairing);
  // One after the other, so that an unknown version is told as that and not as an image that is not there.
  const kubernetes = await (want.install === 'packages' ? resolvePackages(reach, want) : resolvePrograms(reach, want));
  const runtime = await resolveRuntime(reach, want, containerd, pairing);
  const images = await resolveImages(reach, want, roles);
  return {
    apiVersion: 'kubelab/v1',
    source: 'upstream',
    kubernetes: want.kubernetes,
    containerd,
    architecture: want.architecture,
    components: {
      etcd: facts.etcd,
      coredns: facts.coredns,
      pause: facts.pause,
      flannel: pairing.flannel,
      'metrics-server': pairing.metricsServer,
      'local-path': pairing.localPath,
    },
    images: roles,
    artifacts: [...kubernetes, ...runtime, ...images],
  };
}

function describe(artifact: Artifact, found: Stored | undefined): Artifact {
  if (found === undefined) throw new Error(`${artifact.path} is gone from the cache just after it was put there`);
  return { ...artifact, digest: found.digest, bytes: found.bytes };
}
