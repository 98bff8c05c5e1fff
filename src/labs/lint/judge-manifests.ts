import { showText, type YamlPath } from '../../cluster/yaml-document.ts';
import { KubelabError } from '../../errors/errors.ts';
import type { Values } from '../interpolate.ts';
import type { Lab } from '../lab.ts';
import type { FilePlace, RuleFinding } from './finding.ts';
import { claimedVersions, judgeData } from './api-paths.ts';
import { judgeKind } from './judge-kinds.ts';
import { listActions, listManifests } from './lab-parts.ts';
import { fillInKnown, type ManifestObject, readObjects, sampleImage, sampleValues } from './manifest-objects.ts';
import { type IsCertain, openDoubts } from './manifest-values.ts';
import { listClusterKinds, listToldFlags } from './outside.ts';
import type { LabSubject } from './subject.ts';

/** LAB027 to LAB030, and LAB032 to LAB035 as far as manifests go. */
export function judgeManifests(subject: LabSubject): RuleFinding[] {
  const { lab, files } = subject;
  const values = sampleValues(lab);
  const manifests = listManifests(lab);
  const made = new Set(manifests.flatMap(({ file, makes }) => (makes ? [file] : [])));
  const whole = new Set(manifests.flatMap((manifest) => (manifest.whole ? [manifest.file] : [])));
  const own = [...new Set(manifests.map(({ file }) => file))].flatMap((file) => {
    const text = files.get(file);
    if (text === undefined) return [];
    const { objects, findings } = readOrFind(file, text, values);
    const place: Place = {
      file,
      subject,
      made: made.has(file),
      whole: whole.has(file),
      values,
      isCertain: openDoubts(file, text, objects),
    };
    return [...findings, ...objects.flatMap((object) => judgeObject(object, place))];
  });
  return [...own, ...judgeCreated(subject, values)];
}

function readOrFind(file: string, text: string, values: Values): ReturnType<typeof readObjects> {
  try {
    return readObjects(file, text, values);
  } catch (error) {
    if (!(error instanceof KubelabError)) throw error;
    return { objects: [], findings: [{ rule: 'LAB027', message: error.message, at: { file, line: 1, column: 1 } }] };
  }
}

interface Place {
  readonly file: string;
  readonly subject: LabSubject;
  readonly made: boolean;
  readonly whole: boolean;
  readonly values: Values;
  readonly isCertain: IsCertain;
}

function judgeObject(object: ManifestObject, { file, subject, made, whole, values, isCertain }: Place): RuleFinding[] {
  const { lab, api } = subject;
  const { data, document, path } = object;
  const at = (inner: YamlPath, key = false): FilePlace => {
    const full = [...path, ...inner];
    return { file, ...document.place(key ? document.offsetOfKey(full) : document.offsetOf(full)) };
  };
  const { apiVersion, kind } = data;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string')
    return [{ rule: 'LAB028', message: 'an object has an apiVersion and a kind, which are texts', at: at([]) }];
  const ranges = [lab.requires.kubernetes];
  const verdict = judgeKind(apiVersion, kind, api, ranges);
  const problem: RuleFinding[] = verdict.problem === undefined ? [] : [{ ...verdict.problem, at: at(['kind']) }];
  const view = { api, ...claimedVersions(api, ranges), operators: false, whole };
  const fields =
    verdict.kind === undefined || verdict.problem !== undefined
      ? []
      : judgeData(data, { is: 'object', type: verdict.kind.type }, [], view)
          .filter((found) => isCertain(object, found))
          .map(({ path: inner, message, partly }): RuleFinding => {
            return { rule: partly ? 'LAB034' : 'LAB033', message, at: at(inner, true) };
          });
  const metadata = (data['metadata'] ?? {}) as Readonly<Record<string, unknown>>;
  const name = typeof metadata['name'] === 'string' ? metadata['name'] : '';
  const outside = made && verdict.kind?.namespaced === false ? judgeOutside(kind, name, lab, values) : undefined;
  return [
    ...problem,
    ...fields,
    ...judgeNamespace(metadata['namespace'], lab.namespace).map((message): RuleFinding => ({
      rule: 'LAB032',
      message,
      at: at(['metadata', 'namespace']),
    })),
    ...(outside === undefined ? [] : [{ rule: 'LAB035', message: outside, at: at(['kind']) } as const]),
    ...judgeImages(data, subject).map(({ message, inner }): RuleFinding => ({ rule: 'LAB030', message, at: at(inner) })),
  ];
}

