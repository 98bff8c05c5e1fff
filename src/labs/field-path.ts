/** One step into an object: a key of a map, or a place in a list. */
export type PathStep = string | number;

/** A field path that can not be read. */
export class FieldPathInvalid extends Error {
  constructor(path: string) {
    super(
      `"${path}" is no field path: expected one such as spec.containers[0].image or metadata.labels["app.kubernetes.io/name"]`,
    );
    this.name = 'FieldPathInvalid';
  }
}

const whole = /^(?:[\w$/-]+|\["(?:[^"\\]|\\["\\])*"\])(?:\.[\w$/-]+|\[\d{1,6}\]|\["(?:[^"\\]|\\["\\])*"\])*$/;
const step = /\.?([\w$/-]+)|\[(\d{1,6})\]|\["((?:[^"\\]|\\["\\])*)"\]/g;

/**
 * Reads `spec.containers[0].image`, and `metadata.labels["app.kubernetes.io/name"]` for keys with dots.
 * @throws FieldPathInvalid
 */
export function parseFieldPath(path: string): PathStep[] {
  if (!whole.test(path)) throw new FieldPathInvalid(path);
  return [...path.matchAll(step)].map(([, key, index, quoted]) => {
    if (index !== undefined) return Number(index);
    return key ?? (quoted ?? '').replaceAll(/\\(["\\])/g, '$1');
  });
}

/** The path as text, so that reading it gives the same steps. */
export function renderFieldPath(steps: readonly PathStep[]): string {
  return steps.reduce<string>(extendPath, '');
}

/** The text of the path one step further in. */
export function extendPath(path: string, step: PathStep): string {
  if (typeof step === 'number') return `${path}[${step}]`;
  if (!/^[\w$/-]+$/.test(step)) return `${path}["${step.replaceAll(/["\\]/g, '\\$&')}"]`;
  return path === '' ? step : `${path}.${step}`;
}

/** What is there, or undefined. Objects come from a cluster: any field may be absent or of another type. */
export function fieldAt(value: unknown, ...steps: readonly PathStep[]): unknown {
  return steps.reduce<unknown>((inner, step) => {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, step)) return undefined;
    if (Array.isArray(inner) && typeof step !== 'number') return undefined;
    return (inner as Record<PathStep, unknown>)[step];
  }, value);
}

/** The same for a path as text. @throws FieldPathInvalid */
export function readFieldPath(value: unknown, path: string): unknown {
  return fieldAt(value, ...parseFieldPath(path));
}

/** Any value as text: a scalar as it is, all else as JSON; empty for nothing. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

/** The text there; empty when there is none. */
export function textAt(value: unknown, ...steps: readonly PathStep[]): string {
  const found = fieldAt(value, ...steps);
  return typeof found === 'string' ? found : '';
}

/** The number there; 0 when there is none, as Kubernetes leaves out zeros. */
export function numberAt(value: unknown, ...steps: readonly PathStep[]): number {
  const found = fieldAt(value, ...steps);
  return typeof found === 'number' ? found : 0;
}

/** The list there; empty when there is none. */
export function listAt(value: unknown, ...steps: readonly PathStep[]): readonly unknown[] {
  const found = fieldAt(value, ...steps);
  return Array.isArray(found) ? found : [];
}

/** The map of texts there, such as labels; empty when there is none. */
export function textsAt(value: unknown, ...steps: readonly PathStep[]): Readonly<Record<string, string>> {
  const found = fieldAt(value, ...steps);
  if (typeof found !== 'object' || found === null || Array.isArray(found)) return {};
  return Object.fromEntries(Object.entries(found).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
