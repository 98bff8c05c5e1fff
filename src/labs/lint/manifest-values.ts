import { KubelabError } from '../../errors/errors.ts';
import { fieldAt } from '../field-path.ts';
import { placeholdersIn } from '../interpolate.ts';
import type { FieldProblem } from './api-paths.ts';
import { type ManifestObject, readObjects } from './manifest-objects.ts';

/** Whether a problem with the value of a field of one of the objects is one whatever the lab's variables turn out to be. */
export type IsCertain = (object: ManifestObject, problem: FieldProblem) => boolean;

/** Says so of the objects of a manifest, which is read once more where there is something to say. */
export function openDoubts(file: string, text: string, objects: readonly ManifestObject[]): IsCertain {
  let others: ReadonlyMap<ManifestObject, ManifestObject | undefined> | undefined;
  return (object, { path, wanted }) => {
    if (wanted === undefined) return true;
    const value = fieldAt(object.data, ...path);
    if (kubectlReads(value, wanted) && !isQuoted(object, path)) return false;
    others ??= pair(objects, readOtherwise(file, text));
    return fieldAt(others.get(object)?.data, ...path) === value;
  };
}

/** The same objects with other values in them: what is the same in both is made of no placeholder. */
function readOtherwise(file: string, text: string): readonly ManifestObject[] {
  const values = Object.fromEntries(placeholdersIn(text).map((name) => [name, 'kubelab-known-later']));
  try {
    return readObjects(file, text, values).objects;
  } catch (error) {
    if (error instanceof KubelabError) return [];
    throw error;
  }
}

function pair(objects: readonly ManifestObject[], others: readonly ManifestObject[]) {
  return new Map(others.length === objects.length ? objects.map((object, index) => [object, others[index]]) : []);
}

/** Whether kubectl, which reads YAML 1.1, takes an unquoted text for what is wanted. */
function kubectlReads(value: unknown, wanted: FieldProblem['wanted']): boolean {
  if (typeof value !== 'string') return false;
  if (wanted === 'truth') return /^(?:y|yes|n|no|on|off)$/i.test(value);
  return (wanted === 'whole' || wanted === 'number') && /^[-+]?(?:0b)?[0-9][0-9_]*$/.test(value);
}

function isQuoted({ document, path, text }: ManifestObject, inner: FieldProblem['path']): boolean {
  return /["'|>]/.test(text[document.offsetOf([...path, ...inner])] ?? '');
}
