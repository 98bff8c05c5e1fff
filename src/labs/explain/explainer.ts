import { fieldAt, listAt, textAt } from '../field-path.ts';
import type { Localized } from '../lab-fields.ts';
import { nameOf, namespaceOf, type KubeObject, type Snapshot } from '../snapshot.ts';

/** What explaining an object may ask. */
export interface Explainer {
  list(apiVersion: string, kind: string, namespace?: string): Promise<readonly KubeObject[]>;
  /** What the newest event with one of these reasons says about an object; undefined without one. */
  event(object: KubeObject, reasons: readonly string[]): Promise<string | undefined>;
  /** What keeps another object from working; nothing when it works, or was asked about before. */
  explain(object: KubeObject): Promise<readonly Localized[]>;
}

/** What keeps an object of one kind from working, as sentences that lead to the first broken link. Nothing when it works. */
export type Explain = (object: KubeObject, explainer: Explainer) => Promise<readonly Localized[]>;

/** Explains through one snapshot, each object at most once. */
export function createExplainer(snapshot: Snapshot, kinds: Readonly<Record<string, Explain>>): Explainer {
  const asked = new Set<string>();
  const explainer: Explainer = {
    list: (apiVersion, kind, namespace) => snapshot.list({ apiVersion, kind, namespace }),
    async event(object, reasons) {
      // Events about objects without a namespace are in this one.
      const namespace = namespaceOf(object) || 'default';
      const events = await snapshot.list({ apiVersion: 'v1', kind: 'Event', namespace });
      return newest(events.filter((event) => isAbout(event, object) && reasons.includes(textAt(event, 'reason'))));
    },
    async explain(object) {
      const kind = textAt(object, 'kind');
      const key = `${kind} ${namespaceOf(object)}/${nameOf(object)}`;
      const explain = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
      if (explain === undefined || asked.has(key)) return [];
      asked.add(key);
      return explain(object, explainer);
    },
  };
  return explainer;
}

function isAbout(event: KubeObject, object: KubeObject): boolean {
  const about = fieldAt(event, 'involvedObject');
  if (textAt(about, 'kind') !== textAt(object, 'kind') || textAt(about, 'name') !== nameOf(object)) return false;
  // One of the same name may have been there before.
  const uid = textAt(about, 'uid');
  const own = textAt(object, 'metadata', 'uid');
  return uid === '' || own === '' || uid === own || textAt(object, 'kind') === 'Node';
}

function newest(events: readonly KubeObject[]): string | undefined {
  const [last] = events.toSorted((a, b) => timeOf(b) - timeOf(a));
  return last === undefined ? undefined : textAt(last, 'message');
}

function timeOf(event: KubeObject): number {
  const texts = [
    textAt(event, 'series', 'lastObservedTime'),
    textAt(event, 'lastTimestamp'),
    textAt(event, 'eventTime'),
    textAt(event, 'metadata', 'creationTimestamp'),
  ];
  return Math.max(0, ...texts.map((text) => Date.parse(text)).filter((time) => !Number.isNaN(time)));
}

/** The objects that another one owns, such as the pods of a ReplicaSet. */
export function ownedBy(owner: KubeObject, objects: readonly KubeObject[]): readonly KubeObject[] {
  const uid = textAt(owner, 'metadata', 'uid');
  return objects.filter((object) =>
    listAt(object, 'metadata', 'ownerReferences').some((reference) =>
      uid === ''
        ? textAt(reference, 'kind') === owner['kind'] && textAt(reference, 'name') === nameOf(owner)
        : textAt(reference, 'uid') === uid,
    ),
  );
}
