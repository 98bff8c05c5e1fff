import type { Artifact, Lock, Source } from '../artifacts/source.ts';
import type { Node } from './node.ts';

const minute = 60_000;

/** Where the scripts of the node image look for artifacts: KUBELAB_ARTIFACTS in provision/lib.sh. */
export const artifactsFolder = '/var/lib/kubelab/artifacts';

export interface HandOver {
  /** With every digest. */
  readonly lock: Lock;
  readonly source: Source;
  readonly signal: AbortSignal;
}

/** Brings every artifact of a lock to a node, one after another; those that are there with their digest stay. */
export async function handOverArtifacts(
  { lock: { artifacts }, source, signal }: HandOver,
  node: Node,
  progress: (text: string) => void,
): Promise<void> {
  for (const [index, artifact] of artifacts.entries()) {
    const place = `${artifactsFolder}/${artifact.path}`;
    if (await hasArtifact(node, place, artifact, signal)) continue;
    progress(`handing over ${artifact.path} (${index + 1} of ${artifacts.length})`);
    const reference = artifact.image === undefined ? [] : ['printf "%s\\n" "$2" >"$1.ref"'];
    const script = ['set -e', 'mkdir -p "${1%/*}"', 'cat >"$1.part"', ...reference, 'mv "$1.part" "$1"'].join('; ');
    await node.run(['sh', '-c', script, 'sh', place, artifact.image ?? ''], {
      timeout: 30 * minute,
      signal,
      inputFile: source.file(artifact),
    });
  }
}

async function hasArtifact(node: Node, place: string, { digest }: Artifact, signal: AbortSignal): Promise<boolean> {
  const hex = digest?.replace(/^sha256:/, '');
  if (hex === undefined) return false;
  const check = 'echo "$2  $1" | sha256sum --check --status 2>/dev/null';
  const found = await node.run(['sh', '-c', check, 'sh', place, hex], { timeout: 2 * minute, signal, accept: 'any' });
  return found.exitCode === 0;
}
