/** Names to values: variables of the attempt, `namespace`, `image.ROLE`, `node.NAME`, `address.NAME`. */
export type Values = Readonly<Record<string, string>>;

const placeholder = /(?<!\$)\$\{([A-Za-z][A-Za-z0-9_.-]*)\}/g;

/** The names that a text uses, each once, in the order in which they come. */
export function placeholdersIn(text: string): string[] {
  return [...new Set([...text.matchAll(placeholder)].map((found) => found[1] ?? ''))];
}

/**
 * Fills in `${NAME}`. A shell's own `${name}` is written `$${name}` and comes out as `${name}`.
 * @param what what the text is, for the error.
 * @throws Error for a name that has no value: lint finds it in shipped labs.
 */
export function interpolate(text: string, values: Values, what: string): string {
  return text.replaceAll(/(\$?)\$\{([A-Za-z][A-Za-z0-9_.-]*)\}/g, (_, escape: string, name: string) => {
    if (escape !== '') return `\${${name}}`;
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) throw new UnknownPlaceholder(name, what);
    return value;
  });
}

/** Fills in every text within plain data. */
export function interpolateAll<Data>(data: Data, values: Values, what: string): Data {
  if (typeof data === 'string') return interpolate(data, values, what) as Data;
  if (Array.isArray(data)) return data.map((item: unknown) => interpolateAll(item, values, what)) as Data;
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, interpolateAll(value, values, what)])) as Data;
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
