import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { extract } from 'tar';
import { KubelabError } from '../../errors/errors.ts';
import { explainDiskErrors } from '../part.ts';
import type { Store } from '../store.ts';
import type { Stored } from '../stored.ts';

const memberLimit = 512 * 1024 * 1024;
const countLimit = 1_000;

/**
 * Unpacks the named files of a tarball into the store. Nothing else of it is written, and a tarball that holds links,
 * devices or paths that leave it is refused whole.
 * @param members paths as the tarball has them, without a leading `./`.
 * @throws KubelabError `KL-SOURCE-DIGEST` when it is refused or a member is not in it.
 */
export async function unpackMembers(options: {
  readonly file: string;
  /** What it is, for errors. */
  readonly what: string;
  readonly members: readonly string[];
  readonly store: Store;
  /** Where a temporary folder may be made. */
  readonly folder: string;
}): Promise<ReadonlyMap<string, Stored>> {
  await mkdir(options.folder, { recursive: true });
  const work = await mkdtemp(join(options.folder, 'unpack-'));
  try {
    await extractMembers(options, work);
    const found = new Map<string, Stored>();
    for (const member of options.members) {
      const stored = await options.store.adopt(join(work, member)).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw unusable(options.what, `it does not hold ${member}`);
        throw error;
      });
      found.set(member, stored);
    }
    return found;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function extractMembers(options: { file: string; what: string; members: readonly string[] }, cwd: string): Promise<void> {
  const wanted = new Set(options.members);
  let objection: string | undefined;
  let count = 0;
  const filter = (path: string, entry: object): boolean => {
    count += 1;
    objection ??= count > countLimit ? 'it holds too many files' : objectTo(path, entry);
    return objection === undefined && wanted.has(path.replace(/^\.\//, ''));
  };
  await explainDiskErrors(() => extract({ file: options.file, cwd, strict: true, preserveOwner: false, filter })).catch(
    (error: unknown) => {
      if (error instanceof KubelabError) throw error;
      objection ??= error instanceof Error ? error.message : String(error);
    },
  );
  if (objection !== undefined) throw unusable(options.what, objection);
}

function objectTo(path: string, entry: object): string | undefined {
  const { type, size } = entry as { type?: string; size?: number };
  if (type !== 'File' && type !== 'OldFile' && type !== 'Directory') return `${path} is neither a file nor a folder`;
  if (path.startsWith('/') || path.split('/').includes('..')) return `${path} leads out of it`;
  return (size ?? 0) > memberLimit ? `${path} is too large` : undefined;
}

function unusable(what: string, why: string): KubelabError {
  return new KubelabError('KL-SOURCE-DIGEST', `${what} can not be used: ${why}`);
}
