import { KubelabError } from '../../errors/errors.ts';
import type { Milliseconds } from '../../exec/runner.ts';
import { withinTime } from '../../exec/time-limit.ts';
import { interpolate, placeholdersIn, type Values } from '../interpolate.ts';
import { readFiles } from '../lint/subject.ts';
import { listActions, listLooks, listScripts } from '../lint/lab-parts.ts';
import { readObjects, sampleImage, sampleValues } from '../lint/manifest-objects.ts';
import type { Lab } from '../lab.ts';
import type { LoadedLab } from '../load-lab.ts';
import { asPackError } from './read-folder.ts';

/** What a lab asks for, for whoever decides whether it may be installed. */
export interface LabWishes {
  readonly id: string;
  readonly title: Lab['title'];
  readonly requires: Lab['requires'];
  readonly isolation: Lab['isolation'];
  /** Where its scripts run as root: nodes by name or kind. */
  readonly rootOn: readonly string[];
  /** It runs kubectl as the cluster's administrator. */
  readonly administers: boolean;
  /** What it removes outside of its namespace when it ends, where it was made since it began: `PersistentVolume/data`. */
  readonly removes: readonly string[];
  /** Namespaces but its own in whose pods it runs commands. */
  readonly entersNamespaces: readonly string[];
  /** What its manifests give pods of the node that they are on, such as `hostPath`. */
  readonly podsReach: readonly string[];
  /** Hosts that its scripts and manifests name, and images from registries: what looks like a use of the internet. */
  readonly internet: readonly string[];
}

/** Fields of a pod that open the node to it. */
const opening = ['hostPath', 'privileged', 'hostNetwork', 'hostPID', 'hostIPC'];

/** No lab has manifests that take longer to read; there are some that are made for that. */
const longest: Milliseconds = 20_000;

/**
 * Reads what a lab asks for. It tells as much as can be seen from outside, and is no proof that there is not more.
 * @throws KubelabError `KL-PACK-INVALID` where its manifests can not be read in memory and time.
 */
export async function readWishes({ lab, folder }: LoadedLab): Promise<LabWishes> {
  const { files } = await readFiles(folder);
  const texts = [...files].flatMap(([file, text]) => (text === undefined || file.startsWith('text/') ? [] : [text]));
  const manifests = [...files].flatMap(([file, text]) =>
    text === undefined || !/\.ya?ml$/.test(file) ? [] : [[file, text] as const],
  );
  const values = sampleValues(lab);
  const fields = await asPackError(`labs/${lab.id}`, () =>
    readFields(
      manifests.filter(([file]) => file !== 'lab.yaml'),
      values,
    ),
  );
  const reached = fields.filter(([key, value]) => opening.includes(key) && value !== false && value !== null);
  const images = fields.flatMap(([key, value]) =>
    key === 'image' && typeof value === 'string' && !value.startsWith(sampleImage('')) ? [value] : [],
  );
  return {
    id: lab.id,
    title: lab.title,
    requires: lab.requires,
    isolation: lab.isolation,
    rootOn: unique([
      ...listActions(lab).flatMap(({ action }) => ('on' in action ? [action.on] : [])),
      ...listLooks(lab).flatMap(({ fields: { run } }) => (run === undefined ? [] : [run.on])),
    ]),
    administers: listActions(lab).some(({ action }) => 'kubectl' in action || 'apply' in action),
    // All of them: what is left out here is what somebody would hide.
    removes: unique(
      lab.reset.clusterObjects.map(({ kind, name }) => `${kind}/${name}`),
      Infinity,
    ),
    entersNamespaces: unique(listNamespaces(lab), Infinity),
    podsReach: unique(reached.map(([key]) => key)),
    internet: unique([...[...texts, ...listScripts(lab).map(({ text }) => text ?? '')].flatMap(listHosts), ...images]),
  };
}

/** Where its commands in pods are run outside of its own namespace, whatever its variables turn out to be. */
function listNamespaces(lab: Lab): string[] {
  return listLooks(lab)
    .flatMap(({ fields: { exec } }) => (exec?.namespace === undefined ? [] : [exec.namespace]))
    .flatMap((namespace) => listTexts(lab, namespace))
    .filter((namespace) => namespace !== lab.namespace);
}

/** More choices than somebody reads are left as the lab writes them. */
const mostTexts = 50;

/** What a text may come to. What is only drawn or seen when the lab runs stays as the lab writes it. */
function listTexts(lab: Lab, text: string): string[] {
  let drawn: Values[] = [{ namespace: lab.namespace }];
  for (const name of placeholdersIn(text).filter((one) => one !== 'namespace')) {
    const choices = choicesOf(lab, name);
    const fits = choices.length > 0 && choices.length * drawn.length <= mostTexts;
    const values = fits ? choices : [`\${${name}}`];
    drawn = drawn.flatMap((one) => values.map((value) => ({ ...one, [name]: value })));
  }
  return drawn.map((values) => interpolate(text, values, 'a namespace'));
}

function choicesOf(lab: Lab, name: string): readonly string[] {
  const variable = Object.hasOwn(lab.vars, name) ? lab.vars[name] : undefined;
  if (variable === undefined || 'random' in variable) return [];
  return 'value' in variable ? [variable.value] : variable.pick;
}

/** Every field of every object. */
async function readFields(manifests: readonly (readonly [string, string])[], values: Values): Promise<[string, unknown][]> {
  const fields = withinTime(
    () => manifests.flatMap(([file, text]) => readObjects(file, text, values).objects.flatMap(({ data }) => listFields(data))),
    longest,
  );
  if (fields !== undefined) return fields;
  throw new KubelabError('KL-LAB-INVALID', `Its manifests can not be read within ${longest / 1000} s.`);
}

/** Hosts of URLs, but for those of clusters and of documents. */
function listHosts(text: string): string[] {
  return [...text.matchAll(/\bhttps?:\/\/(?:[^/\s@'"]*@)?([a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,})(?![\w.-])/gi)]
    .map(([, host = '']) => host.toLowerCase())
    .filter(
      (host) =>
        !/\.(?:svc|local|internal|invalid|test|example)$/.test(host) && !/^(?:[\w-]+\.)*example\.(?:com|org|net)$/.test(host),
    );
}

/** Every field of some data, however deep it lies. */
function listFields(data: unknown): [string, unknown][] {
  if (typeof data !== 'object' || data === null) return [];
  const own: [string, unknown][] = Array.isArray(data) ? [] : Object.entries(data);
  return [...own, ...Object.values(data).flatMap(listFields)];
}

const mostNames = 20;

/** Each once, and short enough to be read. What manifests hold may be anything: nothing of it acts on a terminal. */
function unique(list: readonly string[], most = mostNames): string[] {
  const names = list.map((name) => name.slice(0, 100).replaceAll(/[^\x21-\x7e]/g, '?'));
  const sorted = [...new Set(names)].toSorted();
  return sorted.length > most ? [...sorted.slice(0, most), `and ${sorted.length - most} more`] : sorted;
}
