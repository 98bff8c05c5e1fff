import { KubelabError } from '../../errors/errors.ts';
import { knownMinors } from '../../kubernetes/versions.ts';
import { digestOfBytes } from '../store.ts';
import { digestInRelease, type Package, parsePackages } from './package-index.ts';
import { fetchSmall, type Reach } from './reach.ts';
import { verifySignature } from './signature.ts';

const indexLimit = 32 * 1024 * 1024;

/** The flat Debian repository of a minor, without a slash at the end. */
export function repositoryOf(minor: string): string {
  return `https://pkgs.k8s.io/core:/stable:/v${minor}/deb`;
}

/** The index of a minor as it comes: good for showing what there is, not for installing from it. */
export async function fetchPackages(reach: Reach, minor: string): Promise<readonly Package[]> {
  return parsePackages((await fetchSmall(reach, `${repositoryOf(minor)}/Packages`, indexLimit)).toString('utf8'));
}

/**
 * The index of a minor, proven by its signature.
 * @throws KubelabError `KL-SOURCE-DIGEST` when the signature or the index's digest is wrong.
 */
export async function fetchSignedPackages(reach: Reach, minor: string): Promise<readonly Package[]> {
  const base = repositoryOf(minor);
  const [release, signature, index, keys] = await Promise.all([
    fetchSmall(reach, `${base}/Release`),
    fetchSmall(reach, `${base}/Release.gpg`),
    fetchSmall(reach, `${base}/Packages`, indexLimit),
    fetchKeys(reach, minor),
  ]);
  const signed = { what: `${base}/Release`, content: release, signature, keys };
  await verifySignature(signed, reach.runner, reach.settings.signal, reach.cache);
  const expected = digestInRelease(release.toString('utf8'), 'Packages');
  const found = digestOfBytes(index);
  if (found === expected) return parsePackages(index.toString('utf8'));
  throw new KubelabError(
    'KL-SOURCE-DIGEST',
    `${base}/Packages has the digest ${found}, but the signed Release says ${expected}`,
    {
      details: [`expected ${expected}`, `found    ${found}`],
    },
  );
}

/**
 * The signing keys from the repository of the newest minor that has one. All minors are signed with the same key, and
 * only the newest repositories publish it with its latest expiry date; for the same reason it is never cached.
 */
async function fetchKeys(reach: Reach, wanted: string): Promise<string> {
  for (const minor of knownMinors().toReversed()) {
    try {
      return (await fetchSmall(reach, `${repositoryOf(minor)}/Release.key`)).toString('utf8');
    } catch (error) {
      if (!(error instanceof KubelabError) || error.code !== 'KL-SOURCE-REFUSED' || minor === wanted) throw error;
    }
  }
  throw new Error('the version table is empty');
}
