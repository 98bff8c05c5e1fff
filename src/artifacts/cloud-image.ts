import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { KubelabError } from '../errors/errors.ts';
import { type KnownBox, publishedImage } from './cloud-images.ts';
import { download, type Download } from './download.ts';
import type { PlainBox } from './plain-box.ts';
import { type Endpoints, fetchBytes, locate, type RequestSettings } from './request.ts';
import type { Store } from './store.ts';
import type { Stored } from './stored.ts';

export type CloudImage = Extract<PlainBox, { kind: 'cloud' }>;

export interface FetchSettings extends RequestSettings {
  /** Other places for the publishers' hosts, as for upstream. */
  readonly endpoints?: Endpoints;
}

const listLimit = 4 * 1024 ** 2;
const imageLimit = 16 * 1024 ** 3;

/**
 * Asks the publisher which image it has now: its digest comes from the published list and from nowhere else.
 * @throws KubelabError `KL-SOURCE-UNREACHABLE`, `KL-SOURCE-REFUSED`, and `KL-SOURCE-DIGEST` when the list does not name the image.
 */
export async function resolveCloudImage(
  name: KnownBox,
  architecture: 'amd64' | 'arm64',
  settings: FetchSettings,
): Promise<CloudImage> {
  const { url, list, algorithm } = publishedImage(name, architecture);
  const { body } = await fetchBytes(locate(list, settings.endpoints), settings, { limit: listLimit });
  const file = url.split('/').at(-1) ?? '';
  const hex = readPublishedDigest(body.toString('utf8'), file, algorithm);
  if (hex === undefined)
    throw new KubelabError('KL-SOURCE-DIGEST', `the list of digests at ${list} has no ${algorithm} of ${file}`, {
      cure: 'The publisher may have renamed the image: take another box, or one of your own by its file or URL.',
    });
  return { kind: 'cloud', name, architecture, url, digest: `${algorithm}:${hex}` };
}

/** The digest of a file in a list: lines of `HEX  FILE`, `HEX *FILE` or, as BSD writes them, `SHA256 (FILE) = HEX`. */
export function readPublishedDigest(list: string, file: string, algorithm: 'sha256' | 'sha512'): string | undefined {
  const digits = algorithm === 'sha256' ? 64 : 128;
  const found = list.split(/\r?\n/).flatMap((line) => {
    const [, plainHex, plainName] = /^([0-9a-f]+)[ \t]+\*?(?:\.\/)?(\S+)\s*$/i.exec(line) ?? [];
    const [, kind, bsdName, bsdHex] = /^(SHA\d+) \((.+)\) = ([0-9a-f]+)\s*$/i.exec(line) ?? [];
    if (plainName === file && plainHex?.length === digits) return [plainHex.toLowerCase()];
    if (bsdName === file && kind?.toLowerCase() === algorithm && bsdHex?.length === digits) return [bsdHex.toLowerCase()];
    return [];
  });
  // Two digests for one name leave open which is meant.
  return new Set(found).size === 1 ? found[0] : undefined;
}

/**
 * Fetches something that is known by its digest into the store, or finds it there. A transfer that was cut goes on.
 * @throws KubelabError as `download` does.
 */
export async function fetchByDigest(
  wanted: { readonly url: string; readonly digest: string },
  store: Store,
  settings: FetchSettings & { readonly onProgress?: (bytes: number, total: number | undefined) => void },
): Promise<Stored> {
  const url = locate(wanted.url, settings.endpoints);
  const what = { ...settings, url, sizeLimit: imageLimit, store };
  if (wanted.digest.startsWith('sha256:')) return download({ ...what, digest: wanted.digest }).catch(explainMove);
  const known = await store.recall(wanted.digest);
  if (known !== undefined) return known;
  // What an earlier run left may be of another file, so a second try begins with nothing.
  const first = await downloadAs(wanted.digest, { ...what, key: wanted.digest });
  const stored = first ?? (await downloadAs(wanted.digest, what));
  if (stored === undefined) explainMove(new KubelabError('KL-SOURCE-DIGEST', `${url} does not have the digest ${wanted.digest}`));
  await store.remember(wanted.digest, stored.digest);
  return stored;
}

/** A download with a SHA-512; undefined where it is another one. */
async function downloadAs(digest: string, wanted: Download): Promise<Stored | undefined> {
  const stored = await download(wanted);
  if ((await digestBy('sha512', stored.file)) === digest) return stored;
  await wanted.store.remove(stored.digest);
  return undefined;
}

/** Publishers put newer images in the place of older ones, under the same name. */
function explainMove(error: unknown): never {
  if (!(error instanceof KubelabError) || error.code !== 'KL-SOURCE-DIGEST') throw error;
  throw new KubelabError('KL-SOURCE-DIGEST', error.message, {
    details: error.details,
    cure: 'If it was published anew since kubelab.lock was written, remove the entry "box" from kubelab.lock, or give the digest of the new one, and run again.',
    cause: error,
  });
}

async function digestBy(algorithm: 'sha512', file: string): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return `${algorithm}:${hash.digest('hex')}`;
}
