import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import { showControls } from './plain-text.ts';

/** A path into a file's data: keys and list indexes. */
export type YamlPath = readonly (string | number)[];

/** Something wrong with the file, and the offset where it stands. */
export interface Finding {
  readonly offset: number;
  readonly text: string;
  /** How many things are wrong, where the text sums up several. */
  readonly count?: number;
}

/** A file as YAML: its data, and where everything in it stands. */
export interface YamlDocument {
  /** The plain data; undefined where it can not be had. */
  readonly data: unknown;
  readonly findings: readonly Finding[];
  /** Where the YAML stops making sense; what comes after it can not be judged. */
  readonly brokenFrom: number;
  /** Where the value is, or the nearest thing around it that is written in the file. */
  offsetOf(path: YamlPath): number;
  /** Where the key that ends the path is. */
  offsetOfKey(path: YamlPath): number;
  /** What is written at the path, for an error message; undefined where nothing is. */
  show(path: YamlPath): string | undefined;
  /** The text of a plain number as it was typed: `1.30` stays `1.30`. */
  typedNumber(path: YamlPath): string | undefined;
  /** `line:column`, both from 1. */
  position(offset: number): string;
  place(offset: number): Place;
}

/** Both from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

const maxAliases = 100;
const maxDepth = 50;
const tooManyAliases = `the file uses aliases (*name) more than ${maxAliases} times`;
// A program that copies such keys into objects carelessly changes all objects.
const reservedKeys = new Set(['__proto__', 'constructor', 'prototype']);

/** Reads YAML. Never throws for what the text may hold: all that is wrong is in the findings. */
export function readYamlDocument(text: string): YamlDocument {
  const lines = new LineCounter();
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(Math.max(0, offset));
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const position = (offset: number): string => {
    const { line, column } = place(offset);
    return `${line}:${column}`;
  };
  const parsed = parse(text, lines);
  if (parsed === undefined) return { ...nothingToRead, position, place };
  const { document } = parsed;
  const root = document.contents as Node | null;
  const resolve = rememberTargets(document);
  const structure = inspectStructure(root, resolve, position);
  const findings = [
    ...[...document.errors, ...document.warnings].map(describeProblem),
    ...findVersion(document),
    ...structure.findings,
  ];
  let data: unknown;
  if (structure.sound)
    try {
      data = document.toJS({ maxAliasCount: maxAliases });
    } catch {
      findings.push({ offset: 0, text: tooManyAliases });
    }
  const brokenFrom = document.errors.find(({ code }) => code !== 'MULTIPLE_DOCS')?.pos[0] ?? Infinity;
  return { data, findings, brokenFrom, position, place, ...locatePaths(root, resolve) };
}

/** An older version, if the file asks for it, reads the same text otherwise: with dates, sets and bytes in it. */
function findVersion({ directives }: Pick<Document, 'directives'>): Finding[] {
  const { explicit = false, version = '1.2' } = directives?.yaml ?? {};
  return explicit && version !== '1.2' ? [{ offset: 0, text: `expected YAML 1.2, found a directive for ${version}` }] : [];
}

function describeProblem({ code, message, pos }: YAMLError): Finding {
  const second = code === 'MULTIPLE_DOCS';
  return {
    offset: pos[0],
    text: second ? 'expected one document, and here a second one begins' : `not valid YAML: ${tidy(message)}`,
  };
}

function parse(text: string, lines: LineCounter) {
  try {
    // Duplicate keys are found by inspectStructure, which can say where the first one is.
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false,
      stringKeys: true,
      // Bytes, sets and dates are nothing that a file of ours has.
      resolveKnownTags: false,
      logLevel: 'error',
    });
    return document.errors.some(({ message }) => message.includes('call stack')) ? undefined : { document };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const nothingToRead: Omit<YamlDocument, 'position' | 'place'> = {
  data: undefined,
  findings: [{ offset: 0, text: 'the file is nested too deeply' }],
  brokenFrom: 0,
  offsetOf: () => 0,
  offsetOfKey: () => 0,
  show: () => undefined,
  typedNumber: () => undefined,
};

type Resolve = (node: unknown) => unknown;

/** What a node stands for: an alias for its anchor's node, undefined where it has none, and all else for itself. */
function rememberTargets(document: Document.Parsed): Resolve {
  // Looking for an anchor goes through the whole file, and every path that leads through an alias asks for it.
  const targets = new Map<unknown, unknown>();
  return (node) => {
    if (!isAlias(node)) return node;
    if (!targets.has(node)) targets.set(node, node.resolve(document));
    return targets.get(node);
  };
}

