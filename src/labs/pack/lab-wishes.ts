import { KubelabError } from '../../errors/errors.ts';
import type { Milliseconds } from '../../exec/runner.ts';
import { hearSignal } from '../../exec/hear-signal.ts';
import { withinTime } from '../../exec/time-limit.ts';
import type { ApiFields } from '../../kubernetes/api-fields.ts';
import { readFiles } from '../lint/subject.ts';
import { listActions, listLooks, listManifests, listScripts } from '../lint/lab-parts.ts';
import { readObjects, sampleImage, sampleValues } from '../lint/manifest-objects.ts';
import { placeholdersIn } from '../interpolate.ts';
import type { Lab } from '../lab.ts';
import type { LoadedLab } from '../load-lab.ts';
import { findDebugged, findOutside, findToldOutside, listKubectl, nameOutside, type OutsideObject } from './outside-wishes.ts';
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
  /** What its manifests and kubectl make or change outside of its namespace: `ClusterRole/reader`, `DaemonSet/kube-system/agent`. */
  readonly changes: readonly string[];
  /** What it removes outside of its namespace when it ends, where it was made since it began: `PersistentVolume/data`. */
  readonly removes: readonly string[];
  /** What its manifests and commands give pods of the node that they are on, such as `hostPath`. */
  readonly podsReach: readonly string[];
  /** Manifests and scripts of which that can not be told: they are not readable, or what fields are called is only known later. */
  readonly opaque: readonly string[];
  /** Hosts that its scripts and manifests name, and images from registries: what looks like a use of the internet. */
  readonly internet: readonly string[];
}

/** Fields of a pod that open the node to it. */
const opening = ['hostPath', 'privileged', 'hostNetwork', 'hostPID', 'hostIPC', 'hostProcess'];
/** What a persistent volume opens by the field local, of which the name alone says nothing. */
const localVolume = 'PersistentVolume.local';
/** The same in a text that is no manifest, as of a script that writes one. */
const openingWord = new RegExp(String.raw`\b(${opening.join('|')})\b(?!["']?\s*:\s*(?:false|null)\b)`, 'g');

/** No lab has manifests that take longer to read; there are some that are made for that. */
const longest: Milliseconds = 20_000;

/**
 * Reads what each of some labs asks for.
 * @throws KubelabError `KL-PACK-INVALID` where the manifests of one can not be read in memory and time.
 * @throws Interrupted when the signal was aborted.
 */
export async function readAllWishes(labs: readonly LoadedLab[], api: ApiFields, signal: AbortSignal): Promise<LabWishes[]> {
  const wishes: LabWishes[] = [];
  // One after the other: the manifests of all labs at once can be more than there is memory.
  for (const lab of labs) {
    await hearSignal(signal);
    wishes.push(await readWishes(lab, api));
  }
  await hearSignal(signal);
  return wishes;
}

/**
 * Reads what a lab asks for. It tells as much as can be seen from outside, and is no proof that there is not more.
 * @throws KubelabError `KL-PACK-INVALID` where its manifests can not be read in memory and time.
 */
export async function readWishes({ lab, folder }: LoadedLab, api: ApiFields): Promise<LabWishes> {
  const { files } = await readFiles(folder);
  const texts = [...files].flatMap(([file, text]) => (text === undefined || file.startsWith('text/') ? [] : [text]));
  // Whatever they are called: it is the action that makes a file a manifest.
  const named = listManifests(lab).map(({ file }) => file);
  const like = [...files.keys()].filter((file) => file !== 'lab.yaml' && /\.ya?ml$/i.test(file));
  const manifests = [...new Set([...named, ...like])].map((file) => [file, files.get(file)] as const);
  const { fields, opaque, outside, told } = await asPackError(`labs/${lab.id}`, async () => ({
    ...(await readFields(manifests, lab, api)),
    told: listKubectl(lab).map((words) => words.join(' ')),
  }));
  const scripts = listScripts(lab).map(({ text, file = '' }) => text ?? files.get(file) ?? '');
  const reached = fields.filter(([key, value]) => [...opening, localVolume].includes(key) && value !== false && value !== null);
  const added = fields.some(([key, value]) => key === 'capabilities' && addsSome(value));
  const unread = opaque.map((file) => files.get(file) ?? '');
  // A field may get its name from a variable.
  const choices = Object.keys(lab.vars).flatMap((name) => choicesOf(lab, name));
  const words = [...scripts, ...unread, ...told, ...choices].flatMap(listOpeningWords);
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
    changes: unique(nameOutside(outside, api), Infinity),
    // All of them: what is left out here is what somebody would hide.
    removes: unique(
      lab.reset.clusterObjects.map(({ kind, name }) => `${kind}/${name}`),
      Infinity,
    ),
    podsReach: [
      ...unique([...reached.map(([key]) => key), ...words, ...(added ? ['capabilities'] : [])]),
      ...unique(findDebugged(lab)).map((node) => `kubectl debug ${node}`),
    ],
    opaque: unique([...opaque, ...listUnreadScripts(lab, files)], Infinity),
    internet: unique([...[...texts, ...scripts].flatMap(listHosts), ...images]),
  };
}

