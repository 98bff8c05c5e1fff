import type { ApiFields } from '../../kubernetes/api-fields.ts';
import { listActions } from '../lint/lab-parts.ts';
import { fillInKnown, type ManifestObject, sampleValues } from '../lint/manifest-objects.ts';
import { isEverywhere, listToldFlags, ownWords, readClusterKinds } from '../lint/outside.ts';
import { kubectlChanges, kubectlWords } from '../lint/shell-verdicts.ts';
import type { Lab } from '../lab.ts';

/** An object that is not in the lab's own namespace, or that nobody can tell of. */
export interface OutsideObject {
  readonly kind: string;
  /** With its namespace in front where it is in one. */
  readonly name: string;
}

/** Whether it is outside of the lab's namespace. A kind that nobody knows may be: an add-on brings it. */
export function findOutside({ data }: ManifestObject, { namespace: own }: Lab, api: ApiFields): OutsideObject[] {
  const { apiVersion, kind } = data;
  const metadata = (typeof data['metadata'] === 'object' ? (data['metadata'] ?? {}) : {}) as Readonly<Record<string, unknown>>;
  const { name, generateName, namespace } = metadata;
  const isInside = api.kinds.get(`${String(apiVersion)}/${String(kind)}`)?.namespaced === true;
  if (isInside && (namespace === undefined || namespace === null || namespace === own)) return [];
  const shown = typeof name === 'string' ? name : `${typeof generateName === 'string' ? generateName : ''}*`;
  const place = isInside ? `${typeof namespace === 'string' ? namespace : '?'}/` : '';
  return [{ kind: typeof kind === 'string' ? kind : '?', name: place + shown }];
}

/** What kubectl is told to change outside of the namespace of the lab. */
export function findToldOutside(lab: Lab, api: ApiFields): OutsideObject[] {
  const clusterKindOf = readClusterKinds(api);
  return listKubectl(lab).flatMap((words): OutsideObject[] => {
    const own = ownWords(words);
    const [verb = '', ...rest] = kubectlWords(own);
    if (!kubectlChanges.has(verb)) return [];
    // These act on pods, or make one, and name no kind.
    if (['attach', 'cp', 'debug', 'exec', 'run'].includes(verb)) return listSpaces(words, lab);
    const nodes = ['cordon', 'uncordon', 'drain'].includes(verb) ? rest.slice(0, 1) : [];
    const named = rest.flatMap((word, index): OutsideObject[] => {
      const [type = '', ...name] = word.split('/');
      const kinds = type.split(',').flatMap((one) => clusterKindOf(one) ?? []);
      // A kind comes first, or with the name: elsewhere the same word is a name.
      if (name.length === 0 && index > 0) return [];
      return kinds.map((kind) => ({ kind, name: name.length === 0 ? (rest[1] ?? '*') : name.join('/') }));
    });
    return [
      ...named,
      ...nodes.filter((node) => !node.includes('/')).map((name) => ({ kind: 'Node', name })),
      ...listSpaces(words, lab),
    ];
  });
}

/** Other namespaces that kubectl is told to act in. */
function listSpaces(words: readonly string[], lab: Lab): OutsideObject[] {
  const told = listToldFlags(words).filter(({ flag, given }) => flag !== '--image' && given !== lab.namespace);
  const everywhere = ownWords(words).some(isEverywhere);
  return [...told.map(({ given }) => given), ...(everywhere ? ['*'] : [])].map((name) => ({ kind: 'Namespace', name }));
}

/** The nodes on which kubectl makes pods that have all of the node: `node/worker-1`. */
export function findDebugged(lab: Lab): string[] {
  return listKubectl(lab).flatMap((words) => {
    const [verb, ...rest] = kubectlWords(ownWords(words));
    return verb === 'debug' ? rest.filter((word) => /^no(?:des?)?(?:\.[^/]*)?\//i.test(word)) : [];
  });
}

/** What kubectl is told, with the values that are known, the first of those that are chosen from, and `*` for others. */
export function listKubectl(lab: Lab): string[][] {
  const isDrawn = (name: string): boolean => {
    const variable = Object.hasOwn(lab.vars, name) ? lab.vars[name] : undefined;
    return variable === undefined ? !/^(?:namespace$|image\.|address\.)/.test(name) : 'random' in variable;
  };
  const samples = Object.entries(sampleValues(lab));
  const values = Object.fromEntries(samples.map(([name, value]) => [name, isDrawn(name) ? '*' : value]));
  return listActions(lab).flatMap(({ action }) =>
    'kubectl' in action ? [action.kubectl.map((word) => fillInKnown(word, values))] : [],
  );
}

/** Of one kind so many are named; kinds are all named that Kubernetes knows, and so many others. */
const mostOfKind = 5;
const mostStrange = 20;

/** `KIND/NAME` of each, a few of each kind: many of one kind must not hide another. */
export function nameOutside(objects: readonly OutsideObject[], api: ApiFields): string[] {
  const byKind = new Map<string, Set<string>>();
  for (const { kind, name } of objects) byKind.set(kind, (byKind.get(kind) ?? new Set()).add(name));
  const known = new Set([...api.kinds.keys()].map((name) => name.slice(name.lastIndexOf('/') + 1)));
  const strange = [...byKind.keys()].filter((kind) => !known.has(kind)).toSorted();
  const left = strange.slice(mostStrange);
  const kinds = [...byKind.keys()].filter((kind) => !left.includes(kind)).toSorted();
  const named = kinds.flatMap((kind) => {
    const names = [...(byKind.get(kind) ?? [])].toSorted();
    const more = names.length - mostOfKind;
    return [...names.slice(0, mostOfKind).map((name) => `${kind}/${name}`), ...(more > 0 ? [`${kind}/(${more}-more)`] : [])];
  });
  return left.length === 0 ? named : [...named, `(${left.length}-more-kinds)`];
}
