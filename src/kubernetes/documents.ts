import { stringify } from 'yaml';

/** A YAML document's content: one Kubernetes or kubeadm object. */
export type Fields = Readonly<Record<string, unknown>>;

/** Writes objects as one multi-document YAML text. */
export function renderDocuments(objects: readonly Fields[]): string {
  return objects
    .map((object) =>
      // Go's YAML reader takes on, yes and 010 for booleans and octals as YAML 1.1 does: version 1.1 quotes such strings.
      stringify(object, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false }),
    )
    .join('---\n');
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Lays `over` on `base`: objects are merged key by key, everything else is replaced. */
export function mergeFields(base: Fields, over: Fields): Fields {
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    const below = merged.get(key);
    merged.set(key, isFields(below) && isFields(value) ? mergeFields(below, value) : value);
  }
  return Object.fromEntries(merged);
}
