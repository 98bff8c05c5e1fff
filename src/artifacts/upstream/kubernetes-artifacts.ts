import { KubelabError } from '../../errors/errors.ts';
import { factsFor, minorOf, nearestVersions } from '../../kubernetes/versions.ts';
import { mapParallel } from '../parallel.ts';
import type { Artifact, Want } from '../source.ts';
import { offeredPatches, type Package, pickPackage } from './package-index.ts';
import { fetchPackages, fetchSignedPackages, repositoryOf } from './package-repository.ts';
import { fetchPublishedDigest } from './published-digest.ts';
import { fetchSmall, parallelRequests, type Reach } from './reach.ts';

const programs = ['kubeadm', 'kubelet', 'kubectl'] as const;

/**
 * The exact patches of a minor, in no order: those that the package repository has. Where there is no such repository,
 * the one that the release server calls the minor's newest.
 */
export async function listPatches(reach: Reach, minor: string): Promise<readonly string[]> {
  try {
    const offered = offeredPatches(await fetchPackages(reach, minor));
    if (offered.length > 0) return offered;
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
  try {
    const stable = (await fetchSmall(reach, `https://dl.k8s.io/release/stable-${minor}.txt`))
      .toString('utf8')
      .trim()
      .replace(/^v/, '');
    return /^\d+\.\d+\.\d+$/.test(stable) && minorOf(stable) === minor ? [stable] : [];
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return [];
  }
}

/** kubeadm, kubelet and kubectl of one exact version with what their packages need, as packages. */
export async function resolvePackages(reach: Reach, want: Want): Promise<readonly Artifact[]> {
  const minor = minorOf(want.kubernetes);
  const packages = await fetchSignedPackages(reach, minor).catch((error: unknown) => {
    if (isRefusal(error)) throw unknownVersion(want.kubernetes, 'pkgs.k8s.io', [], error);
    throw error;
  });
  const main = programs.map((name) => {
    const found = pickPackage(packages, name, want.architecture, want.kubernetes);
    if (found === undefined) throw unknownVersion(want.kubernetes, 'pkgs.k8s.io', offeredPatches(packages));
    return found;
  });
  const needed = new Set(main.flatMap(({ depends }) => depends));
  const others = ['kubernetes-cni', 'cri-tools']
    .filter((name) => needed.has(name))
    .map((name) => requirePackage(packages, name, want));
  return [...main, ...others].map((one) => ({
    path: `packages/${one.name}.deb`,
    version: one.version,
    from: `${repositoryOf(minor)}/${one.file}`,
    digest: one.digest,
    bytes: one.bytes,
  }));
}

/** kubeadm, kubelet and kubectl of one exact version, as programs. */
export async function resolvePrograms(reach: Reach, want: Want): Promise<readonly Artifact[]> {
  const base = `https://dl.k8s.io/release/v${want.kubernetes}/bin/linux/${want.architecture}`;
  return mapParallel(programs, parallelRequests, reach.settings.signal, async (name) => {
    const from = `${base}/${name}`;
    const digest = await fetchPublishedDigest(reach, `${from}.sha256`, from).catch(async (error: unknown) => {
      if (!isRefusal(error)) throw error;
      throw unknownVersion(want.kubernetes, 'dl.k8s.io', await listPatches(reach, factsFor(want.kubernetes).minor), error);
    });
    return { path: `bin/${name}`, version: want.kubernetes, from, digest };
  });
}

/** Whether the server said that it has no such thing. */
function isRefusal(error: unknown): boolean {
  return error instanceof KubelabError && error.code === 'KL-SOURCE-REFUSED';
}

function requirePackage(packages: readonly Package[], name: string, want: Want): Package {
  const found = pickPackage(packages, name, want.architecture);
  if (found !== undefined) return found;
  throw new KubelabError(
    'KL-SOURCE-REFUSED',
    `the packages of Kubernetes ${want.kubernetes} need ${name}, but their repository has none`,
  );
}

function unknownVersion(wanted: string, where: string, offered: readonly string[], cause?: unknown): KubelabError {
  const others = offered.filter((version) => version !== wanted);
  const details = others.length === 0 ? [] : [`nearest: ${nearestVersions(wanted, others, 3).join(', ')}`];
  return new KubelabError('KL-VERSION-UNKNOWN', `${where} has no Kubernetes ${wanted}`, { details, cause });
}
