/** What a machine's own files are made from. */
export interface MachineFilesInput {
  readonly name: string;
  /** With the prefix length: `10.83.7.11/24`. */
  readonly address: string;
  readonly gateway: string;
  /** Public key of the cluster, which may log in as root. */
  readonly authorizedKey: string;
  readonly hostKey: { readonly secret: string; readonly public: string };
}

export interface MachineFile {
  /** Relative to the machine's root. */
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/** The files that make a copy of the node image into one machine, laid over its root before its first boot. */
export function machineFiles(input: MachineFilesInput): readonly MachineFile[] {
  return [
    { path: 'etc/hostname', mode: 0o644, text: `${input.name}\n` },
    { path: 'etc/resolv.conf', mode: 0o644, text: `nameserver ${input.gateway}\noptions timeout:1 attempts:1\n` },
    { path: 'root/.ssh/authorized_keys', mode: 0o600, text: `${input.authorizedKey.trim()}\n` },
    { path: 'etc/ssh/ssh_host_ed25519_key', mode: 0o600, text: input.hostKey.secret },
    { path: 'etc/ssh/ssh_host_ed25519_key.pub', mode: 0o644, text: input.hostKey.public },
    { path: 'etc/systemd/system/kubelab-network.service', mode: 0o644, text: networkUnit(input) },
    {
      path: 'etc/systemd/system/sysinit.target.d/kubelab-network.conf',
      mode: 0o644,
      text: '[Unit]\nWants=kubelab-network.service\n',
    },
  ];
}

/** systemd-networkd waits for a udev that system containers do not have, so the address is set directly. */
function networkUnit(input: MachineFilesInput): string {
  return `[Unit]
Description=Address of this machine on the cluster's network
DefaultDependencies=no
Before=sysinit.target network.target
Wants=network.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/ip link set lo up
ExecStart=/usr/sbin/ip link set host0 up
ExecStart=/usr/sbin/ip address replace ${input.address} dev host0
ExecStart=/usr/sbin/ip route replace default via ${input.gateway}
`;
}
