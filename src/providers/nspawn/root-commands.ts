/** What kubelab runs as root on this host for machines, as data: every kind of command, and what for. */
export const rootCommands: readonly { readonly command: string; readonly what: string }[] = [
  { command: 'probe-host.sh', what: 'tries what nodes need of the kernel, in namespaces of its own' },
  { command: 'list-store.sh', what: 'looks at what is in the store' },
  { command: 'mount, umount, mkfs.btrfs, flock', what: 'the store of node images and machines, one file in the cache' },
  { command: 'btrfs subvolume', what: 'makes and removes base boxes, node images and machines' },
  { command: 'mkdir, mv, cp, rm, touch', what: 'files in that store and nowhere else' },
  { command: 'mmdebstrap, tar', what: 'makes the base box: a plain Debian' },
  { command: 'fill-tree.sh', what: 'runs provision/10 to 40 inside the node image, in namespaces of its own' },
  {
    command: 'bridge.sh',
    what: 'the bridge that the nodes are on, and a way for it through a firewall that forwards nothing else',
  },
  {
    command: 'start-machine.sh, end-machine.sh, kill',
    what: 'starts and ends machines (systemd-nspawn) and their control groups',
  },
];

/** Bytes on disk that each part takes, once compressed: measured with Debian 12 and Kubernetes 1.36, rounded up. */
export const diskNeeds = { base: 0.2 * 1024 ** 3, image: 0.8 * 1024 ** 3, node: 0.5 * 1024 ** 3 } as const;
