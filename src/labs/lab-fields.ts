import semver from 'semver';
import { z } from 'zod';
import { map, text } from '../cluster/spec-fields.ts';
import type { Milliseconds } from '../exec/runner.ts';
import type { Language } from './language.ts';

/** A short text in every language, of at most so many characters. */
export function localized(what: string, most = 2000) {
  const short = (language: string) => text(`${what}, in ${language}`).max(most, `expected at most ${most} characters`);
  return map({ en: short('English').describe('In English.'), ko: short('Korean').describe('In Korean.') });
}

/** The name that something is shown by, on a line of its own. */
export function title() {
  return localized('a title', 120);
}
export type Localized = Readonly<Record<Language, string>>;

/** kebab-case; never changes once published, because progress and grades are kept under it. */
export function labId() {
  const error = 'expected an id of lower-case letters, digits and single hyphens, beginning with a letter';
  return (
    z
      .string(error)
      .regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, { error, abort: true })
      .max(50, error)
      // Ids become keys of plain objects, which have this one already.
      .refine((id) => id !== 'constructor', 'this id is not allowed, as it means something else in many programs')
  );
}

/** `10s`, `2m` or `500ms`, at most half an hour unless said otherwise; becomes milliseconds. */
export function duration(longest: Milliseconds = 30 * 60_000) {
  const error = `expected a duration such as 500ms, 10s or 2m, of at most ${longest / 60_000}m`;
  return z
    .string(error)
    .regex(/^[1-9][0-9]{0,5}(?:ms|s|m)$/, { error, abort: true })
    .transform(milliseconds)
    .refine((value) => value <= longest, { error, abort: true });
}

function milliseconds(value: string): number {
  const number = Number.parseInt(value, 10);
  if (value.endsWith('ms')) return number;
  return number * (value.endsWith('m') ? 60_000 : 1000);
}

/** What `${NAME}` may stand for: texts name it as often as they like. */
export const longestValue = 4 * 1024;

export function variableValue() {
  return text('a value').max(longestValue, `expected a value of at most ${longestValue / 1024} KiB`);
}

/** A path in the lab's own folder: relative, with forward slashes, and never out of it. */
export function labPath() {
  const error = 'expected the path of a file in the lab, such as files/web.yaml';
  return z
    .string(error)
    .max(200, error)
    .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_][A-Za-z0-9._-]*)*$/, error);
}

/**
 * Where a script runs: a node by name, or all of a kind. The host is none of them: nothing that a lab holds runs there.
 * `control-plane` is the first one; `nfs-server` is the storage node, or the first control plane where there is none.
 */
export function target() {
  const error = 'expected control-plane, workers, nodes, nfs-server, or a node such as worker1';
  return z
    .string(error)
    .regex(/^(?:control-plane|workers|nodes|nfs-server|(?:control|worker|storage|etcd)[1-9][0-9]{0,2})$/, error);
}

/** What `target` takes, for whoever writes a lab. */
export const targetText =
  'A node such as worker1; control-plane, which is the first one; workers; nodes, which are both; or nfs-server.';

/** A kind or a name that becomes an argument of kubectl: never a flag such as `--all`, and never a list. */
export function kubectlName(what: string) {
  const error = `expected ${what}`;
  return z.string(error).regex(/^[A-Za-z0-9](?:[A-Za-z0-9.:_-]{0,252})$/, error);
}

/**
 * The kind of objects that a lab may remove outside of its namespace, as kubectl takes it. No lab makes nodes, and its one
 * namespace is made and removed by kubelab.
 */
export function clusterKind() {
  return kubectlName('a kind').refine(
    (kind) => !['no', 'node', 'nodes', 'ns', 'namespace', 'namespaces'].includes(kind.toLowerCase().split('.')[0] ?? ''),
    'a lab removes no nodes, and no namespace but its own',
  );
}

/** One argument of a command: any text, such as a script of several lines for `sh -c`. */
export function word() {
  const error = 'expected an argument of at most 16 KiB';
  return z
    .string(error)
    .max(16 * 1024, error)
    .refine((value) => !value.includes('\0'), error);
}

/** The name of a variable, as texts, manifests and scripts use it: `${TOKEN}`. */
export function variableName() {
  const error = 'expected a name in capitals, such as TOKEN';
  return z.string(error).regex(/^[A-Z][A-Z0-9_]{0,40}$/, error);
}

/** A range of Kubernetes versions, as npm writes them. */
export function versionRange() {
  const error = 'expected a range of versions, such as ">=1.24 <1.38"';
  return z.string(error).refine((value) => value.trim() !== '' && semver.validRange(value) !== null, error);
}

/** A script: written here, or in a file of the lab. */
export const scriptFields = {
  run: z
    .string('expected a script')
    .min(1, 'expected a script')
    .max(64 * 1024, 'expected a script of at most 64 KiB')
    .optional()
    .describe(
      'A shell script, run as root by sh -eu. It reads the variables of the attempt from its environment, such as $TOKEN.',
    ),
  script: labPath().optional().describe('The same in a file of the lab, instead of run.'),
};

/** An object of Kubernetes: which ones are meant, by name, labels or fields. Without any of them: all of the kind. */
export const objectFields = {
  apiVersion: text('the apiVersion, such as apps/v1').prefault('v1').describe('Its API version, such as apps/v1.'),
  kind: text('the kind, such as Pod').describe('Its kind, such as Pod.'),
  namespace: text('a namespace').optional().describe("Its namespace; without it, the lab's own. Kinds that have none ignore it."),
  name: text('a name').optional().describe('Its name.'),
  labels: z
    .record(z.string(), z.string('expected a text'), 'expected a map of labels')
    .optional()
    .describe('Labels that it has.'),
  where: z
    .record(z.string(), z.unknown(), 'expected a map of field paths to values')
    .optional()
    .describe('Field paths with the value that each has, such as {spec.claimRef.name: data}. Selects; match judges.'),
};

export function fieldPath() {
  return text('a field path, such as spec.nodeName').describe('The path of the field, such as spec.nodeName.');
}

/** One field of one object: what an answer is compared with, and what a step remembers. */
export const fieldOfObject = map({
  ...objectFields,
  path: fieldPath(),
});
export type FieldOfObject = z.output<typeof fieldOfObject>;
