import { kubeadmImages } from '../../kubernetes/versions.ts';
import { parseImageReference } from '../image-reference.ts';
import { mapParallel } from '../parallel.ts';
import { type Pairing, pairingFor } from '../pairing.ts';
import { playedByToolbox } from '../image-roles.ts';
import type { Artifact, Lock, Want } from '../source.ts';
import { writeOrigin } from './origin.ts';
import { parallelRequests, type Reach } from './reach.ts';

/** The reference of the image that plays each role. */
export function imageRoles(want: Want, pairing: Pairing): Readonly<Record<string, string>> {
  const kubernetes = kubeadmImages(want.kubernetes).map((reference) => {
    const role = parseImageReference(reference).repository.split('/').at(-1) ?? reference;
    return [role, reference];
  });
  return {
    ...Object.fromEntries(kubernetes),
    ...(want.plugin === 'flannel'
      ? {
          flannel: `ghcr.io/flannel-io/flannel:v${pairing.flannel}`,
          'flannel-cni-plugin': `ghcr.io/flannel-io/flannel-cni-plugin:v${pairing.flannelCniPlugin}`,
        }
      : {}),
    ...(want.addons.includes('metrics-server')
      ? { 'metrics-server': `registry.k8s.io/metrics-server/metrics-server:v${pairing.metricsServer}` }
      : {}),
    ...(want.addons.includes('local-path')
      ? { 'local-path': `docker.io/rancher/local-path-provisioner:v${pairing.localPath}` }
      : {}),
    toolbox: pairing.toolbox,
  };
}

/** The images that play roles in labs: all of them, and those that nodes have to be given. */
export function labImages(lock: Lock, roles: readonly string[]): { readonly all: RoleImages; readonly beside: RoleImages } {
  const { labs } = pairingFor(lock.kubernetes);
  const beside = Object.fromEntries(Object.entries(labs).filter(([role]) => roles.includes(role)));
  return { all: { ...playedByToolbox(lock, roles), ...beside }, beside };
}

type RoleImages = Readonly<Record<string, string>>;

/** One OCI archive per role, with the digest that its tag has now. */
export async function resolveImages(
  reach: Reach,
  want: Pick<Want, 'architecture'>,
  roles: Readonly<Record<string, string>>,
): Promise<readonly Artifact[]> {
  return mapParallel(Object.entries(roles), parallelRequests, reach.settings.signal, async ([role, reference], signal) => {
    const image = await reach.registry.resolveImage(reference, want.architecture, signal);
    return {
      path: `images/${role}.tar`,
      version: parseImageReference(reference).tag ?? image.digest,
      from: writeOrigin({ kind: 'image', reference: `${image.name}@${image.digest}` }),
      bytes: image.bytes,
      image: image.name,
    };
  });
}
