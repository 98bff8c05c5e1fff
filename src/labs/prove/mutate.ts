import { type Document, isMap, isScalar, isSeq, parseAllDocuments } from 'yaml';

/** A manifest with one field dropped or changed. */
export interface Mutant {
  /** `Pod count: spec.volumes[0].emptyDir.medium dropped`. */
  readonly what: string;
  readonly text: string;
}

type Path = readonly (string | number)[];

/** What names an object says which one it is; another name is another object, and not a slip in this one. */
const naming = new Set(['apiVersion', 'kind', 'metadata.name', 'metadata.namespace']);

/** Every manifest that differs from this one in a single field: dropped, or with another value. */
export function listMutants(manifest: string): Mutant[] {
  return listChanges(hide(manifest)).map(({ what, text }) => ({ what: show(what), text: show(text) }));
}

/** The manifest as mutants have it, with nothing changed: it means the same as before, or no mutant of it says anything. */
export function writeAgain(manifest: string): string {
  return show(change(hide(manifest), 0, () => undefined));
}

/** A value that is put in later may stand where its curly brackets would mean a map to YAML. */
function hide(manifest: string): string {
  return manifest.replaceAll(/\$\{([^{}\n]+)\}/g, '__later_$1__');
}

function show(text: string): string {
  return text.replaceAll(/__later_(.+?)__/g, '${$1}');
}

function listChanges(manifest: string): Mutant[] {
  const documents = readDocuments(manifest);
  return documents.flatMap((document, index) => {
    const about = `${String(document.get('kind'))} ${String(document.getIn(['metadata', 'name']))}`;
    return listPaths(document.contents, []).flatMap(({ path, leaf }) => {
      if (naming.has(path.join('.'))) return [];
      const dropped = { what: `${about}: ${showPath(path)} dropped`, text: change(manifest, index, (one) => one.deleteIn(path)) };
      if (leaf === undefined) return [dropped];
      const value = otherValue(leaf.value);
      const text = change(manifest, index, (one) => one.setIn(path, value));
      return [dropped, { what: `${about}: ${showPath(path)} is ${JSON.stringify(value)}`, text }];
    });
  });
}

/** Kubernetes reads YAML 1.1, where a mode of 0755 is octal. */
function readDocuments(manifest: string): Document[] {
  return parseAllDocuments(manifest, { version: '1.1' }).filter((document) => document.contents !== null);
}

function change(manifest: string, index: number, edit: (document: Document) => unknown): string {
  const documents = readDocuments(manifest);
  const document = documents[index];
  if (document !== undefined) edit(document);
  return documents.map((one) => one.toString({ directives: false })).join('---\n');
}

interface Place {
  readonly path: Path;
  /** The value of a field that has no fields of its own. */
  readonly leaf?: { readonly value: unknown };
}

function listPaths(node: unknown, path: Path): Place[] {
  const own = path.length === 0 ? [] : [isScalar(node) ? { path, leaf: { value: node.value } } : { path }];
  if (isMap(node)) return [...own, ...node.items.flatMap(({ key, value }) => listPaths(value, [...path, keyOf(key)]))];
  if (isSeq(node)) return [...own, ...node.items.flatMap((item, index) => listPaths(item, [...path, index]))];
  return own;
}

function keyOf(key: unknown): string {
  return String(isScalar(key) ? key.value : key);
}

/** A wrong value of the same kind, so that it is the meaning that differs and not the form. */
function otherValue(value: unknown): unknown {
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return value + 1;
  const text = String(value);
  // Quantities and durations stay what they are.
  const amount = /^(\d+)([A-Za-z]*)$/.exec(text);
  return amount === null ? `${text}x` : `${Number(amount[1]) * 2 + 1}${amount[2] ?? ''}`;
}

function showPath(path: Path): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${part}`)).join('');
}

/** One of several parts of about the same size. */
export interface Shard {
  /** From 1 to `count`. */
  readonly index: number;
  readonly count: number;
}

/** Every so many-th, so that each part has as much of every manifest. */
export function takeShard<T>(all: readonly T[], { index, count }: Shard = { index: 1, count: 1 }): readonly T[] {
  return all.filter((_, place) => place % count === index - 1);
}
