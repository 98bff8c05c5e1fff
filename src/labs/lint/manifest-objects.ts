import { readYamlDocument, type YamlDocument, type YamlPath } from '../../cluster/yaml-document.ts';
import { interpolate, placeholdersIn, type Values } from '../interpolate.ts';
import { labLimits } from '../lab-folder.ts';
import type { Lab } from '../lab.ts';
import type { RuleFinding } from './finding.ts';
import { namesAt } from './judge-placeholders.ts';

/** An object of a manifest. */
export interface ManifestObject {
  readonly data: Readonly<Record<string, unknown>>;
  readonly document: YamlDocument;
  /** Where in the document it is: lists hold several. */
  readonly path: YamlPath;
  /** The text of the document. */
  readonly text: string;
}

const mostDocuments = 200;

/** What an image role stands for while lint reads manifests: nothing else looks like it. */
export function sampleImage(role: string): string {
  return `role.kubelab.invalid/${role}`;
}

/** A value for every name that a lab uses, so that its manifests can be read. */
export function sampleValues(lab: Lab): Values {
  const sample = (name: string): string => {
    if (name === 'namespace') return lab.namespace;
    if (name.startsWith('image.')) return sampleImage(name.slice('image.'.length));
    if (name.startsWith('address.')) return '10.0.0.9';
    const variable = lab.vars[name];
    if (variable === undefined) return 'sample';
    if ('value' in variable) return variable.value;
    if ('pick' in variable) return variable.pick[0] ?? 'sample';
    return variable.random === 'port' ? '30080' : 'sample';
  };
  return Object.fromEntries(namesAt(lab, 'after').map((name) => [name, sample(name)]));
}

/** Fills in what has a value, and leaves the rest: LAB009 finds it. @throws KubelabError `KL-LAB-INVALID` */
export function fillInKnown(text: string, values: Values, what = 'a text', limit?: number): string {
  // Only the names that it uses: a lab has thousands of values, and thousands of texts.
  const valueOf = (name: string): string => (Object.hasOwn(values, name) ? values[name] : undefined) ?? 'unknown';
  const used = placeholdersIn(text).map((name) => [name, valueOf(name)] as const);
  return interpolate(text, Object.fromEntries(used), what, limit);
}

/**
 * The objects of a manifest, each document read by itself, and what can not be read.
 * @throws KubelabError `KL-LAB-INVALID` when it is larger than a file may be once its values are filled in.
 */
export function readObjects(file: string, text: string, values: Values): { objects: ManifestObject[]; findings: RuleFinding[] } {
  const objects: ManifestObject[] = [];
  const findings: RuleFinding[] = [];
  const documents = splitDocuments(fillInKnown(text, values, file, labLimits.fileBytes));
  if (documents.length > mostDocuments) {
    const message = `expected at most ${mostDocuments} documents in a manifest, found ${documents.length}`;
    return { objects, findings: [{ rule: 'LAB027', message, at: { file, line: 1, column: 1 } }] };
  }
  for (const [start, own] of documents) {
    // Lines before a document are left empty, so that its places are those in the file.
    const padded = '\n'.repeat(start) + own;
    const document = readYamlDocument(padded);
    for (const { offset, text: message } of document.findings)
      findings.push({ rule: 'LAB027', message, at: { file, ...document.place(offset) } });
    if (document.findings.length > 0 || document.data === null || document.data === undefined) continue;
    const found = findObjects(document.data, { document, text: padded }, []);
    if (found.length === 0)
      findings.push({
        rule: 'LAB027',
        message: 'expected an object of Kubernetes',
        at: { file, ...document.place(document.offsetOf([])) },
      });
    // Not push(...found): more arguments than the stack holds are an error.
    for (const object of found) objects.push(object);
  }
  if (objects.length === 0 && findings.length === 0)
    findings.push({ rule: 'LAB027', message: 'there is nothing in this manifest', at: { file, line: 1, column: 1 } });
  return { objects, findings };
}

/** The documents of a file, each with the number of lines before it. */
function splitDocuments(text: string): (readonly [before: number, text: string])[] {
  const lines = text.split('\n');
  const starts = [-1, ...lines.flatMap((line, index) => (/^---(?:\s|$)/.test(line) ? [index] : []))];
  return starts
    .map((start, index) => [start + 1, lines.slice(start + 1, starts[index + 1])] as const)
    .filter(([, own]) => !own.every((line) => /^\s*(?:#.*)?$/.test(line)))
    .map(([before, own]) => [before, own.join('\n')] as const);
}

function findObjects(data: unknown, source: Pick<ManifestObject, 'document' | 'text'>, path: YamlPath): ManifestObject[] {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return [];
  const object = data as Readonly<Record<string, unknown>>;
  // To kubectl this is what makes a list, whatever its kind is.
  if (Array.isArray(object['items']))
    return object['items'].flatMap((item, index) => findObjects(item, source, [...path, 'items', index]));
  return [{ data: object, path, ...source }];
}
