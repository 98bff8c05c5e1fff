import { isDigest } from '../store.ts';

/**
 * Where an artifact of this source comes from, as `from` in the lock spells it:
 * - a URL: the file as it is;
 * - `URL#sha256:HEX/MEMBER`: a member of the tarball with that digest;
 * - `REFERENCE@sha256:HEX`: an image, packed as an OCI archive.
 */
export type Origin =
  | { readonly kind: 'file'; readonly url: string }
  | { readonly kind: 'member'; readonly url: string; readonly digest: string; readonly member: string }
  | { readonly kind: 'image'; readonly reference: string };

export function writeOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'file':
      return origin.url;
    case 'member':
      return `${origin.url}#${origin.digest}/${origin.member}`;
    case 'image':
      return origin.reference;
  }
}

/** @throws RangeError when the text names nothing that this source can fetch. */
export function readOrigin(from: string): Origin {
  const member = /^(https:\/\/[^#]+)#(sha256:[0-9a-f]{64})\/([^#]+)$/.exec(from);
  if (member !== null) return { kind: 'member', url: member[1] ?? '', digest: member[2] ?? '', member: member[3] ?? '' };
  if (/^https:\/\/[^#]+$/.test(from)) return { kind: 'file', url: from };
  if (isDigest(from.slice(from.lastIndexOf('@') + 1))) return { kind: 'image', reference: from };
  throw new RangeError(`the upstream source can not fetch ${JSON.stringify(from)}`);
}
