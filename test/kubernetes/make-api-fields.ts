// Writes labs/kubernetes-fields.json from the OpenAPI descriptions in the Go module k8s.io/kubernetes:
//   go mod download k8s.io/kubernetes@v1.36.4
//   npm run build && node dist/test/kubernetes/make-api-fields.js 1.36=.../api/openapi-spec/swagger.json > labs/kubernetes-fields.json
// with one such argument for each version, the oldest first.
import { readFileSync } from 'node:fs';

interface Definition {
  readonly $ref?: string;
  readonly type?: string;
  readonly items?: Definition;
  readonly additionalProperties?: Definition;
  readonly properties?: Readonly<Record<string, Definition>>;
  readonly required?: readonly string[];
  readonly 'x-kubernetes-group-version-kind'?: readonly Gvk[];
}

interface Gvk {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

interface Swagger {
  readonly definitions: Readonly<Record<string, Definition>>;
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly 'x-kubernetes-group-version-kind'?: Gvk }>>>>;
}

/** What was found of something, by version. */
type Sightings = Map<string, Map<string, string>>;

// What people who learn Kubernetes meet; alpha versions are left out everywhere.
const groups = new Set([
  '',
  'apps',
  'batch',
  'autoscaling',
  'policy',
  'networking.k8s.io',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'node.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'authorization.k8s.io',
  'certificates.k8s.io',
]);
const noKind = new Set([
  'DeleteOptions',
  'WatchEvent',
  'Status',
  'APIGroup',
  'APIVersions',
  'Binding',
  'ComponentStatus',
  'Scale',
]);

// By their names, as their definitions say no more than that they are texts.
const scalars = new Map([
  ['util.intstr.IntOrString', 's'],
  ['api.resource.Quantity', 's'],
  ['meta.v1.Time', 't'],
  ['meta.v1.MicroTime', 't'],
]);
const letters = new Map([
  ['string', 't'],
  ['integer', 'i'],
  ['number', 'n'],
  ['boolean', 'b'],
]);
const anything = new Set(['runtime.RawExtension', 'meta.v1.FieldsV1', 'JSON', 'JSONSchemaPropsOrArray', 'JSONSchemaPropsOrBool']);

// Called required, and an API server takes an object without them: nothing, 0 and false are values of theirs as well, or
// it puts in a default. Found in the validation and the defaults of the same module.
const notAsked = new Set([
  'apiextensions.v1.CustomResourceDefinitionVersion served',
  'apiextensions.v1.CustomResourceDefinitionVersion storage',
  'batch.v1.PodFailurePolicy rules',
  'core.v1.EvictionResponder priority',
  'core.v1.HTTPHeader value',
  'core.v1.ISCSIPersistentVolumeSource lun',
  'core.v1.ISCSIVolumeSource lun',
  'core.v1.LimitRangeSpec limits',
  'core.v1.PreferredSchedulingTerm preference',
  'core.v1.SleepAction seconds',
  'core.v1.Sysctl value',
  'policy.v1beta1.HostPortRange min',
  'policy.v1beta1.IDRange min',
  'policy.v1beta1.RuntimeClassStrategyOptions allowedRuntimeClassNames',
  'storage.v1.CSIDriver spec',
  'storage.v1.CSINode spec',
  'storage.v1.CSINodeSpec drivers',
  'storage.v1.TokenRequest audience',
]);

