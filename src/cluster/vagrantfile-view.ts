import { rubyArray, rubyInteger, rubyString } from '../templates/ruby.ts';
import type { MachineView, VagrantfileView } from '../templates/vagrantfile.ts';
import { formatAddress, overlaps, requireCidr, sizeOf } from './cidr.ts';
import type { Role } from './node.ts';
import type { NodePlan, Plan } from './plan.ts';

/** What must be up first where machines start one after another: nothing waits for a machine below it. */
const startOrder: readonly Role[] = ['storage', 'etcd', 'load-balancer', 'control-plane', 'worker'];

/**
 * Ranges for the machines' own way out. None is one that home routers, Vagrant or Docker begin with, or that nodes are
 * given first.
 */
const managementRanges = ['192.168.241.0/24', '172.29.241.0/24', '10.219.241.0/24', '192.168.242.0/24'] as const;

/**
 * The names, sizes and addresses of a plan, ready for the Vagrantfile.
 * @param imageBox the name of the box that is made for the plan; else Vagrant is to find the box that the spec names.
 * @param id the cluster's name on this host: what `clusterId` gives for the folder that the Vagrantfile will lie in.
 */
export function viewVagrantfile(plan: Plan, id: string, imageBox?: string): VagrantfileView {
  const box: { readonly name: string; readonly url?: string } = imageBox === undefined ? locateBox(plan.box) : { name: imageBox };
  const management = managementNetwork(plan.network);
  return {
    cluster: rubyString(id),
    provider: plan.provider.name === 'nspawn' ? false : rubyString(plan.provider.name),
    driver: rubyString(plan.provider.emulated === true ? 'qemu' : 'kvm'),
    cpuMode: rubyString(plan.provider.emulated === true ? 'maximum' : 'host-model'),
    box: rubyString(box.name),
    nodeImage: imageBox !== undefined && (plan.plainBox === undefined || imageBox === plan.nodeBox),
    boxUrl: box.url === undefined ? false : rubyString(box.url),
    boxChecksum: imageBox === undefined ? viewChecksum(plan.boxDigest) : false,
    netmask: rubyString(netmaskOf(plan.network.nodes)),
    hostAddress: rubyString(plan.network.gateway),
    managementName: rubyString(management.name),
    managementAddress: rubyString(management.range),
    machines: startOrder.flatMap((role) => plan.nodes.filter((node) => node.role === role)).map(viewMachine),
  };
}

/** The network that machines reach the Internet through, and its CIDR. Of libvirt only. */
export function managementNetwork(network: { readonly nodes: string; readonly pods: string; readonly services: string }): {
  readonly name: string;
  readonly range: string;
} {
  const range = chooseManagementRange([network.nodes, network.pods, network.services]);
  // Named after the range, so that clusters with the same range share one network and others do not meet.
  return { name: `kubelab-${range.replace(/\/.*/, '').replaceAll('.', '-')}`, range };
}

function viewMachine(node: NodePlan): MachineView {
  return {
    name: rubyString(node.name),
    role: rubyString(node.role),
    address: rubyString(node.address),
    cpus: rubyInteger(node.cpus),
    memory: rubyInteger(node.memoryMiB),
    disks: rubyArray(node.disksMiB.map(rubyInteger)),
  };
}

function viewChecksum(digest: string | undefined): VagrantfileView['boxChecksum'] {
  const [kind = '', hex] = digest?.split(':') ?? [];
  return hex === undefined ? false : { kind: rubyString(kind), hex: rubyString(hex) };
}

/**
 * What Vagrant calls a box, and where it gets it: a URL or a path goes under a name made from it, `publisher/name`
 * stays as it is, a known name such as `debian-12` is what `kubelab box build` calls it. Vagrant takes a relative path
 * from the folder it runs in.
 */
function locateBox(box: string): { readonly name: string; readonly url?: string } {
  if (/^[.~]{0,2}[/\\]|^[A-Za-z]:[/\\]|:\/\/|\.box$/.test(box)) {
    const file =
      box
        .replace(/[?#].*$/, '')
        .split(/[/\\]/)
        .at(-1) ?? '';
    return { name: `kubelab/${file.replace(/\.box$/, '').replaceAll(/[^A-Za-z0-9._-]/g, '-') || 'box'}`, url: box };
  }
  return { name: box.includes('/') ? box : knownBoxName(box) };
}

function chooseManagementRange(taken: readonly string[]): string {
  const ranges = taken.map(requireCidr);
  const free = managementRanges.find((candidate) => !ranges.some((range) => overlaps(requireCidr(candidate), range)));
  if (free === undefined) throw new RangeError(`no range is left for the management network beside ${taken.join(', ')}`);
  return free;
}

/** What Vagrant knows a box by that was made ahead of time from a known name. */
export function knownBoxName(name: string): string {
  return `kubelab/${name}`;
}

/** The netmask of a CIDR, such as `255.255.255.0`. @throws RangeError when it is none. */
export function netmaskOf(range: string): string {
  return formatAddress(2 ** 32 - sizeOf(requireCidr(range)));
}