/** Files of scripts that are there and were not read, as what is called like a picture is not. */
function listUnreadScripts(lab: Lab, files: ReadonlyMap<string, string | undefined>): string[] {
  const named = listScripts(lab).flatMap(({ file }) => file ?? []);
  return named.filter((file) => files.has(file) && files.get(file) === undefined);
}

/** The fields that a text names, even where JSON or YAML in it writes letters as escapes. */
function listOpeningWords(text: string): string[] {
  const plain = text.replaceAll(
    /\\(?:u([0-9a-f]{4})|x([0-9a-f]{2})|U000([0-9a-f]{5}))/gi,
    (_, ...codes: (string | undefined)[]) => {
      const code = Number.parseInt(codes.slice(0, 3).find((one) => one !== undefined) ?? '', 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : '?';
    },
  );
  const isLocal = /\bPersistentVolume\b/.test(plain) && /["']?\blocal["']?\s*:\s*\{?\s*["']?path\b/.test(plain);
  return [...[...plain.matchAll(openingWord)].map(([, word = '']) => word), ...(isLocal ? [localVolume] : [])];
}

function addsSome(capabilities: unknown): boolean {
  const { add } = (typeof capabilities === 'object' && capabilities !== null ? capabilities : {}) as { readonly add?: unknown };
  return Array.isArray(add) ? add.length > 0 : add !== undefined;
}

function choicesOf(lab: Lab, name: string): readonly string[] {
  const variable = Object.hasOwn(lab.vars, name) ? lab.vars[name] : undefined;
  if (variable === undefined || 'random' in variable) return [];
  return 'value' in variable ? [variable.value] : variable.pick;
}

interface ReadFields {
  /** Every field of every object. */
  readonly fields: readonly [string, unknown][];
  readonly opaque: readonly string[];
  readonly outside: readonly OutsideObject[];
}

/** Stands for every value that is only known when the lab runs. */
const later = 'kubelab-known-later';

/** @throws KubelabError `KL-LAB-INVALID` */
async function readFields(
  manifests: readonly (readonly [string, string | undefined])[],
  lab: Lab,
  api: ApiFields,
): Promise<ReadFields> {
  const values = sampleValues(lab);
  const isFixed = (name: string): boolean => {
    const variable = Object.hasOwn(lab.vars, name) ? lab.vars[name] : undefined;
    return variable !== undefined ? 'value' in variable : /^(?:namespace$|image\.|node\.|address\.)/.test(name);
  };
  const unknown = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, isFixed(name) ? value : later]));
  const read = withinTime(
    () =>
      manifests.map(([file, text]) => {
        if (text === undefined) return { fields: [], opaque: [file], outside: [] };
        const { objects, findings } = readObjects(file, text, values);
        const vague = readObjects(file, text, unknown);
        const names = vague.objects.flatMap(({ data }) => listFields(data).map(([key]) => key));
        // One choice may be a word where another one is more fields.
        const isBuilt = placeholdersIn(text).some((name) =>
          choicesOf(lab, name)
            .slice(1)
            .some((choice) => /[\n{}[\]]|: /.test(choice)),
        );
        const isOpaque = isBuilt || [...findings, ...vague.findings].length > 0 || names.some((name) => name.includes(later));
        return {
          fields: objects.flatMap(({ data }) => [...listFields(data), ...listLocal(data)]),
          opaque: isOpaque ? [file] : [],
          // What is only known later may be any kind and any namespace.
          outside: vague.objects.flatMap((object) => findOutside(object, lab, api)).map(hideLater),
        };
      }),
    longest,
  );
  if (read === undefined) throw new KubelabError('KL-LAB-INVALID', `Its manifests can not be read within ${longest / 1000} s.`);
  return {
    fields: read.flatMap(({ fields }) => fields),
    opaque: read.flatMap(({ opaque }) => opaque),
    outside: [...read.flatMap(({ outside }) => outside), ...findToldOutside(lab, api)],
  };
}

function hideLater({ kind, name }: OutsideObject): OutsideObject {
  return { kind: kind.replaceAll(later, '*'), name: name.replaceAll(later, '*') };
}

/** A persistent volume that is a folder of a node opens that as hostPath does; elsewhere a field of that name means nothing. */
function listLocal({ kind, spec }: Readonly<Record<string, unknown>>): [string, unknown][] {
  return kind === 'PersistentVolume'
    ? listFields(spec).flatMap(([key, value]) => (key === 'local' ? [[localVolume, value]] : []))
    : [];
}

/** Hosts of URLs, but for those of clusters and of documents. */
function listHosts(text: string): string[] {
  const urls =
    /\bhttps?:\/\/(?:[^/\s@'"]*@)?([a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}|\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\])(?![\w.-])/gi;
  return [...text.matchAll(urls)]
    .map(([, host = '']) => host.toLowerCase())
    .filter(
      (host) =>
        !/\.(?:svc|local|internal|invalid|test|example)$/.test(host) &&
        !/^(?:[\w-]+\.)*example\.(?:com|org|net)$/.test(host) &&
        !nearby.test(host),
    );
}

/** Addresses that lead to nodes, pods and this host. Sources: RFC 1918, RFC 4193, RFC 4291. */
const nearby = /^(?:0\.0\.0\.0$|127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|\[(?:::1?\]|f[cd]|fe80))/;

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
