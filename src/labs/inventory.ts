import type { Kubectl } from '../kubernetes/kubectl.ts';

/** What is on a cluster and of no lab, by name, with what a lab may have changed in it. */
export type Inventory = ReadonlyMap<string, string>;

/** What no namespace holds. */
const clusterKinds = [
  'namespaces',
  'persistentvolumes',
  'storageclasses',
  'clusterroles',
  'clusterrolebindings',
  'customresourcedefinitions',
  'priorityclasses',
  'apiservices',
  'validatingwebhookconfigurations',
  'mutatingwebhookconfigurations',
  'nodes',
];

/** What people and controllers set up in namespaces, and leave as it is: nothing that comes and goes by itself. */
const namespacedKinds = [
  'deployments.apps',
  'daemonsets.apps',
  'statefulsets.apps',
  'services',
  'serviceaccounts',
  'configmaps',
  'roles',
  'rolebindings',
];

interface Item {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  /** Where objects that are not described by a spec say what they are. */
  readonly data?: unknown;
  readonly rules?: unknown;
  readonly roleRef?: unknown;
  readonly subjects?: unknown;
  readonly webhooks?: unknown;
  readonly spec?: {
    readonly taints?: readonly unknown[];
    readonly unschedulable?: boolean;
    readonly claimRef?: { readonly namespace?: string };
  };
}

/**
 * Every object that no namespace holds, and of those in namespaces what is set up to stay; of nodes their labels, taints and
 * whether they take pods. What a lab does to the files of nodes is not looked at.
 * @param namespace that of the lab: other labs may come and go beside it, with their namespaces and volumes.
 */
export async function takeInventory(kubectl: Kubectl, namespace: string): Promise<Inventory> {
  const list = async (...words: readonly string[]): Promise<readonly Item[]> =>
    (await kubectl.json<{ readonly items: readonly Item[] }>(['get', ...words], { timeout: 120_000 })).items;
  const cluster = await list(clusterKinds.join(','));
  // What is in a namespace that goes, goes with it, sooner or later.
  const going = new Set(cluster.filter(({ kind, metadata }) => kind === 'Namespace' && isGoing(metadata)).map(nameItem));
  const inside = (await list(namespacedKinds.join(','), '--all-namespaces')).filter(
    ({ metadata }) => !going.has(`Namespace ${metadata.namespace}`),
  );
  const own = [...cluster, ...inside].filter((item) => !belongsToAnother(item, namespace));
  return new Map(own.map((item) => [nameItem(item), describeItem(item)]));
}

function nameItem({ kind, metadata: { name, namespace } }: Item): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

function belongsToAnother({ kind, metadata, spec }: Item, namespace: string): boolean {
  // What is in that of the lab goes with it.
  if (metadata.namespace !== undefined) return metadata.namespace.startsWith('lab-');
  if (kind === 'Namespace') return metadata.name.startsWith('lab-') && metadata.name !== namespace;
  return spec?.claimRef?.namespace !== undefined && spec.claimRef.namespace !== namespace;
}

function isGoing({ deletionTimestamp }: Item['metadata']): boolean {
  return deletionTimestamp !== undefined;
}

/** Of what is on its way out already: it may go. */
const leaving = 'leaving';

function describeItem({ kind, metadata, data, rules, roleRef, subjects, webhooks, spec }: Item): string {
  if (isGoing(metadata)) return leaving;
  if (kind === 'StorageClass') return String(metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true');
  // A volume gets claims, and loses them.
  if (kind === 'PersistentVolume' || kind === 'Namespace') return '';
  if (kind !== 'Node') return JSON.stringify({ data, rules, roleRef, subjects, webhooks, spec });
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
      if (old === undefined || old === leaving || old === value) return [];
      return [`${name} has changed: ${describeChange(old, value)}`];
    }),
  ];
}

/** Which part of an object has changed, and how, where that is short enough to be read. */
function describeChange(old: string, value: string): string {
  const [before, after] = [old, value].map((text) =>
    text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : undefined,
  );
  const say = (was: unknown, is: unknown): string => `${String(was)} is now ${String(is)}`;
  if (before === undefined || after === undefined) return say(old, value);
  const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((part) => {
    const [was, is] = [before, after].map((fields) => JSON.stringify(fields[part]) ?? 'nothing');
    return was === is ? [] : [(was ?? '').length + (is ?? '').length > 200 ? part : `${part}: ${say(was, is)}`];
  });
  return changed.join(', ');
}
