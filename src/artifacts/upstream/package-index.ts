import { KubelabError } from '../../errors/errors.ts';

/** One package of a Debian repository's index. */
export interface Package {
  readonly name: string;
  /** With the revision: `1.36.4-1.1`. */
  readonly version: string;
  readonly architecture: string;
  /** Relative to the repository. */
  readonly file: string;
  readonly digest: string;
  readonly bytes: number;
  /** The names that it depends on. */
  readonly depends: readonly string[];
}

/** Reads a `Packages` index; stanzas that lack a field that is needed are left out. */
export function parsePackages(text: string): readonly Package[] {
  return text.split(/\r?\n(?:[ \t]*\r?\n)+/).flatMap((stanza) => {
    const fields = parseFields(stanza);
    const found = {
      name: fields.get('package') ?? '',
      version: fields.get('version') ?? '',
      architecture: fields.get('architecture') ?? '',
      file: (fields.get('filename') ?? '').replace(/^\.\//, ''),
      digest: `sha256:${fields.get('sha256')?.toLowerCase() ?? ''}`,
      bytes: Number(fields.get('size')),
      depends: (fields.get('depends') ?? '').split(',').flatMap((one) => /^[a-z0-9][a-z0-9+.-]*/.exec(one.trim())?.[0] ?? []),
    };
    return isUsable(found) ? [found] : [];
  });
}

/** The digest that a `Release` file gives for one of its files. @throws KubelabError `KL-SOURCE-DIGEST` when it gives none. */
export function digestInRelease(release: string, file: string): string {
  const section = /^SHA256:[ \t]*\r?\n((?:[ \t]+.*(?:\r?\n|$))+)/m.exec(release)?.[1] ?? '';
  for (const line of section.split('\n')) {
    const [hex = '', , name = ''] = line.trim().split(/\s+/);
    if (name.replace(/^\.\//, '') === file && /^[0-9a-f]{64}$/.test(hex)) return `sha256:${hex}`;
  }
  throw new KubelabError('KL-SOURCE-DIGEST', `the signed Release file names no SHA-256 of ${file}`);
}

/** The Kubernetes patches that an index offers, in no order. */
export function offeredPatches(packages: readonly Package[]): readonly string[] {
  const versions = packages.filter(({ name }) => name === 'kubeadm').map(({ version }) => patchOf(version));
  return [...new Set(versions)].filter((version) => /^\d+\.\d+\.\d+$/.test(version));
}

/** The patch without the revision that the package builder added. */
export function patchOf(version: string): string {
  return version.replace(/-[^-]*$/, '');
}

/** The newest package of a name for an architecture; with a patch, the newest revision of that patch. */
export function pickPackage(
  packages: readonly Package[],
  name: string,
  architecture: string,
  patch?: string,
): Package | undefined {
  return packages
    .filter(
      (one) => one.name === name && one.architecture === architecture && (patch === undefined || patchOf(one.version) === patch),
    )
    .toSorted((a, b) => comparePackageVersions(a.version, b.version))
    .at(-1);
}

/** Numbers by value, all else by letters: enough for `1.36.4-1.1` and `1.4.0-10.2`. */
function comparePackageVersions(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

function parseFields(stanza: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of stanza.split(/\r?\n/)) {
    const match = /^([A-Za-z0-9-]+):[ \t]*(.*)$/.exec(line);
    if (match !== null) fields.set((match[1] ?? '').toLowerCase(), (match[2] ?? '').trim());
  }
  return fields;
}

function isUsable(one: Package): boolean {
  return (
    /^[a-z0-9][a-z0-9+.-]*$/.test(one.name) &&
    /^[A-Za-z0-9.+:~-]+$/.test(one.version) &&
    /^[A-Za-z0-9._+~-]+(\/[A-Za-z0-9._+~-]+)*\.deb$/.test(one.file) &&
    !one.file.split('/').includes('..') &&
    /^sha256:[0-9a-f]{64}$/.test(one.digest) &&
    Number.isSafeInteger(one.bytes) &&
    one.bytes > 0
  );
}
