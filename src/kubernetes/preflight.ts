import type { HostTraits } from './kubeadm-input.ts';
import { factsFor } from './versions.ts';

/**
 * The preflight checks of kubeadm that have to become warnings on this host, by kubeadm's names for them. NumCPU and Mem
 * are never among them: a machine below kubeadm's minimum should be refused.
 */
export function preflightIgnores(input: { readonly kubernetes: string; readonly host: HostTraits }): readonly string[] {
  const { host } = input;
  const facts = factsFor(input.kubernetes);
  const ignored: string[] = [];
  // It wants the kernel's configuration, which a node on a shared kernel has no file of, and refuses cgroup v1 from 1.35.
  if (host.sharedKernel || host.cgroupVersion === 1) ignored.push('SystemVerification');
  // On a shared kernel the sysctl is the host's: it is absent where br_netfilter is built in or out of the node's sight.
  if (host.sharedKernel && facts.bridgePreflight) ignored.push('FileContent--proc-sys-net-bridge-bridge-nf-call-iptables');
  // It asks which proxy would be used for addresses that it writes like IPv6, which Go refuses to parse from 1.26 on; up to
  // these minors nobody mended it, and what it looks for, a proxy in the environment, no node has.
  if (facts.crictlRequired) ignored.push('HTTPProxyCIDR');
  // kubelet is told to run with swap, so kubeadm must not stop at it.
  if (host.swap) ignored.push('Swap');
  return ignored;
}
