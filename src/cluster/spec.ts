import { z } from 'zod';
import { overlaps, requireCidr } from './cidr.ts';
import { boxField } from './spec-box.ts';
import {
  absolutePath,
  choice,
  cidr,
  clusterName,
  kubernetesVersion,
  list,
  listChoices,
  map,
  numberChoice,
  relativePath,
  size,
  subjectName,
  text,
  whenRight,
  wholeNumber,
} from './spec-fields.ts';

const defaultRanges = { nodes: 'auto', pods: '10.244.0.0/16', services: '10.96.0.0/12' } as const;

const source = z
  .union(
    [
      choice(['auto', 'upstream', 'go']),
      map({
        bundle: text('a file or a URL').optional().describe('A bundle: a file beside this one, or a URL.'),
        mirror: z
          .url({ protocol: /^https?$/, error: 'expected a URL that begins with http:// or https://' })
          .optional()
          .describe('The URL of a kubelab that serves its artifacts on the local network.'),
      })
        .refine(({ bundle, mirror }) => (bundle === undefined) !== (mirror === undefined), {
          error: 'give either bundle or mirror, and only one of them',
          when: ({ issues }) => issues.length === 0,
        })
        .meta({ minProperties: 1, maxProperties: 1 }),
    ],
    'expected auto, upstream, go, {bundle: FILE_OR_URL} or {mirror: URL}',
  )
  .transform((value): 'auto' | 'upstream' | 'go' | { bundle: string } | { mirror: string } =>
    typeof value === 'string' ? value : value.bundle === undefined ? { mirror: value.mirror ?? '' } : { bundle: value.bundle },
  );

const controlPlane = map({
  count: numberChoice([1, 3, 5]).prefault(1).describe('How many control plane nodes: 1, or 3 or 5 for high availability.'),
  cpus: wholeNumber(2, 64).prefault(2).describe('Processors of each node. kubeadm refuses less than 2.'),
  memory: size(1700, 'which kubeadm wants for a control plane')
    .prefault('2GiB')
    .describe('Memory of each node, such as 2GiB; at least 1700MiB.'),
  endpoint: choice(['auto', 'kube-vip', 'haproxy'])
    .prefault('auto')
    .describe(
      'How the API server is reached when there are several: a virtual address, or a load balancer node. auto takes what the count needs.',
    ),
});

const workers = map({
  count: wholeNumber(0, 100).prefault(2).describe('How many worker nodes. With 0 the control plane runs the workload.'),
  cpus: wholeNumber(1, 64).prefault(2).describe('Processors of each node.'),
  memory: size(512, 'which a worker needs to run its own parts')
    .prefault('2GiB')
    .describe('Memory of each node, such as 2GiB; at least 512MiB.'),
  disks: list(size(64, 'the least that is of use'), 8)
    .prefault([])
    .describe('Extra empty disks of each node, such as [10GiB, 10GiB].'),
});

const storage = map({
  count: numberChoice([0, 1])
    .prefault(0)
    .describe('A separate NFS server: 0 or 1. With 0 the control plane exports when a lab asks for it.'),
  cpus: wholeNumber(1, 64).prefault(1).describe('Processors of the NFS server.'),
  memory: size(512, 'which an NFS server needs')
    .prefault('1GiB')
    .describe('Memory of the NFS server, such as 1GiB; at least 512MiB.'),
});

const etcd = z.union(
  [
    choice(['stacked']),
    map({
      external: numberChoice([1, 3, 5]).describe(
        'How many etcd nodes outside the Kubernetes cluster: an odd number, so that a majority can be formed.',
      ),
    }),
  ],
  'expected stacked or {external: 1, 3 or 5}',
);

const providerNames = ['auto', 'libvirt', 'virtualbox', 'nspawn'] as const;
const provider = z.union(
  [
    choice(providerNames),
    map({
      name: choice(['libvirt']).describe('The provider.'),
      accelerator: choice(['tcg']).describe(
        'Emulate the processors where hardware virtualisation does not work: ten times slower.',
      ),
    }),
  ],
  `expected ${listChoices(providerNames)}, or {name: libvirt, accelerator: tcg}`,
);

