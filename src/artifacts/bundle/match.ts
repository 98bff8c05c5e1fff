import type { Lock, Want } from '../source.ts';

/** What a want asks for that the lock of a bundle does not give, one line each. The Kubernetes version is not compared. */
export function findGaps(lock: Lock, want: Want): string[] {
  const install = heldInstall(lock);
  const missing = [...(want.plugin === 'none' ? [] : [want.plugin]), ...want.addons].filter(
    (name) => lock.images[name] === undefined,
  );
  return [
    ...differ('architecture', want.architecture, lock.architecture),
    ...differ('install', want.install, install),
    ...(want.containerd === 'default' ? [] : differ('containerd', want.containerd, lock.containerd)),
    ...missing.map((name) => `${name}: the bundle does not hold it`),
  ];
}

/** How Kubernetes is installed from what a lock holds. */
export function heldInstall({ artifacts }: Pick<Lock, 'artifacts'>): 'packages' | 'binaries' {
  return artifacts.some(({ path }) => path.startsWith('packages/')) ? 'packages' : 'binaries';
}

function differ(what: string, wanted: string, held: string): string[] {
  return wanted === held ? [] : [`${what}: ${wanted} is wanted, but the bundle holds ${held}`];
}
