import type { GroupName } from './programs.ts';

/** How one image is made: its programs, and the layers under them. */
export interface ImageRecipe {
  /** The role it plays; also its file name in the artifacts folder. */
  readonly role: string;
  /** Its repository under the source's own prefix, as kubeadm and the manifests name it. */
  readonly repository: string;
  readonly programs: readonly { readonly group: GroupName; readonly program: string; readonly to: string }[];
  readonly layers: readonly ('toolbox' | 'network-tools' | 'pause')[];
  readonly entrypoint: readonly string[];
}

/**
 * The prefix of every image that kubelab builds. They are not the upstream images, so they never carry an upstream
 * name; the name has no DNS entry, so nothing can be pulled by it by mistake.
 */
export const imagePrefix = 'go.kubelab.local';

const controlPlane = (name: string): ImageRecipe => ({
  role: name,
  repository: name,
  programs: [{ group: 'kubernetes', program: name, to: `/usr/local/bin/${name}` }],
  layers: [],
  entrypoint: [name],
});

export const controlPlaneRecipes: readonly ImageRecipe[] = [
  controlPlane('kube-apiserver'),
  controlPlane('kube-controller-manager'),
  controlPlane('kube-scheduler'),
  { ...controlPlane('kube-proxy'), layers: ['toolbox', 'network-tools'] },
  {
    role: 'etcd',
    repository: 'etcd',
    programs: [
      { group: 'etcd', program: 'etcd', to: '/usr/local/bin/etcd' },
      { group: 'etcdctl', program: 'etcdctl', to: '/usr/local/bin/etcdctl' },
      { group: 'etcdutl', program: 'etcdutl', to: '/usr/local/bin/etcdutl' },
    ],
    layers: [],
    entrypoint: ['etcd'],
  },
  {
    role: 'coredns',
    repository: 'coredns',
    programs: [{ group: 'coredns', program: 'coredns', to: '/coredns' }],
    layers: [],
    entrypoint: ['/coredns'],
  },
  { role: 'pause', repository: 'pause', programs: [], layers: ['pause'], entrypoint: ['/pause'] },
  { role: 'toolbox', repository: 'toolbox', programs: [], layers: ['toolbox'], entrypoint: ['/bin/sh'] },
];

export const flannelRecipe: ImageRecipe = {
  role: 'flannel',
  repository: 'flannel',
  programs: [{ group: 'flannel', program: 'flanneld', to: '/opt/bin/flanneld' }],
  layers: ['toolbox', 'network-tools'],
  entrypoint: ['/opt/bin/flanneld'],
};

export const addonRecipes: Readonly<Record<string, ImageRecipe>> = {
  'metrics-server': {
    role: 'metrics-server',
    repository: 'metrics-server',
    programs: [{ group: 'metrics-server', program: 'metrics-server', to: '/metrics-server' }],
    layers: [],
    entrypoint: ['/metrics-server'],
  },
  'local-path': {
    role: 'local-path',
    repository: 'local-path-provisioner',
    programs: [{ group: 'local-path', program: 'local-path-provisioner', to: '/usr/local/bin/local-path-provisioner' }],
    layers: [],
    entrypoint: ['local-path-provisioner'],
  },
};

/** Images for labs: no cluster needs them. */
export const roleRecipes: Readonly<Record<string, ImageRecipe>> = {
  database: {
    role: 'database',
    repository: 'database',
    programs: ['database', 'mongoimport', 'mongoexport'].map((program) => ({
      group: 'database',
      program,
      to: `/usr/local/bin/${program}`,
    })),
    layers: ['toolbox'],
    entrypoint: ['/usr/local/bin/database'],
  },
  'nfs-provisioner': {
    role: 'nfs-provisioner',
    repository: 'nfs-provisioner',
    programs: [{ group: 'nfs-provisioner', program: 'nfs-provisioner', to: '/usr/local/bin/nfs-provisioner' }],
    layers: ['toolbox'],
    entrypoint: ['/usr/local/bin/nfs-provisioner'],
  },
};
