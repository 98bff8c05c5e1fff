import { z } from 'zod';
import { readForm } from '../../cluster/read-form.ts';
import { compareText } from '../../cluster/compare-text.ts';
import { choice, map, text } from '../../cluster/spec-fields.ts';
import { digestOfBytes } from '../../artifacts/store.ts';
import { KubelabError } from '../../errors/errors.ts';
import type { Pack } from './pack.ts';

export const lockFile = 'pack.lock';

/** Who a pack is for: learners get it without solutions and wrong answers. */
export const packBuilds = ['learner', 'instructor'] as const;
export type PackBuild = (typeof packBuilds)[number];

const lockSchema = map({
  apiVersion: choice(['labpack/v1']),
  kind: choice(['PackLock']),
  name: text('the name of the pack'),
  version: text('the version of the pack'),
  build: choice(packBuilds),
  /** The version of kubelab that wrote it. */
  kubelab: text('a version of kubelab'),
  /** The digest of every other file, by its path. */
  files: z.record(
    z.string(),
    z.string('expected a digest').regex(/^sha256:[0-9a-f]{64}$/, 'expected a digest such as sha256:0123...'),
    'expected a map of files to digests',
  ),
});

/** What a pack holds, file by file. It has no times in it, so that the same files give the same lock. */
export type PackLock = z.output<typeof lockSchema>;

export function makeLock(
  pack: Pick<Pack, 'name' | 'version'>,
  made: Pick<PackLock, 'build' | 'kubelab'>,
  files: ReadonlyMap<string, Uint8Array>,
): PackLock {
  const digests = [...files.keys()].toSorted(compareText).map((path) => [path, digestOfBytes(files.get(path) ?? '')]);
  return {
    apiVersion: 'labpack/v1',
    kind: 'PackLock',
    name: pack.name,
    version: pack.version,
    ...made,
    files: Object.fromEntries(digests) as PackLock['files'],
  };
}

export function renderLock(lock: PackLock): string {
  return `${JSON.stringify(lock, undefined, 2)}\n`;
}

/** @throws KubelabError `KL-PACK-INVALID` */
export function parseLock(content: string): PackLock {
  // JSON is YAML too, and read as such it can neither name a key twice nor one that changes all objects.
  const { value, document, findings } = readForm(content, { schema: lockSchema, empty: 'expected a lock', example: 'name' });
  if (value !== undefined) return value;
  const details = findings.slice(0, 10).map(({ offset, text }) => `${lockFile}:${document.position(offset)} ${text}`);
  throw new KubelabError('KL-PACK-INVALID', `${lockFile} is not one that kubelab lab pack writes`, { details });
}

/** Whether two locks are of the same files, whichever kubelab wrote them. */
export function isSameContent(one: PackLock, other: PackLock): boolean {
  const content = (lock: PackLock): string => JSON.stringify({ ...lock, kubelab: '', files: sortFiles(lock.files) });
  return content(one) === content(other);
}

function sortFiles(files: PackLock['files']): [string, string][] {
  return Object.entries(files).toSorted(([one], [other]) => compareText(one, other));
}
