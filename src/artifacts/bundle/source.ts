import type { FileHandle } from 'node:fs/promises';
import { KubelabError } from '../../errors/errors.ts';
import { minorOf } from '../../kubernetes/versions.ts';
import { playedByToolbox } from '../image-roles.ts';
import { mapParallel } from '../parallel.ts';
import type { Artifact, Lock, Source, SourceContext, Want } from '../source.ts';
import { openStore, type Store } from '../store.ts';
import type { Stored } from '../stored.ts';
import { type BundleInfo, type Content, listContents, totalBytes } from './info.ts';
import { contentPath } from './layout.ts';
import { findGaps } from './match.ts';
import { inspectBundle, readBundleInfo, withBundleFile } from './open.ts';
import { type BundleProgress, countProgress } from './progress.ts';
import { refuseBundle } from './refuse.ts';
import type { Entry } from './scan.ts';
import { ContentDamaged, unpackEntry } from './unpack.ts';

const contentsAtOnce = 4;

/** A file that `createBundle` made, read without any network. What it holds is unpacked into the store. */
export function bundleSource(context: SourceContext, options: { readonly file: string }): Source {
  const store = openStore(context.cache);
  const { file } = options;
  const missing = async (lock: Lock): Promise<readonly Artifact[]> => {
    const found = await Promise.all(
      lock.artifacts.map(async ({ digest }) => (digest === undefined ? undefined : store.use(digest))),
    );
    return lock.artifacts.filter((_, index) => found[index] === undefined);
  };
  return {
    kind: 'bundle',
    versions: async (minor) => {
      const { kubernetes } = (await readBundleInfo(file)).lock;
      return minor === undefined || minor === minorOf(kubernetes) ? [kubernetes] : [];
    },
    resolve: async (want) => resolveLock(file, (await readBundleInfo(file)).lock, want),
    roleImages: (lock, roles) => nameRoleImages(file, lock, roles),
    resolveRoles: (lock, roles) => resolveRoles(file, lock, roles),
    missing,
    obtain: async (lock) => {
      const absent = await missing(lock);
      if (absent.length > 0) await unpackContents({ context, store, file }, (info) => findContents(file, info, absent));
      const stored = await Promise.all(lock.artifacts.map(({ digest }) => store.use(digest ?? '')));
      return { ...lock, artifacts: lock.artifacts.map((artifact, index) => describe(artifact, stored[index])) };
    },
    file: ({ path, digest }) => {
      if (digest === undefined) throw new Error(`${path} has no digest, so that it is from no bundle`);
      return store.pathOf(digest);
    },
  };
}

/**
 * The base box that a bundle holds, unpacked into the store: its key and a tar of its root file system. Undefined when it
 * holds none.
 * @throws KubelabError `KL-BUNDLE-INVALID`
 */
export async function obtainBundleBase(
  context: SourceContext,
  options: { readonly file: string },
): Promise<{ readonly key: string; readonly file: string } | undefined> {
  const { base } = await readBundleInfo(options.file);
  if (base === undefined) return undefined;
  const store = openStore(context.cache);
  const found = await store.use(base.digest);
  const content = { digest: base.digest, bytes: base.bytes, name: 'base box' };
  if (found === undefined) await unpackContents({ context, store, file: options.file }, () => [content]);
  return { key: base.key, file: store.pathOf(base.digest) };
}

function resolveLock(file: string, held: BundleInfo['lock'], want: Want): Lock {
  if (want.kubernetes !== held.kubernetes && want.kubernetes !== minorOf(held.kubernetes))
    throw new KubelabError('KL-VERSION-UNKNOWN', `${file} does not hold Kubernetes ${want.kubernetes}`, {
      details: [`it holds ${held.kubernetes}`],
      cure: `Ask for ${held.kubernetes}, or use another bundle or source.`,
    });
  const gaps = findGaps(held, want);
  if (gaps.length > 0)
    throw refuseBundle(
      file,
      gaps,
      'Ask for what the bundle holds, or make one with kubelab bundle create from a spec that asks for this.',
    );
  return { ...held, source: 'bundle', origin: held.source };
}

