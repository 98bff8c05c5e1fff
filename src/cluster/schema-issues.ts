import { z } from 'zod';
import { nearest } from './near-miss.ts';
import { type Finding, showText, type YamlDocument, type YamlPath } from './yaml-document.ts';

type Issue = z.core.$ZodIssue;

/** Nobody reads of more of them in one map, and a file has room for very many. */
const maxUnknownKeys = 100;

/** What issues are described by: the schema that found them, and better words where there are any. */
export interface Explained {
  readonly schema: z.ZodType;
  explain?(path: YamlPath, document: YamlDocument): string | undefined;
}

interface Subject extends Explained {
  readonly document: YamlDocument;
}

/** Turns what the schema found into sentences for people, each with its place in the file. */
export function describeIssues(issues: readonly Issue[], document: YamlDocument, explained: Explained): Finding[] {
  const { schema, explain } = explained;
  const subject: Subject = { schema, document, ...(explain === undefined ? {} : { explain }) };
  return issues.flatMap((issue) => describeIssue(issue, issue.path as YamlPath, subject));
}

/** @param path where the issue is from the root; issues within a union know only the path from there. */
function describeIssue(issue: Issue, path: YamlPath, subject: Subject): Finding[] {
  const { document } = subject;
  if (issue.code === 'unrecognized_keys') return describeUnknownKeys(issue.keys, path, subject);
  if (issue.code === 'invalid_key') {
    const message = issue.issues[0]?.message ?? issue.message;
    const parent = sayPath(path.slice(0, -1));
    return [{ offset: document.offsetOfKey(path), text: `${parent}: ${message}, found ${showText(String(path.at(-1)))}` }];
  }
  if (issue.code === 'invalid_union') {
    const branch = pickBranch(issue, path, document);
    // Where the value has the wrong kind for every branch, the union's own words name them all.
    if (branch !== undefined)
      return branch.flatMap((inner) => describeIssue(inner, [...path, ...(inner.path as YamlPath)], subject));
  }
  return [{ offset: document.offsetOf(path), text: `${sayPath(path)}: ${sayProblem(issue, path, subject)}` }];
}

/**
 * The branch of a union that was meant, where that is certain: for a map, the one that takes maps and knows most of
 * what is written; for a text in the right form, its own.
 */
function pickBranch(issue: z.core.$ZodIssueInvalidUnion, path: YamlPath, document: YamlDocument): Issue[] | undefined {
  if (document.show(path) !== 'a map') return issue.errors.find((branch) => branch.every((inner) => inner.code === 'custom'));
  const written = Object.keys(valueAt(document.data, path) as object);
  const branches = issue.errors
    .filter((branch) =>
      branch.every(({ path: inner, code }) => inner.length > 0 || code === 'unrecognized_keys' || code === 'custom'),
    )
    .map((branch) => ({ branch, unknown: countUnknown(branch), missing: countMissing(branch, written) }))
    .toSorted((one, other) => one.unknown - other.unknown || one.missing - other.missing);
  const [best] = branches;
  // A map of which no branch knows anything may have been meant for any of them.
  return branches.length > 1 && best?.unknown === written.length ? undefined : best?.branch;
}

function countUnknown(branch: readonly Issue[]): number {
  return branch.reduce(
    (sum, issue) => sum + (issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys.length : 0),
    0,
  );
}

function countMissing(branch: readonly Issue[], written: readonly string[]): number {
  return branch.filter(({ path }) => path.length === 1 && !written.includes(String(path[0]))).length;
}

function sayProblem(issue: Issue, path: YamlPath, subject: Subject): string {
  const found = subject.document.show(path);
  if (found === undefined && issue.code !== 'custom') return `missing, ${issue.message}`;
  const better = subject.explain?.(path, subject.document);
  if (better !== undefined) return better;
  if (!issue.message.startsWith('expected')) return issue.message;
  const near = nearMiss(issue, path, subject);
  return `${issue.message}, found ${found ?? 'nothing'}${near === undefined ? '' : `; did you mean ${near}?`}`;
}

