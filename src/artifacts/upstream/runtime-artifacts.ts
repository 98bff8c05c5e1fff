import { mapParallel } from '../parallel.ts';
import type { Pairing } from '../pairing.ts';
import type { Artifact, Want } from '../source.ts';
import { writeOrigin } from './origin.ts';
import { fetchPublishedDigest } from './published-digest.ts';
import { parallelRequests, type Reach } from './reach.ts';

/** A file of a project's release page that artifacts come out of. */
interface Release {
  readonly url: string;
  readonly checksums: string;
  readonly version: string;
  /** Path in the artifacts folder to the member of the tarball; undefined for a file that is no tarball. */
  readonly places: Readonly<Record<string, string | undefined>>;
}

/** Those that pod networks on a Linux node use; the tarball has more. */
const cniPrograms = [
  'bandwidth',
  'bridge',
  'dummy',
  'firewall',
  'host-local',
  'ipvlan',
  'loopback',
  'macvlan',
  'portmap',
  'ptp',
  'static',
  'tuning',
  'vlan',
];

/** containerd and runc; without packages also the CNI plugins and crictl, which packages would bring. */
export async function resolveRuntime(
  reach: Reach,
  want: Want,
  containerd: string,
  pairing: Pairing,
): Promise<readonly Artifact[]> {
  const releases = [
    containerdRelease(containerd, want.architecture),
    runcRelease(pairing.runc, want.architecture),
    ...(want.install === 'packages'
      ? []
      : [cniRelease(pairing.cniPlugins, want.architecture), crictlRelease(pairing.crictl, want.architecture)]),
  ];
  const resolved = await mapParallel(releases, parallelRequests, reach.settings.signal, async (release) => {
    const digest = await fetchPublishedDigest(reach, release.checksums, release.url);
    return Object.entries(release.places).map(([path, member]): Artifact => {
      if (member === undefined) return { path, version: release.version, from: release.url, digest };
      return { path, version: release.version, from: writeOrigin({ kind: 'member', url: release.url, digest, member }) };
    });
  });
  return resolved.flat();
}

function containerdRelease(version: string, architecture: string): Release {
  const url = `https://github.com/containerd/containerd/releases/download/v${version}/containerd-${version}-linux-${architecture}.tar.gz`;
  const names = ['containerd', 'ctr', 'containerd-shim-runc-v2'];
  const places = Object.fromEntries(names.map((name) => [`runtime/${name}`, `bin/${name}`]));
  return { url, checksums: `${url}.sha256sum`, version, places };
}

function runcRelease(version: string, architecture: string): Release {
  const base = `https://github.com/opencontainers/runc/releases/download/v${version}`;
  return {
    url: `${base}/runc.${architecture}`,
    checksums: `${base}/runc.sha256sum`,
    version,
    places: { 'runtime/runc': undefined },
  };
}

function cniRelease(version: string, architecture: string): Release {
  const url = `https://github.com/containernetworking/plugins/releases/download/v${version}/cni-plugins-linux-${architecture}-v${version}.tgz`;
  const places = Object.fromEntries(cniPrograms.map((name) => [`cni/${name}`, name]));
  return { url, checksums: `${url}.sha256`, version, places };
}

function crictlRelease(version: string, architecture: string): Release {
  const url = `https://github.com/kubernetes-sigs/cri-tools/releases/download/v${version}/crictl-v${version}-linux-${architecture}.tar.gz`;
  return { url, checksums: `${url}.sha256`, version, places: { 'bin/crictl': 'crictl' } };
}
