import { createHash } from 'node:crypto';
import { Interrupted, KubelabError } from '../../errors/errors.ts';
import { digestOf } from '../digest.ts';
import type { Artifact, Lock, Source } from '../source.ts';
import { type BundleInfo, type Content, listArtifacts, listContents, renderInfo, totalBytes } from './info.ts';
import { contentPath, infoPath } from './layout.ts';
import { packFile } from './pack.ts';
import { type BundleProgress, countProgress } from './progress.ts';
import { digestScripts } from './scripts.ts';
import { writeBundle } from './write.ts';

export interface BundleInput {
  /** With every digest filled in, and every artifact in the source's cache. */
  readonly lock: Lock;
  /** The images that play roles in labs, likewise obtained. */
  readonly labs?: Pick<Lock, 'images' | 'artifacts'>;
  readonly source: Pick<Source, 'file'>;
  /** The base box: its key in the cache, and a tar of its root file system. */
  readonly base?: { readonly key: string; readonly file: string };
  /** The folder of the scripts that make a node image. */
  readonly provision: string;
  /** Where the bundle goes; a file that is there is replaced. */
  readonly target: string;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: BundleProgress) => void;
}

export interface CreatedBundle {
  readonly file: string;
  readonly bytes: number;
  readonly info: BundleInfo;
}

/**
 * Makes one file that holds all that a cluster needs. The same input gives the same bytes with the same Node, and the
 * same contents and digests with any.
 * @throws KubelabError `KL-SOURCE-DIGEST` when a file of the cache is not what the lock says, `KL-HOST-DISK-FULL`
 * @throws Interrupted when the signal was aborted.
 */
export async function createBundle(input: BundleInput): Promise<CreatedBundle> {
  const { target, signal } = input;
  const info = await describeBundle(input);
  const contents = listContents(info);
  const files = locateFiles(input, info);
  const count = countProgress(totalBytes(contents), input.onProgress);
  const onPiece = (piece: Uint8Array): void => {
    if (signal.aborted) throw new Interrupted();
    count(piece.byteLength);
  };
  const written = await writeBundle(target, async (writer) => {
    await writer.add(infoPath, chunksOf(renderInfo(info)));
    for (const content of contents) {
      const file = files.get(content.digest) ?? '';
      await writer.add(contentPath(content.digest), packContent(file, content, onPiece));
    }
    if (signal.aborted) throw new Interrupted();
  });
  return { file: target, bytes: written.bytes, info };
}

async function describeBundle({ lock, labs, base, provision }: BundleInput): Promise<BundleInfo> {
  const { origin, ...rest } = lock;
  // A bundle that is made from a bundle says the same as the first.
  const source = lock.source === 'bundle' ? origin : lock.source;
  if (source === undefined) throw new Error('the lock of a bundle does not say where its artifacts came from');
  return {
    apiVersion: 'kubelab/v1',
    kind: 'Bundle',
    lock: { ...rest, source, artifacts: lock.artifacts.map(requireDigest) },
    ...(labs === undefined ? {} : { labs: { images: labs.images, artifacts: labs.artifacts.map(requireDigest) } }),
    ...(base === undefined ? {} : { base: { key: base.key, ...(await digestOf(base.file)) } }),
    provision: await digestScripts(provision),
  };
}

/** A file for each content, by its digest. */
function locateFiles({ source, base }: BundleInput, info: BundleInfo): ReadonlyMap<string, string> {
  const files = new Map(listArtifacts(info).map((artifact) => [artifact.digest, source.file(artifact)]));
  if (base !== undefined && info.base !== undefined) files.set(info.base.digest, base.file);
  return files;
}

async function* packContent(file: string, content: Content, onPiece: (piece: Uint8Array) => void): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  yield* packFile(file, (piece) => {
    hash.update(piece);
    onPiece(piece);
  });
  const found = `sha256:${hash.digest('hex')}`;
  if (found === content.digest) return;
  throw new KubelabError('KL-SOURCE-DIGEST', `${content.name} in the cache is not what the lock says`, {
    details: [`expected ${content.digest}`, `found    ${found}`, file],
    cure: 'Remove the file named, then try again: it is made or fetched anew.',
  });
}

function requireDigest(artifact: Artifact): Artifact & { readonly digest: string; readonly bytes: number } {
  const { digest, bytes } = artifact;
  if (digest === undefined || bytes === undefined) throw new Error(`${artifact.path} was not obtained yet`);
  return { ...artifact, digest, bytes };
}

async function* chunksOf(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
