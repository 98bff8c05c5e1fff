import { clusterName } from './spec-fields.ts';

/** Whether a text can be the name of a cluster. */
export function isClusterName(text: string): boolean {
  return clusterName().safeParse(text).success;
}

/** The name of a folder made into one that a cluster can have: `2024 K8s_Lab` gives `k8s-lab`. */
export function suggestClusterName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  return isClusterName(name) ? name : 'cluster';
}