const runtimeNames = ['containerd', 'cri-o', 'docker'] as const;
const runtime = z
  .union(
    [
      choice(runtimeNames),
      map({
        name: choice(runtimeNames).describe('The container runtime.'),
        version: z
          .string(runtimeVersionError())
          .regex(/^[0-9]+\.[0-9]+\.[0-9]+$/, runtimeVersionError())
          .optional()
          .describe('Its exact version. Left out: the one that the source pairs with this Kubernetes.'),
      }),
    ],
    `expected ${listChoices(runtimeNames)}, or {name: containerd, version: "2.3.7"}`,
  )
  .transform((value): { name: (typeof runtimeNames)[number]; version?: string } =>
    typeof value === 'string' ? { name: value } : value,
  );

function runtimeVersionError(): string {
  return 'expected an exact version in quotes, such as "2.3.7"';
}

const network = map({
  nodes: z
    .union(
      [choice(['auto']), cidr({ example: '10.83.7.0/24', prefixes: [16, 24], privateOnly: true })],
      'expected auto or a range such as 10.83.7.0/24',
    )
    .prefault(defaultRanges.nodes)
    .describe(
      'The private network of the nodes: auto finds one that nothing on this host uses; or a range such as 10.83.7.0/24.',
    ),
  pods: cidr({ example: defaultRanges.pods, prefixes: [8, 24] })
    .prefault(defaultRanges.pods)
    .describe('Addresses of pods. Each node gets a /24 of it.'),
  // kubeadm refuses a service range with a shorter prefix, or with less than ten addresses.
  services: cidr({ example: defaultRanges.services, prefixes: [12, 28] })
    .prefault(defaultRanges.services)
    .describe('Addresses of services.'),
  plugin: choice(['flannel', 'calico', 'none'])
    .prefault('flannel')
    .describe('The network plugin. With none, nodes stay NotReady until you install one.'),
}).superRefine(refuseOverlaps, { when: whenRight(['nodes', 'pods', 'services']) });

type RangeName = 'nodes' | 'pods' | 'services';

function refuseOverlaps(ranges: Readonly<Record<RangeName, string>>, context: z.core.$RefinementCtx): void {
  const pairs: readonly (readonly [RangeName, RangeName])[] = [
    ['nodes', 'pods'],
    ['nodes', 'services'],
    ['pods', 'services'],
  ];
  for (const [left, right] of pairs) {
    if (ranges[left] === 'auto' || !overlaps(requireCidr(ranges[left]), requireCidr(ranges[right]))) continue;
    // The place to correct is the range that was written, not the default that it ran into.
    const [at, other] = ranges[right] === defaultRanges[right] ? [left, right] : [right, left];
    context.addIssue({
      code: 'custom',
      path: [at],
      message: `${ranges[at]} overlaps network.${other}, which is ${ranges[other]}`,
    });
  }
}

/** Every add-on of the format, whether it can be had yet or not. */
export const addonNames = ['metrics-server', 'local-path', 'nfs-provisioner', 'prometheus', 'rook'] as const;

const addons = list(choice(addonNames), 16).superRefine(
  (names, context) => {
    for (const [index, name] of names.entries())
      if (names.indexOf(name) < index) context.addIssue({ code: 'custom', path: [index], message: `"${name}" is listed twice` });
  },
  // A wrong name does not hide that another one is listed twice.
  { when: ({ value, issues }) => Array.isArray(value) && issues.every(({ path = [] }) => path.length > 0) },
);

const flags = z.record(
  z.string().regex(/^[a-z][a-z0-9-]*$/, 'expected the name of a flag without the leading dashes, such as audit-log-path'),
  z.union([z.string(), z.int(), z.boolean()], 'expected a text, a whole number, true or false').transform(String),
  'expected a map of flags to values',
);

const volumes = list(
  map({
    name: text('a name').describe('The name of the volume in the static pod.'),
    hostPath: absolutePath().describe('The path on the node.'),
    mountPath: absolutePath().describe('The path in the container.'),
    readOnly: z.boolean('expected true or false').optional().describe('Mount it read-only.'),
    pathType: choice(['DirectoryOrCreate', 'Directory', 'FileOrCreate', 'File', 'Socket', 'CharDevice', 'BlockDevice'])
      .optional()
      .describe('What has to be at hostPath.'),
  }),
  32,
);

const settings = z.record(z.string(), z.unknown(), 'expected a map');

