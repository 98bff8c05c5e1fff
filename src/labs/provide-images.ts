import { mapParallel } from '../artifacts/parallel.ts';
import type { Artifact, Lock, Source } from '../artifacts/source.ts';
import type { Node } from '../cluster/node.ts';
import { reportStep } from '../cluster/report-step.ts';
import type { ShareWork } from '../cluster/shared-work.ts';
import { KubelabError, unlessFailed } from '../errors/errors.ts';
import type { EventSink } from '../events.ts';
import type { Milliseconds } from '../exec/runner.ts';

/** A running cluster, and where its images come from. */
export interface ImageSettings {
  readonly source: Pick<Source, 'kind' | 'roleImages' | 'resolveRoles' | 'obtain' | 'file'>;
  /** What the cluster was made from. */
  readonly lock: Lock;
  /** Those that pods run on: control planes and workers. */
  readonly nodes: readonly Node[];
  /** Around what is fetched or built: other runs may want the same. */
  readonly share: ShareWork;
  readonly signal: AbortSignal;
  readonly events: EventSink;
  /** A node that nobody can ask is passed over without a word: a lab may have broken it, and brings it back. */
  readonly passOver?: boolean;
}

const lookDeadline: Milliseconds = 60_000;
const importDeadline: Milliseconds = 20 * 60_000;
/** Each sends an archive of its own accord; more at once only share the same disk. */
const nodesAtOnce = 8;

/**
 * Makes sure that every node has the images that play these roles, and keeps them from being collected as unused. Where
 * all of them are there it fetches, builds and sends nothing, and asks no network but the nodes. A node whose containerd
 * does not answer is left out, with a warning.
 * @returns the image of each role.
 * @throws KubelabError `KL-LAB-IMAGE` when the source has no image for a role.
 */
export async function provideImages(
  settings: ImageSettings,
  roles: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const { source, lock, nodes, signal } = settings;
  const images = await source.roleImages(lock, roles);
  const unplayed = roles.filter((role) => images[role] === undefined);
  if (unplayed.length > 0)
    throw new KubelabError('KL-LAB-IMAGE', `the source ${source.kind} has no image for ${unplayed.join(', ')}`, {
      ko: { message: `${source.kind} 소스에 다음 역할을 할 이미지가 없습니다: ${unplayed.join(', ')}` },
    });
  const wanted = [...new Set(Object.values(images))];
  const found = await mapParallel(nodes, nodesAtOnce, signal, async (node, stop) => ({
    node,
    images: await findLacking(settings, node, wanted, stop),
  }));
  const lacking = found.flatMap(({ node, images: missing }) => (missing === undefined ? [] : [{ node, images: missing }]));
  const needed = new Set(lacking.flatMap((entry) => entry.images));
  const archives = needed.size === 0 ? [] : await obtainArchives(settings, roles, needed);
  await mapParallel(lacking, nodesAtOnce, signal, (entry, stop) => fillNode(settings, entry.node, entry.images, archives, stop));
  return images;
}

const begin = `set -eu
images() { ctr --namespace k8s.io images "$@"; }
pin() { images label "$1" io.cri-containerd.pinned=pinned >/dev/null; }
`;
/** The exit code where containerd does not answer. */
const noAnswer = 75;
// Pins each image that is there, which a run that was cut off may have left to do, and names those that are not.
const look = `${begin}there=$(images list --quiet) || exit ${noAnswer}
for image; do if printf '%s\\n' "$there" | grep -qxF "$image"; then pin "$image"; else printf '%s\\n' "$image"; fi; done`;
// An older ctr imports by itself and has no such flag.
const load = `${begin}if images import --help | grep -q -e --local; then images import --local -; else images import -; fi >/dev/null
pin "$1"`;

/** @returns undefined where nobody answers */
async function findLacking(
  { events, passOver = false }: Pick<ImageSettings, 'events' | 'passOver'>,
  node: Node,
  images: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  if (images.length === 0) return [];
  const options = { timeout: lookDeadline, signal, accept: [0, noAnswer] };
  const asked = node.run(['sh', '-c', look, 'sh', ...images], options);
  const found = await (passOver ? unlessFailed(asked) : asked);
  if (found === undefined || (passOver && found.exitCode === noAnswer)) return undefined;
  const { exitCode, stdout, stderr } = found;
  if (exitCode === noAnswer) {
    const reason = stderr.trim().split('\n').at(-1) ?? '';
    events({
      type: 'warning',
      text: `Nobody knows whether ${node.name} has the images of the lab, as containerd does not answer there: ${reason}`,
    });
    return undefined;
  }
  return stdout.split('\n').filter((line) => line !== '');
}

/** The archives of images, in the cache of this host. */
async function obtainArchives(
  settings: ImageSettings,
  roles: readonly string[],
  needed: ReadonlySet<string>,
): Promise<readonly Artifact[]> {
  const { source, lock, share } = settings;
  const resolved = await source.resolveRoles(lock, roles);
  // The cluster's own images are in every node image, but anybody may have removed one from a node.
  const artifacts = [...resolved.artifacts, ...lock.artifacts].filter(({ image }) => image !== undefined && needed.has(image));
  const step = { id: 'obtain', title: 'obtain images for the lab' };
  return reportStep(settings, step, async (progress) => {
    const obtained = await share('artifacts', progress, () => source.obtain({ ...resolved, artifacts }));
    return obtained.artifacts;
  });
}

async function fillNode(
  settings: ImageSettings,
  node: Node,
  images: readonly string[],
  archives: readonly Artifact[],
  signal: AbortSignal,
): Promise<void> {
  const { source, events } = settings;
  const step = { id: `images:${node.name}`, title: 'import images', node: node.name };
  if (images.length === 0) {
    events({ type: 'step', ...step, state: 'already' });
    return;
  }
  await reportStep({ events, signal }, step, async (progress) => {
    for (const image of images) {
      const archive = archives.find((candidate) => candidate.image === image);
      if (archive === undefined) throw new Error(`${image} plays a role, but nothing says where it comes from`);
      progress(`${image}, ${((archive.bytes ?? 0) / 1024 / 1024).toFixed(0)} MiB`);
      const command = ['sh', '-c', load, 'sh', image] as const;
      await node.run(command, { timeout: importDeadline, signal, inputFile: source.file(archive) });
    }
  });
}
