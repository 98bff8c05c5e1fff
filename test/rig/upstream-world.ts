import { pairingFor, type Pairing } from '../../src/artifacts/pairing.ts';
import type { Want } from '../../src/artifacts/source.ts';
import { imageRoles } from '../../src/artifacts/upstream/image-artifacts.ts';
import { minorOf, newestMinor } from '../../src/kubernetes/versions.ts';
import {
  type DebPackage,
  makeTarball,
  publishPackages,
  publishPrograms,
  publishRelease,
  type SigningKey,
} from './upstream-layout.ts';
import { publishImage } from './upstream-registry.ts';
import type { UpstreamServer } from './upstream-server.ts';

/** Publishes all that the upstream source needs for a cluster, on every host that it asks. */
export async function publishAll(
  server: UpstreamServer,
  want: Want,
  packages: readonly DebPackage[],
  key: SigningKey,
): Promise<void> {
  const pairing = pairingFor(want.kubernetes);
  await publishPackages(server, minorOf(want.kubernetes), packages, key);
  server.serve(`/pkgs.k8s.io/core:/stable:/v${newestMinor}/deb/Release.key`, key.armoured);
  publishPrograms(server, want.kubernetes);
  await publishReleases(server, pairing);
  for (const host of ['registry.k8s.io', 'ghcr.io', 'docker.io']) server.requireLogin(host);
  for (const reference of [...Object.values(imageRoles(want, pairing)), ...Object.values(pairing.labs)])
    publishImage(server, reference);
}

async function publishReleases(server: UpstreamServer, pairing: Pairing): Promise<void> {
  const containerd = await makeTarball({
    'bin/containerd': 'containerd',
    'bin/ctr': 'ctr',
    'bin/containerd-shim-runc-v2': 'shim',
    'bin/containerd-stress': 'stress',
  });
  const containerdPath = `/github.com/containerd/containerd/releases/download/v${pairing.containerd}/containerd-${pairing.containerd}-linux-amd64.tar.gz`;
  publishRelease(server, containerdPath, containerd, `${containerdPath}.sha256sum`);
  const runc = `/github.com/opencontainers/runc/releases/download/v${pairing.runc}`;
  publishRelease(server, `${runc}/runc.amd64`, 'runc', `${runc}/runc.sha256sum`);
  const names = [
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
  const cni = await makeTarball(Object.fromEntries(['LICENSE', ...names].map((name) => [name, name])));
  const cniPath = `/github.com/containernetworking/plugins/releases/download/v${pairing.cniPlugins}/cni-plugins-linux-amd64-v${pairing.cniPlugins}.tgz`;
  publishRelease(server, cniPath, cni, `${cniPath}.sha256`);
  const crictlPath = `/github.com/kubernetes-sigs/cri-tools/releases/download/v${pairing.crictl}/crictl-v${pairing.crictl}-linux-amd64.tar.gz`;
  publishRelease(server, crictlPath, await makeTarball({ crictl: 'crictl' }), `${crictlPath}.sha256`);
}