/** The word that was meant: for a text one of the choices, for a map that fits no branch of a union one of their keys. */
function nearMiss(issue: Issue, path: YamlPath, { schema, document }: Subject): string | undefined {
  const value = valueAt(document.data, path);
  if (typeof value === 'string') return nearest(value, choicesOf(issue));
  if (issue.code !== 'invalid_union' || document.show(path) !== 'a map') return undefined;
  const known = knownKeys(schema, path, document.data);
  return Object.keys(value as object)
    .slice(0, 10)
    .flatMap((key) => nearest(key, known) ?? [])[0];
}

function describeUnknownKeys(keys: readonly string[], parent: YamlPath, subject: Subject): Finding[] {
  const { schema, document } = subject;
  // Once for all of them: of a union, it takes time to tell what it knows.
  const known = knownKeys(schema, parent, document.data);
  const described = keys.slice(0, maxUnknownKeys).map((key) => describeUnknownKey(key, known, parent, subject));
  const next = keys[maxUnknownKeys];
  if (next === undefined) return described;
  const prefix = parent.length === 0 ? '' : `${sayPath(parent)}: `;
  const count = keys.length - maxUnknownKeys;
  const rest = { offset: document.offsetOfKey([...parent, next]), text: `${prefix}unknown keys: and ${count} more`, count };
  return [...described, rest];
}

function describeUnknownKey(key: string, known: readonly string[], parent: YamlPath, { document }: Subject): Finding {
  const prefix = parent.length === 0 ? '' : `${sayPath(parent)}: `;
  const offset = document.offsetOfKey([...parent, key]);
  if (known.includes(key)) {
    // Several branches of a union know something of this map, and none of them all of it.
    const others = Object.keys(valueAt(document.data, parent) as object).filter(
      (other) => other !== key && known.includes(other),
    );
    return { offset, text: `${prefix}the key ${showText(key)} does not go with ${others.map(showText).join(', ')}` };
  }
  const near = nearest(key, known);
  const hint = near === undefined ? `; known here: ${known.join(', ')}` : `; did you mean "${near}"?`;
  return { offset, text: `${prefix}unknown key ${showText(key)}${hint}` };
}

/** The words that would have been right, if the issue is about a choice of words. */
function choicesOf(issue: Issue): string[] {
  if (issue.code === 'invalid_union')
    return issue.errors
      .flat()
      .filter(({ path }) => path.length === 0)
      .flatMap(choicesOf);
  return issue.code === 'invalid_value' ? issue.values.filter((value) => typeof value === 'string') : [];
}

/** The keys that the schema knows for the map at the path. */
function knownKeys(schema: unknown, path: YamlPath, data: unknown): string[] {
  const inner = unwrap(schema);
  const [head, ...rest] = path;
  if (inner instanceof z.ZodUnion)
    return [...new Set(likelyOptions(inner.options, data).flatMap((option) => knownKeys(option, path, data)))];
  const next = head === undefined ? undefined : valueAt(data, [head]);
  if (inner instanceof z.ZodArray) return knownKeys(inner.element, rest, next);
  if (inner instanceof z.ZodRecord) return knownKeys(inner.valueType, rest, next);
  if (!(inner instanceof z.ZodObject)) return [];
  const shape = inner.shape as Record<string, unknown>;
  return head === undefined ? Object.keys(shape) : knownKeys(shape[head], rest, next);
}

/** The branches of a union that know most keys of what is written. */
function likelyOptions(options: readonly unknown[], data: unknown): unknown[] {
  const written: object = typeof data === 'object' && !Array.isArray(data) ? (data ?? {}) : {};
  // Known keys are few, and what is written may be very much: it is not gone through for every issue below it.
  const counts = options.map((option) => knownKeys(option, [], data).filter((key) => Object.hasOwn(written, key)).length);
  return options.filter((_, index) => counts[index] === Math.max(...counts));
}

/** The schema under defaults, optionality and transforms. */
export function unwrap(schema: unknown): unknown {
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault || schema instanceof z.ZodOptional)
    return unwrap(schema.unwrap());
  return schema instanceof z.ZodPipe ? unwrap(schema.in) : schema;
}

function valueAt(data: unknown, path: YamlPath): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string | number, unknown> | null | undefined)?.[key], data);
}

/** `workers.disks[0]`; keys that are not plain words are quoted. */
export function sayPath(path: YamlPath): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      if (!/^[A-Za-z0-9_-]+$/.test(part)) return `[${showText(part)}]`;
      return index === 0 ? part : `.${part}`;
    })
    .join('');
}
