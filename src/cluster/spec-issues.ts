import { z } from 'zod';
import { nearest } from './near-miss.ts';
import { type Finding, showText, type SpecDocument, type SpecPath } from './spec-document.ts';
import { specSchema } from './spec.ts';

type Issue = z.core.$ZodIssue;

/** Turns what the schema found into sentences for people, each with its place in the file. */
export function describeIssues(issues: readonly Issue[], document: SpecDocument): Finding[] {
  return issues.flatMap((issue) => describeIssue(issue, issue.path as SpecPath, document));
}

/** @param path where the issue is from the root; issues within a union know only the path from there. */
function describeIssue(issue: Issue, path: SpecPath, document: SpecDocument): Finding[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => describeUnknownKey(key, path, document));
  if (issue.code === 'invalid_key') {
    const message = issue.issues[0]?.message ?? issue.message;
    const parent = sayPath(path.slice(0, -1));
    return [{ offset: document.offsetOfKey(path), text: `${parent}: ${message}, found ${showText(String(path.at(-1)))}` }];
  }
  if (issue.code === 'invalid_union') {
    const branch = pickBranch(issue, path, document);
    // Where the value has the wrong kind for every branch, the union's own words name them all.
    if (branch !== undefined)
      return branch.flatMap((inner) => describeIssue(inner, [...path, ...(inner.path as SpecPath)], document));
  }
  return [{ offset: document.offsetOf(path), text: `${sayPath(path)}: ${sayProblem(issue, path, document)}` }];
}

/** The branch of a union that was meant, where that is certain: for a map, the one that takes maps; for a text in the right form, its own. */
function pickBranch(issue: z.core.$ZodIssueInvalidUnion, path: SpecPath, document: SpecDocument): Issue[] | undefined {
  if (document.show(path) === 'a map')
    return issue.errors.find((branch) =>
      branch.every((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys' || inner.code === 'custom'),
    );
  return issue.errors.find((branch) => branch.every((inner) => inner.code === 'custom'));
}

function sayProblem(issue: Issue, path: SpecPath, document: SpecDocument): string {
  const found = document.show(path);
  if (found === undefined && issue.code !== 'custom') return `missing, ${issue.message}`;
  const typed = document.typedNumber(path);
  if (path.join('.') === 'kubernetes' && typed !== undefined)
    return `the version needs quotes: write "${typed}". Without them it is read as a number, and 1.30 becomes 1.3`;
  if (!issue.message.startsWith('expected')) return issue.message;
  const near =
    typeof valueAt(document.data, path) === 'string'
      ? nearest(String(valueAt(document.data, path)), choicesOf(issue))
      : undefined;
  return `${issue.message}, found ${found ?? 'nothing'}${near === undefined ? '' : `; did you mean ${near}?`}`;
}

function describeUnknownKey(key: string, parent: SpecPath, document: SpecDocument): Finding {
  const known = knownKeys(specSchema, parent);
  const near = nearest(key, known);
  const prefix = parent.length === 0 ? '' : `${sayPath(parent)}: `;
  const hint = near === undefined ? `; known here: ${known.join(', ')}` : `; did you mean "${near}"?`;
  return { offset: document.offsetOfKey([...parent, key]), text: `${prefix}unknown key ${showText(key)}${hint}` };
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
function knownKeys(schema: unknown, path: SpecPath): string[] {
  const inner = unwrap(schema);
  const [head, ...rest] = path;
  if (inner instanceof z.ZodUnion) return inner.options.flatMap((option) => knownKeys(option, path));
  if (inner instanceof z.ZodArray) return knownKeys(inner.element, rest);
  if (inner instanceof z.ZodRecord) return knownKeys(inner.valueType, rest);
  if (!(inner instanceof z.ZodObject)) return [];
  const shape = inner.shape as Record<string, unknown>;
  return head === undefined ? Object.keys(shape) : knownKeys(shape[head], rest);
}

/** The schema under defaults, optionality and transforms. */
function unwrap(schema: unknown): unknown {
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault || schema instanceof z.ZodOptional)
    return unwrap(schema.unwrap());
  return schema instanceof z.ZodPipe ? unwrap(schema.in) : schema;
}

function valueAt(data: unknown, path: SpecPath): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string | number, unknown> | null | undefined)?.[key], data);
}

/** `workers.disks[0]`; keys that are not plain words are quoted. */
export function sayPath(path: SpecPath): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      if (!/^[A-Za-z0-9_-]+$/.test(part)) return `[${showText(part)}]`;
      return index === 0 ? part : `.${part}`;
    })
    .join('');
}
