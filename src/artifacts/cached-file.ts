import { goSource } from './go/source.ts';
import type { Artifact, Lock, SourceContext } from './source.ts';
import { openStore } from './store.ts';

/** Where the artifact of a lock with digests lies in the cache if it is there, whatever source the spec names by now. */
export function locateCachedFile(context: SourceContext, lock: Pick<Lock, 'source'>, artifact: Artifact): string | undefined {
  if (lock.source === 'go') return goSource(context).file(artifact);
  return artifact.digest === undefined ? undefined : openStore(context.cache).pathOf(artifact.digest);
}
