import { CommandFailed } from '../../errors/errors.ts';
import { textAt, textsAt } from '../field-path.ts';
import { labLabel } from '../lab-label.ts';
import { type KubeObject, nameOf } from '../snapshot.ts';
import type { Stage } from './stage.ts';

/** An object outside of the lab's namespace that goes with the lab, as kubectl calls it. */
export interface OwnObject {
  readonly kind: string;
  readonly name: string;
}

/**
 * Those of the objects outside of its namespace that a lab names which were made since it was begun. What was there before
 * is not the lab's, whatever it is called: that stays. Has to be asked while the namespace is still there, which is older
 * than what was made in it, by the same clock.
 * @param begunAt when the lab was begun on this cluster, by this host's clock.
 */
export async function findOwnObjects(stage: Stage, begunAt: string): Promise<readonly OwnObject[]> {
  const { id, namespace, reset } = stage.loaded.lab;
  if (reset.clusterObjects.length === 0) return [];
  const found = await readObjects(stage, [
    `namespace/${namespace}`,
    ...reset.clusterObjects.map(({ kind, name }) => `${kind}/${name}`),
  ]);
  const isOfLab = (object: KubeObject): boolean => textsAt(object, 'metadata', 'labels')[labLabel] === id;
  const isPlace = (object: KubeObject): boolean => textAt(object, 'kind') === 'Namespace';
  const since = Math.min(...[begunAt, ...found.filter((one) => isPlace(one) && isOfLab(one)).map(madeAt)].map(wholeSecond));
  const others = found.filter((object) => !isPlace(object));
  const own = others.filter((object) => isOfLab(object) || wholeSecond(madeAt(object)) >= since);
  for (const object of others)
    if (!own.includes(object)) stage.say(`${textAt(object, 'kind')} ${nameOf(object)} was there before the lab, and stays`);
  await markOwn(
    stage,
    own.filter((object) => !isOfLab(object)),
  );
  return own.map((object) => ({ kind: kindOf(object), name: nameOf(object) }));
}

/** Without the namespace, nobody can tell any more: so a run that comes after one that was cut off is told. */
async function markOwn({ loaded, cluster }: Stage, objects: readonly KubeObject[]): Promise<void> {
  if (objects.length === 0) return;
  const names = objects.map((object) => `${kindOf(object)}/${nameOf(object)}`);
  // One that goes by itself meanwhile needs no mark.
  await cluster.kubectl.run(['label', ...names, `${labLabel}=${loaded.lab.id}`, '--overwrite'], { accept: 'any' });
}

/** Those that are there. @throws CommandFailed */
async function readObjects({ cluster: { kubectl } }: Stage, names: readonly string[]): Promise<readonly KubeObject[]> {
  const words = (asked: readonly string[]): string[] => ['get', ...asked, '--ignore-not-found', '-o', 'json'];
  const all = await kubectl.run(words(names), { accept: 'any' });
  if (all.exitCode === 0) return parseObjects(all.stdout);
  // One kind that is not known here, as of a definition that the lab makes, hides all the others.
  const objects: KubeObject[] = [];
  for (const name of names) {
    try {
      objects.push(...parseObjects((await kubectl.run(words([name]))).stdout));
    } catch (error) {
      // A server that does not answer says nothing of what is there.
      if (!(error instanceof CommandFailed) || !error.stderr.includes("doesn't have a resource type")) throw error;
    }
  }
  return objects;
}

/** One object comes by itself, several as a list, and none as nothing. */
function parseObjects(stdout: string): readonly KubeObject[] {
  if (stdout.trim() === '') return [];
  const answer = JSON.parse(stdout) as KubeObject & { readonly items?: readonly KubeObject[] };
  return answer.items ?? [answer];
}

function madeAt(object: KubeObject): string {
  return textAt(object, 'metadata', 'creationTimestamp');
}

/** Kubernetes knows no parts of seconds. */
function wholeSecond(time: string): number {
  return Math.floor(Date.parse(time) / 1000);
}

/** `ClusterRole.v1.rbac.authorization.k8s.io`: kinds of other groups may have the same name. */
function kindOf(object: KubeObject): string {
  const kind = textAt(object, 'kind');
  const [group = '', version] = textAt(object, 'apiVersion').split('/');
  return version === undefined ? kind : `${kind}.${version}.${group}`;
}
