/** The parts of an image reference, spelled out. */
export interface ImageReference {
  /** `docker.io` where the reference names no registry. */
  readonly registry: string;
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
  /** The name that container runtimes know it by: registry, repository and tag, or digest where there is no tag. */
  readonly name: string;
}

const grammar =
  /^(?<path>[a-z0-9][a-zA-Z0-9._:/-]*?)(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/;

/**
 * Reads a reference such as `registry.k8s.io/pause:3.10`, `busybox` or `ghcr.io/a/b:1@sha256:...`.
 * @throws RangeError when it is none.
 */
export function parseImageReference(text: string): ImageReference {
  const groups = grammar.exec(text)?.groups;
  const path = groups?.['path'];
  if (path === undefined) throw new RangeError(`not an image reference: ${JSON.stringify(text)}`);
  const [first = '', ...rest] = path.split('/');
  const named = rest.length > 0 && (first.includes('.') || first.includes(':') || first === 'localhost');
  const registry = named ? first : 'docker.io';
  const short = named ? rest.join('/') : path;
  const repository = registry === 'docker.io' && !short.includes('/') ? `library/${short}` : short;
  if (!/^[a-z0-9]+([._-]+[a-z0-9]+)*(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/.test(repository))
    throw new RangeError(`not an image reference: ${JSON.stringify(text)}`);
  const digest = groups?.['digest'];
  const tag = groups?.['tag'] ?? (digest === undefined ? 'latest' : undefined);
  const name = `${registry}/${repository}${tag === undefined ? `@${digest ?? ''}` : `:${tag}`}`;
  return { registry, repository, tag, digest, name };
}
