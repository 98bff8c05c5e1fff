import { KubelabError } from '../../errors/errors.ts';
import { fetchSmall, type Reach } from './reach.ts';

/**
 * The SHA-256 that a project publishes next to a file: a bare digest, or lines of `sha256sum` with or without a
 * signature around them.
 * @throws KubelabError `KL-SOURCE-DIGEST` when the checksum file does not name the file.
 */
export async function fetchPublishedDigest(reach: Reach, checksumUrl: string, fileUrl: string): Promise<string> {
  const name = fileUrl.slice(fileUrl.lastIndexOf('/') + 1);
  const hex = findChecksum((await fetchSmall(reach, checksumUrl)).toString('utf8'), name);
  if (hex !== undefined) return `sha256:${hex}`;
  throw new KubelabError('KL-SOURCE-DIGEST', `${checksumUrl} gives no SHA-256 of ${name}`);
}

function findChecksum(text: string, name: string): string | undefined {
  const bare = /^\s*([0-9a-f]{64})\s*$/i.exec(text);
  if (bare !== null) return bare[1]?.toLowerCase();
  for (const line of text.split(/\r?\n/)) {
    const match = /^([0-9a-f]{64})\s+\*?(\S+)\s*$/i.exec(line);
    if (match !== null && (match[2] ?? '').split('/').at(-1) === name) return match[1]?.toLowerCase();
  }
  return undefined;
}