function shortName(definition: string): string {
  return definition
    .replace(/^#\/definitions\//, '')
    .replace(
      /^io\.k8s\.(?:apimachinery\.pkg\.apis\.|apimachinery\.pkg\.|apiextensions-apiserver\.pkg\.apis\.|kube-aggregator\.pkg\.apis\.|api\.)/,
      '',
    );
}

function shapeOf(definition: Definition): string {
  if (definition.$ref !== undefined) {
    const name = shortName(definition.$ref);
    const scalar = scalars.get(name);
    if (scalar !== undefined) return scalar;
    return anything.has(name) || anything.has(name.split('.').at(-1) ?? '') ? 'any' : name;
  }
  if (definition.type === 'array') return `[]${shapeOf(definition.items ?? {})}`;
  if (definition.additionalProperties !== undefined) return `{}${shapeOf(definition.additionalProperties)}`;
  return letters.get(definition.type ?? '') ?? 'any';
}

function note(sightings: Sightings, name: string, version: string, what: string): void {
  const seen = sightings.get(name) ?? new Map<string, string>();
  sightings.set(name, seen.set(version, what));
}

function isWanted({ group, version, kind }: Gvk): boolean {
  return groups.has(group) && !version.includes('alpha') && !kind.endsWith('List') && !noKind.has(kind);
}

function readKinds({ definitions, paths }: Swagger, version: string, kinds: Sightings): string[] {
  const namespaced = new Set<string>();
  const nameOf = ({ group, version: v, kind }: Gvk): string => `${group === '' ? '' : `${group}/`}${v}/${kind}`;
  for (const [path, methods] of Object.entries(paths))
    for (const method of Object.values(methods)) {
      const gvk = method['x-kubernetes-group-version-kind'];
      if (gvk !== undefined && path.includes('/namespaces/{namespace}/')) namespaced.add(nameOf(gvk));
    }
  return Object.entries(definitions).flatMap(([definition, { 'x-kubernetes-group-version-kind': gvks = [] }]) => {
    const wanted = gvks.filter((gvk) => isWanted(gvk) && definition.endsWith(`.${gvk.version}.${gvk.kind}`));
    for (const gvk of wanted)
      note(kinds, nameOf(gvk), version, `${shortName(definition)} ${namespaced.has(nameOf(gvk)) ? 'namespaced' : 'cluster'}`);
    return wanted.length === 0 ? [] : [definition];
  });
}

function readTypes({ definitions }: Swagger, version: string, roots: readonly string[], types: Map<string, Sightings>): void {
  const waiting = [...roots];
  const seen = new Set<string>();
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const short = shortName(name);
    if (seen.has(short) || scalars.has(short)) continue;
    seen.add(short);
    const fields = types.get(short) ?? new Map<string, Map<string, string>>();
    types.set(short, fields);
    const { properties = {}, required = [] } = definitions[name] ?? {};
    for (const [field, definition] of Object.entries(properties)) {
      const shape = shapeOf(definition);
      const isAsked = required.includes(field) && !notAsked.has(`${short} ${field}`);
      // As with the shape, the newest version decides: in older ones it was said of more fields, and wrongly.
      note(fields, field, version, isAsked ? `${shape}!` : shape);
      const reference = JSON.stringify(definition).match(/#\/definitions\/[^"]+/)?.[0];
      if (reference !== undefined && !shape.endsWith('any')) waiting.push(reference.slice('#/definitions/'.length));
    }
  }
}

/** Gives a type that was renamed the fields that it had under its old name. */
function joinRenamed(types: Map<string, Sightings>): void {
  const bare = (shape: string): string => shape.replaceAll(/^(?:\[\]|\{\})+|!$/g, '');
  for (const fields of types.values())
    for (const seen of fields.values()) {
      const renamed = types.get(bare([...seen.values()].at(-1) ?? ''));
      for (const [version, shape] of seen)
        for (const [field, inner] of types.get(bare(shape)) ?? []) {
          const old = inner.get(version);
          const known = renamed?.get(field);
          if (old !== undefined && known?.has(version) === false) renamed?.set(field, new Map([[version, old], ...known]));
        }
    }
}

function spanOf(seen: ReadonlyMap<string, string>, versions: readonly string[]): string {
  const first = versions.findIndex((version) => seen.has(version));
  const last = versions.findLastIndex((version) => seen.has(version));
  return `${first > 0 ? `@${versions[first]}` : ''}${last < versions.length - 1 ? `<${versions[last + 1]}` : ''}`;
}

function sorted<Value>(entries: Iterable<[string, Value]>): [string, Value][] {
  return [...entries].toSorted(([one], [other]) => (one < other ? -1 : 1));
}

function main(): void {
  const sources = process.argv.slice(2).map((argument) => argument.split('=') as [string, string]);
  const versions = sources.map(([version]) => version);
  const kinds: Sightings = new Map();
  const types = new Map<string, Sightings>();
  for (const [version, file] of sources) {
    const swagger = JSON.parse(readFileSync(file, 'utf8')) as Swagger;
    readTypes(swagger, version, readKinds(swagger, version, kinds), types);
  }
  joinRenamed(types);
  const latest = (seen: ReadonlyMap<string, string>): string => [...seen.values()].at(-1) ?? '';
  const kindLines = sorted(kinds).map(([name, seen]) => [name, `${latest(seen)} ${spanOf(seen, versions)}`.trim()]);
  const typeLines = sorted(types).map(([name, fields]) => [
    name,
    sorted(fields)
      .map(([field, seen]) => `${field}:${latest(seen)}${spanOf(seen, versions)}`)
      .join(' '),
  ]);
  const file = { versions, kinds: Object.fromEntries(kindLines), types: Object.fromEntries(typeLines) };
  process.stdout.write(`${JSON.stringify(file, undefined, 1)}\n`);
}

main();
