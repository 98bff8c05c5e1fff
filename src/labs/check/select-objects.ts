import type { z } from 'zod';
import type { objectFields } from '../lab-fields.ts';
import { filterByFields } from './match.ts';
import { matchInTime } from './match-time.ts';
import { hasLabels, nameOf, type KubeObject, type Snapshot } from '../snapshot.ts';

/** Which objects are meant. */
export type ObjectSelector = {
  readonly [Field in keyof typeof objectFields]?: z.output<(typeof objectFields)[Field]> | undefined;
} & {
  readonly apiVersion: string;
  readonly kind: string;
};

/** The objects that a name, labels and fields select, sorted by name. @throws ApiError, MatchInvalid, FieldPathInvalid, and as matchInTime does */
export async function selectObjects(
  selector: ObjectSelector,
  snapshot: Snapshot,
  namespace: string,
): Promise<readonly KubeObject[]> {
  const { apiVersion, kind, name, labels = {}, where = {} } = selector;
  const objects = await snapshot.list({ apiVersion, kind, namespace: selector.namespace ?? namespace });
  const named = objects.filter((object) => (name === undefined || nameOf(object) === name) && hasLabels(object, labels));
  if (Object.keys(where).length === 0) return named;
  return matchInTime(() => filterByFields(where, named));
}

/** The selector as people write it: a name, or labels. */
export function describeSelector({ name, labels = {} }: Pick<ObjectSelector, 'name' | 'labels'>): string {
  return (
    name ??
    Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(',')
  );
}
