import { compareText } from '../cluster/compare-text.ts';
import type { ApiClient } from '../kubernetes/api-client.ts';
import { ApiError } from '../kubernetes/api-error.ts';
import type { SeenList } from '../kubernetes/api-watch.ts';
import { apiRoot, findBuiltInKind, listPath, type KindPlace } from '../kubernetes/kinds.ts';
import { fieldAt, listAt, textAt } from './field-path.ts';

/** An object as the API server gave it, with its apiVersion and kind. Nothing else about it is certain. */
export type KubeObject = Readonly<Record<string, unknown>>;

/** Objects of a kind: in a namespace, where the kind has namespaces, or all. */
export interface KindIn {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string | undefined;
}

/** The cluster at one moment, or as near to it as can be: each kind is listed once, when somebody first wants it. */
export interface Snapshot {
  /** Sorted by namespace and name. None for a kind that the cluster does not know. @throws ApiError */
  list(kind: KindIn): Promise<readonly KubeObject[]>;
}

/** Snapshots that are taken one after the other. */
export interface Snapshots {
  take(): Snapshot;
  /** What was read for all of them until now. */
  seen(): Seen;
}

/** What can be watched to learn that something is no longer as it was seen. */
export interface Seen {
  /** Each list that was read, as it was the first time. */
  readonly lists: readonly SeenList[];
  /** Something could not be read, or is of a kind that the cluster does not know: no watch tells when that changes. */
  readonly isPartial: boolean;
}

/** Takes snapshots, and remembers between them which kinds the cluster has. */
export function createSnapshots(api: ApiClient): Snapshots {
  const places = new Map<string, Promise<KindPlace | undefined>>();
  const locate = (kind: KindIn): Promise<KindPlace | undefined> => {
    const key = `${kind.apiVersion} ${kind.kind}`;
    const known = places.get(key) ?? findPlace(api, kind);
    places.set(key, known);
    // A kind that is not there now may come; and an error is no answer.
    known.then(
      (place) => place === undefined && places.delete(key),
      () => places.delete(key),
    );
    return known;
  };
  const versions = new Map<string, string>();
  let isPartial = false;
  const read = async (path: string, place: KindPlace): Promise<readonly KubeObject[]> => {
    const { objects, version } = await readList(api, path, place);
    if (version === '') isPartial = true;
    else if (!versions.has(path)) versions.set(path, version);
    return objects;
  };
  const whole = <T>(asked: Promise<T>): Promise<T> =>
    asked.catch((error: unknown) => {
      isPartial = true;
      throw error;
    });
  const take = (): Snapshot => {
    const lists = new Map<string, Promise<readonly KubeObject[]>>();
    return {
      async list(kind) {
        const place = await whole(locate(kind));
        if (place === undefined) {
          isPartial = true;
          return [];
        }
        const path = listPath(place, kind.namespace);
        const list = lists.get(path) ?? whole(read(path, place));
        lists.set(path, list);
        return list;
      },
    };
  };
  return { take, seen: () => ({ lists: [...versions].map(([path, version]) => ({ path, version })), isPartial }) };
}

interface ReadList {
  readonly objects: readonly KubeObject[];
  /** Of the list; empty where the cluster has no such kind. */
  readonly version: string;
}

async function findPlace(api: ApiClient, { apiVersion, kind }: KindIn): Promise<KindPlace | undefined> {
  const known = findBuiltInKind(apiVersion, kind);
  if (known !== undefined) return known;
  const resources = listAt(await orNothing(api.get(apiRoot(apiVersion))), 'resources');
  // Parts of objects, such as pods/log, have a kind too.
  const found = resources.find((resource) => fieldAt(resource, 'kind') === kind && !textAt(resource, 'name').includes('/'));
  if (found === undefined) return undefined;
  return { apiVersion, kind, resource: textAt(found, 'name'), namespaced: fieldAt(found, 'namespaced') === true };
}

async function readList(api: ApiClient, path: string, { apiVersion, kind }: KindPlace): Promise<ReadList> {
  const answer = await orNothing(api.get(path));
  const objects = listAt(answer, 'items')
    .filter((item): item is KubeObject => typeof item === 'object' && item !== null)
    // Items of a list come without these two.
    .map((item) => ({ ...item, apiVersion, kind }))
    .toSorted((a, b) => compareText(sortKey(a), sortKey(b)));
  return { objects, version: textAt(answer, 'metadata', 'resourceVersion') };
}

function sortKey(object: KubeObject): string {
  return `${namespaceOf(object)}/${nameOf(object)}`;
}

/** 404: this version of Kubernetes, or this cluster, has no such kind. */
function orNothing(answer: Promise<unknown>): Promise<unknown> {
  return answer.catch((error: unknown) => {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  });
}

export function nameOf(object: KubeObject | undefined): string {
  return textAt(object, 'metadata', 'name');
}

export function namespaceOf(object: KubeObject | undefined): string {
  return textAt(object, 'metadata', 'namespace');
}

/** Whether every label of the selector is there. */
export function hasLabels(object: KubeObject, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).every(([key, value]) => fieldAt(object, 'metadata', 'labels', key) === value);
}

/** The status condition of that type, or undefined. */
export function conditionOf(object: KubeObject | undefined, type: string): unknown {
  return listAt(object, 'status', 'conditions').find((condition) => textAt(condition, 'type') === type);
}

/** Whether a pod can be used: its condition Ready is True, and it is not on its way out. */
export function isReadyPod(pod: KubeObject): boolean {
  return textAt(conditionOf(pod, 'Ready'), 'status') === 'True' && fieldAt(pod, 'metadata', 'deletionTimestamp') === undefined;
}