function judgeNamespace(namespace: unknown, own: string): string[] {
  if (namespace === undefined || namespace === own) return [];
  return [
    `expected no namespace, or that of the lab, ${own}; found ${typeof namespace === 'string' ? showText(namespace) : 'something else'}`,
  ];
}

/** What is wrong with an object outside of namespaces that the lab makes. */
function judgeOutside(kind: string, name: string, lab: Lab, values: Values): string | undefined {
  if (kind === 'Namespace' && name === lab.namespace) return 'the namespace of the lab is made by kubelab';
  if (kind === 'Namespace' || kind === 'Node') return `a lab makes no ${kind}: nothing removes it when the lab ends`;
  const isNamed = lab.reset.clusterObjects.some((object) => object.kind === kind && fillInKnown(object.name, values) === name);
  return isNamed ? undefined : `expected reset.clusterObjects to name ${kind} ${name}, so that it is removed when the lab ends`;
}

function judgeImages(data: unknown, subject: LabSubject, inner: YamlPath = []): { message: string; inner: YamlPath }[] {
  if (typeof data !== 'object' || data === null) return [];
  const entries: [string | number, unknown][] = Array.isArray(data) ? [...data.entries()] : Object.entries(data);
  const isContainer = String(inner.at(-2)).endsWith('ontainers');
  return entries.flatMap(([key, value]) => {
    const path = [...inner, key];
    if (key !== 'image' || typeof value !== 'string' || !isContainer) return judgeImages(value, subject, path);
    return judgeImage(value, subject).map((message) => ({ message, inner: path }));
  });
}

function judgeImage(image: string, { lab }: LabSubject): string[] {
  const roles = lab.requires.images;
  if (roles.some((role) => sampleImage(role) === image) || image === 'unknown') return [];
  const named = roles.map((role) => `\${image.${role}}`).join(', ');
  return [
    `expected an image by its role, ${named === '' ? 'which requires.images has to name' : named}; found ${showText(image)}`,
  ];
}

/** Objects, images and namespaces that kubectl is told by its arguments. */
function judgeCreated(subject: LabSubject, values: Values): RuleFinding[] {
  const { lab, api } = subject;
  const clusterKinds = listClusterKinds(api);
  return listActions(lab).flatMap(({ action, path }): RuleFinding[] => {
    if (!('kubectl' in action)) return [];
    const words = action.kubectl.map((word) => fillInKnown(word, values));
    const at = (index: number) => ({ path: [...path, 'kubectl', index] });
    const kind =
      words[0] === 'create'
        ? clusterKinds.find((one) => one.toLowerCase() === (words[1] === 'ns' ? 'namespace' : words[1]))
        : undefined;
    const outside = kind === undefined ? undefined : judgeOutside(kind, words[2] ?? '', lab, values);
    const inner = listToldFlags(words).flatMap(({ index, flag, given }): RuleFinding[] => {
      if (flag === '--image') return judgeImage(given, subject).map((message) => ({ rule: 'LAB030', message, at: at(index) }));
      return judgeNamespace(given, lab.namespace).map((message) => ({ rule: 'LAB032', message, at: at(index) }));
    });
    return [...inner, ...(outside === undefined ? [] : [{ rule: 'LAB035', message: outside, at: at(1) } as const])];
  });
}
