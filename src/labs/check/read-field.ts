import { showText } from '../../cluster/yaml-document.ts';
import { KubelabError } from '../../errors/errors.ts';
import { interpolateAll, type Values } from '../interpolate.ts';
import type { LabCluster } from '../lab-cluster.ts';
import { type FieldOfObject, longestValue } from '../lab-fields.ts';
import { readFieldPath, valueText } from '../field-path.ts';
import { selectObjects } from './select-objects.ts';
import { createSnapshots, type Snapshot } from '../snapshot.ts';

/**
 * A field of the first object selected that has it, as text: what a step remembers.
 * @returns undefined when there is none.
 * @throws ApiError, UnknownPlaceholder
 * @throws KubelabError `KL-LAB-INVALID` for a text that is too long to be a value.
 */
export async function readField(input: {
  readonly field: FieldOfObject;
  readonly namespace: string;
  readonly values: Values;
  readonly cluster: LabCluster;
}): Promise<string | undefined> {
  const field = interpolateAll(input.field, input.values, 'a field to remember');
  const value = await readFieldFrom(field, createSnapshots(input.cluster.api).take(), input.namespace);
  if (value === undefined || value.length <= longestValue) return value;
  const what = `${showText(field.path)} of ${showText(field.kind)} is larger than ${longestValue / 1024} KiB, which no value may be.`;
  throw new KubelabError('KL-LAB-INVALID', what);
}

/** The same from a snapshot, of a field whose names are filled in. */
export async function readFieldFrom(field: FieldOfObject, snapshot: Snapshot, namespace: string): Promise<string | undefined> {
  for (const object of await selectObjects(field, snapshot, namespace)) {
    const value = readFieldPath(object, field.path);
    if (value === undefined || value === null) continue;
    return valueText(value);
  }
  return undefined;
}
