import type { Kubectl } from '../kubernetes/kubectl.ts';

/** What is on a cluster outside of any namespace, by name, with what a lab may have changed on it. */
export type Inventory = ReadonlyMap<string, string>;

const kinds = [
  'namespaces',
  'persistentvolumes',
  'storageclasses',
  'clusterroles',
  'clusterrolebindings',
  'customresourcedefinitions',
  'priorityclasses',
  'validatingwebhookconfigurations',
  'mutatingwebhookconfigurations',
  'nodes',
];

interface Item {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: {
    readonly taints?: readonly unknown[];
    readonly unschedulable?: boolean;
    readonly claimRef?: { readonly namespace?: string };
  };
}

/**
 * Every object that no namespace holds; of nodes their labels, taints and whether they take pods.
 * @param namespace that of the lab: other labs may come and go beside it, with their namespaces and volumes.
 */
export async function takeInventory(kubectl: Kubectl, namespace: string): Promise<Inventory> {
  const { items } = await kubectl.json<{ readonly items: readonly Item[] }>(['get', kinds.join(',')], { timeout: 60_000 });
  const own = items.filter((item) => !belongsToAnother(item, namespace));
  return new Map(own.map((item) => [`${item.kind} ${item.metadata.name}`, describeItem(item)]));
}

function belongsToAnother({ kind, metadata, spec }: Item, namespace: string): boolean {
  if (kind === 'Namespace') return metadata.name.startsWith('lab-') && metadata.name !== namespace;
  return spec?.claimRef?.namespace !== undefined && spec.claimRef.namespace !== namespace;
}

/** Of what is on its way out already: it may go. */
const leaving = 'leaving';

function describeItem({ kind, metadata, spec }: Item): string {
  if (metadata.deletionTimestamp !== undefined) return leaving;
  if (kind === 'StorageClass') return String(metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true');
  if (kind !== 'Node') return '';
  const labels = Object.entries(metadata.labels ?? {}).map(([name, value]) => `${name}=${value}`);
  return JSON.stringify({ labels: labels.toSorted(), taints: spec?.taints ?? [], unschedulable: spec?.unschedulable ?? false });
}

/** What is there now and was not before, is gone, or has changed, as sentences. */
export function findLeftovers(before: Inventory, after: Inventory): string[] {
  return [
    ...[...after.keys()].filter((name) => !before.has(name)).map((name) => `${name} is left behind`),
    ...[...before].filter(([name, value]) => value !== leaving && !after.has(name)).map(([name]) => `${name} is gone`),
    ...[...after].flatMap(([name, value]) => {
      const old = before.get(name);
      return old === undefined || old === leaving || old === value ? [] : [`${name} has changed: ${old} is now ${value}`];
    }),
  ];
}