/** Finds keys given twice, reserved keys and loops. Unsound: turning it into data would never end. */
function inspectStructure(
  root: unknown,
  resolve: Resolve,
  position: YamlDocument['position'],
): { findings: Finding[]; sound: boolean } {
  const findings: Finding[] = [];
  let sound = true;
  let aliases = 0;
  const above = new Set<unknown>();
  const seen = new Set<unknown>();
  const visit = (node: unknown): void => {
    // Finding what an alias stands for takes time: with too many of them, no more are asked.
    if (isAlias(node) && ++aliases > maxAliases) {
      if (sound) findings.push({ offset: offsetAt(node), text: tooManyAliases });
      sound = false;
      return;
    }
    const value = resolve(node);
    const problem = judgeNode(node, value, above);
    if (problem !== undefined) {
      findings.push({ offset: offsetAt(node), text: problem });
      sound = false;
      return;
    }
    if (seen.has(value) || (!isMap(value) && !isSeq(value))) return;
    seen.add(value);
    above.add(value);
    if (isMap(value)) inspectKeys(value.items, position, findings);
    for (const item of value.items) visit(isPair(item) ? item.value : item);
    above.delete(value);
  };
  visit(root);
  return { findings, sound };
}

function judgeNode(node: unknown, value: unknown, above: ReadonlySet<unknown>): string | undefined {
  if (isAlias(node) && value === undefined) return 'this alias stands for nothing: no such anchor (&name) comes before it';
  if (above.has(value)) return 'this alias stands for something that it is a part of';
  return above.size > maxDepth ? 'nested too deeply' : undefined;
}

function inspectKeys(pairs: readonly { key: unknown }[], position: YamlDocument['position'], findings: Finding[]): void {
  const first = new Map<string, number>();
  for (const { key } of pairs) {
    const name = keyText(key);
    const offset = offsetAt(key);
    const earlier = first.get(name);
    if (earlier === undefined) first.set(name, offset);
    else findings.push({ offset, text: `the key ${showText(name)} is given twice, first at ${position(earlier)}` });
    if (reservedKeys.has(name)) findings.push({ offset, text: `the key ${showText(name)} is not allowed` });
  }
}

function locatePaths(root: unknown, resolve: Resolve): Pick<YamlDocument, 'offsetOf' | 'offsetOfKey' | 'show' | 'typedNumber'> {
  const known = new WeakMap<YAMLMap, Map<string, { key: unknown; value: unknown }>>();
  const pairsOf = (map: YAMLMap): Map<string, { key: unknown; value: unknown }> => {
    // Of a key that is given twice, the last one is what the data has.
    const pairs = known.get(map) ?? new Map(map.items.map((pair) => [keyText(pair.key), pair]));
    known.set(map, pairs);
    return pairs;
  };
  const step = (node: unknown, key: string | number): { key: unknown; value: unknown } | undefined => {
    const value = resolve(node);
    if (isSeq(value)) return key in value.items ? { key: value.items[Number(key)], value: value.items[Number(key)] } : undefined;
    return isMap(value) ? pairsOf(value).get(String(key)) : undefined;
  };
  /** As far as the path leads, and whether that is all the way. */
  const walk = (path: YamlPath) => {
    let [key, value]: unknown[] = [root, root];
    for (const part of path) {
      const next = step(value, part);
      if (next === undefined) return { key, value, found: false };
      ({ key, value } = next);
    }
    return { key, value, found: true };
  };
  return {
    offsetOf: (path) => {
      const { key, value, found } = walk(path);
      // What is missing is reported at the key of what it is missing from; the root has none and stands for the whole file.
      return offsetAt(found && offsetAt(value) >= 0 ? value : key) || 0;
    },
    offsetOfKey: (path) => offsetAt(walk(path).key),
    show: (path) => {
      const { value, found } = walk(path);
      return found ? showValue(resolve(value)) : undefined;
    },
    typedNumber: (path) => {
      const value = resolve(walk(path).value);
      return isScalar(value) && typeof value.value === 'number' ? value.source : undefined;
    },
  };
}

function offsetAt(node: unknown): number {
  const range = (node as Node | null | undefined)?.range;
  return range?.[0] ?? -1;
}

function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}

function showValue(value: unknown): string {
  if (isMap(value)) return 'a map';
  if (isSeq(value)) return 'a list';
  if (!isScalar(value) || value.value === null) return 'nothing';
  return typeof value.value === 'string' ? showText(value.value) : (value.source ?? JSON.stringify(value.value));
}

/** A text from the file in quotes: short, on one line, and with nothing in it that a terminal would act on. */
export function showText(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 57)}...` : text;
  return showControls(JSON.stringify(short));
}

function tidy(message: string): string {
  const line = message.split('\n', 1)[0]!.replace(/[\p{Cc}\p{Cf}]/gu, '?');
  const short = line.length > 120 ? `${line.slice(0, 117)}...` : line;
  return short.charAt(0).toLowerCase() + short.slice(1);
}
