import { KubelabError } from '../errors/errors.ts';

/** Names to values: variables of the attempt, `namespace`, `image.ROLE`, `node.NAME`, `address.NAME`. */
export type Values = Readonly<Record<string, string>>;

const placeholder = /(?<!\$)\$\{([A-Za-z][A-Za-z0-9_.-]*)\}/g;

/** The names that a text uses, each once, in the order in which they come. */
export function placeholdersIn(text: string): string[] {
  return [...new Set([...text.matchAll(placeholder)].map((found) => found[1] ?? ''))];
}

/** What a text of a lab may come to once its values are in it; a file of a lab is never larger than a quarter of this. */
const most = 4 * 1024 * 1024;

/**
 * Fills in `${NAME}`. A shell's own `${name}` is written `$${name}` and comes out as `${name}`.
 * @param what what the text is, for the error.
 * @throws Error for a name that has no value: lint finds it in shipped labs.
 * @throws KubelabError `KL-LAB-INVALID` when the text would come to more than `limit` characters.
 */
export function interpolate(text: string, values: Values, what: string, limit = most): string {
  return fillIn(text, values, { what, limit, length: 0 });
}

/** Fills in every text within plain data. The limit is on all of them together. */
export function interpolateAll<Data>(data: Data, values: Values, what: string): Data {
  return fillInAll(data, values, { what, limit: most, length: 0 });
}

/** How far filling in has come: a short text with the same value many times comes to more than there is memory. */
interface Filling {
  readonly what: string;
  readonly limit: number;
  length: number;
}

function fillInAll<Data>(data: Data, values: Values, filling: Filling): Data {
  if (typeof data === 'string') return fillIn(data, values, filling) as Data;
  if (Array.isArray(data)) return data.map((item: unknown) => fillInAll(item, values, filling)) as Data;
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, fillInAll(value, values, filling)])) as Data;
}

function fillIn(text: string, values: Values, filling: Filling): string {
  count(filling, text.length);
  return text.replaceAll(/(\$?)\$\{([A-Za-z][A-Za-z0-9_.-]*)\}/g, (whole, escape: string, name: string) => {
    if (escape !== '') return `\${${name}}`;
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) throw new UnknownPlaceholder(name, filling.what);
    count(filling, value.length - whole.length);
    return value;
  });
}

/** Before anything is joined: the pieces are the same few texts again and again. */
function count(filling: Filling, more: number): void {
  filling.length += more;
  if (filling.length <= filling.limit) return;
  const what = `With its values filled in, ${filling.what} is larger than ${filling.limit / 1024 / 1024} MiB.`;
  throw new KubelabError('KL-LAB-INVALID', what);
}

/** A text, manifest or check of a lab uses a name that nothing gives a value. */
export class UnknownPlaceholder extends Error {
  readonly placeholder: string;
  constructor(placeholder: string, what: string) {
    super(`\${${placeholder}} in ${what} has no value`);
    this.name = 'UnknownPlaceholder';
    this.placeholder = placeholder;
  }
}