/** What a bundle holds for roles in labs; one that was made without has what the cluster's own images can play. */
async function resolveRoles(file: string, lock: Lock, roles: readonly string[]): Promise<Lock> {
  const { labs } = await readBundleInfo(file);
  const held = Object.entries(labs?.images ?? {}).filter(([role]) => roles.includes(role));
  const wanted = new Set(held.map(([, image]) => image));
  return {
    ...lock,
    images: { ...playedByToolbox(lock, roles), ...Object.fromEntries(held) },
    artifacts: (labs?.artifacts ?? []).filter(({ image }) => image !== undefined && wanted.has(image)),
  };
}

/** The images of roles; where the bundle can not be read any more, those that the cluster's nodes have anyway. */
async function nameRoleImages(file: string, lock: Lock, roles: readonly string[]): Promise<Lock['images']> {
  try {
    return (await resolveRoles(file, lock, roles)).images;
  } catch (error) {
    if (error instanceof KubelabError && error.code === 'KL-BUNDLE-INVALID') return playedByToolbox(lock, roles);
    throw error;
  }
}

/** The contents that the artifacts are. */
function findContents(file: string, info: BundleInfo, artifacts: readonly Artifact[]): readonly Content[] {
  const contents = new Map(listContents(info).map((content) => [content.digest, content]));
  const foreign = artifacts.filter(({ digest }) => digest === undefined || !contents.has(digest));
  if (foreign.length > 0) {
    const findings = foreign.map(
      ({ path, digest }) => `it does not hold ${path}${digest === undefined ? '' : ` with ${digest}`}`,
    );
    throw refuseBundle(
      file,
      findings,
      'Use the bundle that kubelab.lock was resolved with, or remove kubelab.lock to resolve anew.',
    );
  }
  const wanted = new Set(artifacts.map(({ digest }) => digest));
  return [...contents.values()].filter(({ digest }) => wanted.has(digest));
}

interface Unpacking {
  readonly context: SourceContext;
  readonly store: Store;
  readonly file: string;
}

/** Unpacks contents into the store. What a run that was cut had finished stays there. */
async function unpackContents(unpacking: Unpacking, choose: (info: BundleInfo) => readonly Content[]): Promise<void> {
  const { context, file } = unpacking;
  await withBundleFile(file, async (handle) => {
    const { info, entries, findings } = await inspectBundle(handle);
    if (info === undefined || findings.length > 0) throw refuseBundle(file, findings);
    const contents = choose(info);
    const count = countProgress(totalBytes(contents), reportTo(context));
    await mapParallel(contents, contentsAtOnce, context.signal, async (content, signal) => {
      const entry = entries.get(contentPath(content.digest));
      if (entry === undefined) throw refuseBundle(file, [`${content.name} is missing`]);
      await unpackContent({ ...unpacking, handle, content, entry }, signal, count);
    });
  });
}

async function unpackContent(
  { file, store, handle, content, entry }: Unpacking & { handle: FileHandle; content: Content; entry: Entry },
  signal: AbortSignal,
  count: (bytes: number) => void,
): Promise<void> {
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of unpackEntry(handle, entry, { bytes: content.bytes, signal })) {
      count(chunk.byteLength);
      yield chunk;
    }
  };
  try {
    await store.put(counted(), content.digest);
  } catch (error) {
    const damaged = error instanceof ContentDamaged || (error instanceof KubelabError && error.code === 'KL-SOURCE-DIGEST');
    throw damaged ? refuseBundle(file, [`${entry.path} (${content.name}): ${error.message}`]) : error;
  }
}

function reportTo({ events }: SourceContext): (progress: BundleProgress) => void {
  const mebibytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(0);
  return ({ bytes, ofBytes }) =>
    events({ type: 'progress', id: 'obtain', text: `${mebibytes(bytes)} of ${mebibytes(ofBytes)} MiB` });
}

function describe(artifact: Artifact, stored: Stored | undefined): Artifact {
  if (stored === undefined) throw new Error(`${artifact.path} is gone from the store just after it was put there`);
  return { ...artifact, digest: stored.digest, bytes: stored.bytes };
}
