import { z } from 'zod';
import { parseImageReference } from '../image-reference.ts';
import { isDigest } from '../store.ts';
import { bundleLimits } from './limits.ts';

const text = z.string().min(1).max(2_000);
const version = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+~:-]{0,127}$/, 'expected a version');
const digest = z.string().refine(isDigest, 'expected a sha256 digest');
const bytes = z.int().min(0).max(bundleLimits.contentBytes);
const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'expected a name');
const image = z.string().max(300).refine(isImageReference, 'expected an image reference');

const artifactSchema = z.strictObject({
  // It becomes a path in the artifacts folder.
  path: z.string().regex(/^(bin|runtime|cni|packages|images)\/[A-Za-z0-9][A-Za-z0-9._+~:-]{0,199}$/, 'expected PLACE/NAME'),
  version,
  from: text,
  digest,
  bytes,
  image: image.optional(),
});

const infoSchema = z
  .strictObject({
    apiVersion: z.literal('kubelab/v1'),
    kind: z.literal('Bundle'),
    /** As the source that made the artifacts resolved it. */
    lock: z.strictObject({
      apiVersion: z.literal('kubelab/v1'),
      source: z.enum(['go', 'upstream']),
      kubernetes: z.string().regex(/^\d+\.\d+\.\d+$/, 'expected an exact version'),
      containerd: version,
      architecture: z.enum(['amd64', 'arm64']),
      components: z.record(name, version),
      images: z.record(name, image),
      artifacts: z.array(artifactSchema).min(1).max(bundleLimits.artifacts),
    }),
    /** Images that play roles in labs, which no node image holds. */
    labs: z
      .strictObject({ images: z.record(name, image), artifacts: z.array(artifactSchema).max(bundleLimits.artifacts) })
      .optional(),
    /** The base box's root file system, as a tar. */
    base: z
      .strictObject({ key: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'expected a key'), digest, bytes })
      .optional(),
    /** The digest of the scripts that make a node image, as they were when the bundle was made. */
    provision: digest,
  })
  .check(({ value, issues }) => {
    for (const message of findContradictions(value))
      issues.push({ code: 'custom', message, input: value, path: ['lock', 'artifacts'] });
  });

/** What `bundle.json` says. */
export type BundleInfo = z.infer<typeof infoSchema>;

/** One file that a bundle holds, however many artifacts it is. */
export interface Content {
  readonly digest: string;
  readonly bytes: number;
  /** What it is, for people: the path of an artifact, or `base box`. */
  readonly name: string;
}

/** What of a bundle says which files it holds. */
export type Held = Pick<BundleInfo, 'lock' | 'labs' | 'base'>;

/** The artifacts of the lock, then the images for labs. */
export function listArtifacts({ lock, labs }: Held): BundleInfo['lock']['artifacts'] {
  return [...lock.artifacts, ...(labs?.artifacts ?? [])];
}

/** Each file once: the artifacts in their order, then the base box. */
export function listContents(held: Held): readonly Content[] {
  const { base } = held;
  const contents = new Map<string, Content>();
  const add = (content: Content): void => void (contents.has(content.digest) || contents.set(content.digest, content));
  for (const { path, digest, bytes } of listArtifacts(held)) add({ digest, bytes, name: path });
  if (base !== undefined) add({ digest: base.digest, bytes: base.bytes, name: 'base box' });
  return [...contents.values()];
}

/** How many bytes the contents are once unpacked. */
export function totalBytes(contents: readonly Content[]): number {
  return contents.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** The text of `bundle.json`. The same content gives the same bytes. @throws ZodError when no bundle may hold this. */
export function renderInfo(info: BundleInfo): Buffer {
  return Buffer.from(`${JSON.stringify(infoSchema.parse(info), undefined, 2)}\n`);
}

/** Reads `bundle.json`; what is wrong with it, one line each, when it can not be used. */
export function parseInfo(json: string): { readonly info: BundleInfo } | { readonly findings: readonly string[] } {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { findings: ['bundle.json is not JSON'] };
  }
  const format = z.object({ apiVersion: z.string(), kind: z.literal('Bundle') }).safeParse(value);
  if (!format.success) return { findings: ['bundle.json does not describe a bundle of kubelab'] };
  if (format.data.apiVersion !== 'kubelab/v1')
    return {
      findings: [`its format ${JSON.stringify(format.data.apiVersion)} is not known to this kubelab; a newer one may read it`],
    };
  const parsed = infoSchema.safeParse(value);
  if (parsed.success) return { info: parsed.data };
  return { findings: parsed.error.issues.map(({ path, message }) => `bundle.json: ${path.join('.')}: ${message}`) };
}

function findContradictions(held: Held): string[] {
  const { base } = held;
  const artifacts = listArtifacts(held);
  const findings: string[] = [];
  const paths = new Set<string>();
  for (const { path } of artifacts) {
    if (paths.has(path)) findings.push(`${path} is named twice`);
    paths.add(path);
  }
  const sizes = new Map(base === undefined ? [] : [[base.digest, base.bytes]]);
  for (const { path, digest, bytes } of artifacts) {
    if ((sizes.get(digest) ?? bytes) !== bytes) findings.push(`${path} has another size than the same file elsewhere`);
    sizes.set(digest, bytes);
  }
  if (totalBytes(listContents(held)) > bundleLimits.totalBytes) findings.push('they are too large together');
  return findings;
}

function isImageReference(reference: string): boolean {
  try {
    parseImageReference(reference);
    return true;
  } catch {
    return false;
  }
}