const kubeadm = map({
  extraArgs: map({
    apiServer: flags.optional().describe('Flags of kube-apiserver.'),
    controllerManager: flags.optional().describe('Flags of kube-controller-manager.'),
    scheduler: flags.optional().describe('Flags of kube-scheduler.'),
    etcd: flags.optional().describe('Flags of etcd, where it is stacked.'),
  })
    .prefault({})
    .describe('Flags for the control plane, such as apiServer: {v: 4}. Names are without the leading dashes.'),
  extraVolumes: map({
    apiServer: volumes.optional().describe('Volumes of kube-apiserver.'),
    controllerManager: volumes.optional().describe('Volumes of kube-controller-manager.'),
    scheduler: volumes.optional().describe('Volumes of kube-scheduler.'),
  })
    .prefault({})
    .describe('Paths of the node to mount into the control plane.'),
  certSANs: list(subjectName(), 100).prefault([]).describe('More names and addresses for the certificate of the API server.'),
  patches: relativePath().optional().describe('A folder with kubeadm patches, relative to this file.'),
  kubelet: settings.prefault({}).describe('Fields of KubeletConfiguration, taken as they are.'),
  kubeProxy: settings.prefault({}).describe('Fields of KubeProxyConfiguration, taken as they are.'),
  featureGates: z
    .record(
      z.string().regex(/^[A-Z][A-Za-z0-9]*$/, 'expected the name of a feature gate, such as ControlPlaneKubeletLocalMode'),
      z.boolean('expected true or false'),
      'expected a map',
    )
    .prefault({})
    .describe('Feature gates of kubeadm itself.'),
});

/** The schema of kubelab.yaml. Its input is what the user writes, its output is a Spec. */
export const specSchema = map({
  apiVersion: choice(['kubelab/v1']).prefault('kubelab/v1').describe('The version of this format.'),
  kind: choice(['Cluster']).prefault('Cluster').describe('What the file describes.'),
  name: clusterName().describe('The name of the cluster; nodes are named after it.'),
  kubernetes: kubernetesVersion()
    .prefault('1.36')
    .describe(
      'In quotes: a minor such as "1.36", resolved once and then locked, or an exact patch such as "1.36.4". 1.24 is the oldest.',
    ),
  provider: provider
    .prefault('auto')
    .describe('What runs the machines. auto takes what works best on this host, and emulates no processor unless asked to.'),
  source: source
    .prefault('auto')
    .describe('Where programs and images come from. auto asks upstream, then takes what is at hand.'),
  controlPlane: controlPlane.prefault({}).describe('The control plane nodes.'),
  workers: workers.prefault({}).describe('The worker nodes.'),
  storage: storage.prefault({}).describe('The NFS server outside the Kubernetes cluster.'),
  etcd: etcd.prefault('stacked').describe('Where etcd runs: stacked on the control plane, or on nodes of its own.'),
  runtime: runtime.prefault('containerd').describe('The container runtime, or its name and exact version.'),
  install: choice(['auto', 'packages', 'binaries'])
    .prefault('auto')
    .describe('How Kubernetes is installed. auto takes what the source has.'),
  network: network.prefault({}).describe('The address ranges and the network plugin.'),
  addons: addons.prefault(['metrics-server']).describe('What is installed into the cluster.'),
  kubeadm: kubeadm.prefault({}).describe('What you add to the configuration that kubelab writes for kubeadm.'),
  box: boxField,
}).refine((spec) => requireCidr(spec.network.pods).prefix <= podPrefixFor(spec), {
  path: ['network', 'pods'],
  error: ({ input }) => sayPodsTooSmall(input as Counts),
  when: whenRight(['network', 'controlPlane', 'workers']),
});

/** The spec with every default filled in. Sizes are in MiB. */
export type Spec = z.output<typeof specSchema>;

/** The provider that a spec asks for, and whether its machines may be emulated. */
export function readProviderWish({ provider: wish }: Pick<Spec, 'provider'>): {
  readonly name: (typeof providerNames)[number];
  readonly emulation: boolean;
} {
  return typeof wish === 'string' ? { name: wish, emulation: false } : { name: wish.name, emulation: true };
}

interface Counts {
  readonly controlPlane: { readonly count: number };
  readonly workers: { readonly count: number };
}

/** The longest prefix that still has a /24 for every node. */
function podPrefixFor(counts: Counts): number {
  return 24 - Math.ceil(Math.log2(countNodes(counts)));
}

function countNodes({ controlPlane, workers }: Counts): number {
  return controlPlane.count + workers.count;
}

function sayPodsTooSmall(counts: Counts): string {
  return `expected a /${podPrefixFor(counts)} or larger, which has a /24 for each of the ${countNodes(counts)} nodes`;
}
