import { z } from 'zod';
import { KubelabError } from '../errors/errors.ts';
import { type Download, download } from './download.ts';
import { type Descriptor, packedBytes, type PackedImage, packImage } from './image-archive.ts';
import { type ImageReference, parseImageReference } from './image-reference.ts';
import { mapParallel } from './parallel.ts';
import { authorizedSend } from './registry-login.ts';
import { createSend, type Endpoints, fetchBytes, locate, type RequestSettings } from './request.ts';
import { digestOfBytes, type Store } from './store.ts';
import type { Stored } from './stored.ts';

/** An image that was looked up: exact, for one architecture. */
export interface ResolvedImage {
  /** The name that nodes know it by. */
  readonly name: string;
  /** The digest of the platform's manifest. */
  readonly digest: string;
  /** The size of its OCI archive. */
  readonly bytes: number;
}

export type PullProgress = (blob: string, bytes: number) => void;

/** Pulls images from registries that speak the OCI distribution protocol. */
export interface Registry {
  /** Looks an image up. @throws KubelabError `KL-SOURCE-REFUSED` when there is none for the architecture. */
  resolveImage(reference: string, architecture: string, signal: AbortSignal): Promise<ResolvedImage>;
  /** Fetches an image that is named with its digest, and puts it into the store as an OCI archive. */
  pullImage(reference: string, architecture: string, signal: AbortSignal, onProgress?: PullProgress): Promise<Stored>;
}

export interface RegistryOptions extends Omit<RequestSettings, 'signal'> {
  readonly store: Store;
  readonly endpoints?: Endpoints;
}

const manifestLimit = 4 * 1024 * 1024;
const layerLimit = 4 * 1024 * 1024 * 1024;
const parallelBlobs = 2;
const indexTypes = ['application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json'];
const manifestTypes = ['application/vnd.oci.image.manifest.v1+json', 'application/vnd.docker.distribution.manifest.v2+json'];

const descriptorSchema = z.object({
  mediaType: z.string(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.int().min(0).max(layerLimit),
});
const manifestSchema = z.object({ config: descriptorSchema, layers: z.array(descriptorSchema).max(256) });
const indexSchema = z.object({
  manifests: z.array(
    descriptorSchema.extend({
      platform: z.object({ os: z.string(), architecture: z.string() }).optional(),
    }),
  ),
});

/** Opens registries anonymously; tokens that they hand out are kept for as long as this lives. */
export function openRegistry(options: RegistryOptions): Registry {
  const settings = { ...options, send: authorizedSend(options.send ?? createSend()) };
  // Images share layers, and are pulled at the same time.
  const running = new Map<string, Promise<Stored>>();
  const fetchOnce = (wanted: Download & { readonly digest: string }): Promise<Stored> => {
    const already = running.get(wanted.digest);
    if (already !== undefined) return already;
    const fetching = download(wanted).finally(() => running.delete(wanted.digest));
    running.set(wanted.digest, fetching);
    return fetching;
  };
  const fetchPlatform = (reference: string, architecture: string, signal: AbortSignal): Promise<PackedImage> =>
    fetchImage(parseImageReference(reference), architecture, settings, signal);
  return {
    resolveImage: async (reference, architecture, signal) => {
      const image = await fetchPlatform(reference, architecture, signal);
      return { name: image.name, digest: image.manifest.digest, bytes: packedBytes(image) };
    },
    pullImage: async (reference, architecture, signal, onProgress) => {
      const image = await fetchPlatform(reference, architecture, signal);
      const base = baseOf(parseImageReference(reference), options.endpoints);
      const blobs = new Map(image.blobs.map((blob) => [blob.digest, blob]));
      await mapParallel([...blobs.values()], parallelBlobs, signal, (blob, one) => {
        const wanted = { ...settings, url: `${base}/blobs/${blob.digest}`, digest: blob.digest, sizeLimit: blob.size };
        return fetchOnce({ ...wanted, signal: one, onProgress: (bytes) => onProgress?.(blob.digest, bytes) });
      });
      return options.store.put(packImage(image, options.store.pathOf));
    },
  };
}

interface Manifest {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
  readonly content: unknown;
}

async function fetchImage(
  reference: ImageReference,
  architecture: string,
  options: RegistryOptions,
  signal: AbortSignal,
): Promise<PackedImage> {
  const base = baseOf(reference, options.endpoints);
  const wanted = reference.digest ?? reference.tag ?? 'latest';
  let manifest = await fetchManifest(base, wanted, options, signal);
  if (indexTypes.includes(manifest.descriptor.mediaType)) {
    const index = readContent(indexSchema, manifest, reference);
    const match = index.manifests.find(({ platform }) => platform?.os === 'linux' && platform.architecture === architecture);
    if (match === undefined)
      throw new KubelabError('KL-SOURCE-REFUSED', `${reference.name} does not exist for linux/${architecture}`);
    manifest = await fetchManifest(base, match.digest, options, signal);
  }
  if (!manifestTypes.includes(manifest.descriptor.mediaType))
    throw new KubelabError(
      'KL-SOURCE-REFUSED',
      `${reference.name} comes as ${manifest.descriptor.mediaType}, which kubelab can not read`,
    );
  const { config, layers } = readContent(manifestSchema, manifest, reference);
  return {
    name: reference.name,
    architecture,
    manifest: manifest.descriptor,
    manifestBytes: manifest.bytes,
    blobs: [config, ...layers],
  };
}

async function fetchManifest(base: string, wanted: string, options: RegistryOptions, signal: AbortSignal): Promise<Manifest> {
  const url = `${base}/manifests/${wanted}`;
  const { body, response } = await fetchBytes(
    url,
    { ...options, signal },
    { limit: manifestLimit, headers: { accept: [...indexTypes, ...manifestTypes].join(', ') } },
  );
  const digest = digestOfBytes(body);
  const expected = wanted.startsWith('sha256:') ? wanted : response.headers.get('docker-content-digest');
  if (expected?.startsWith('sha256:') === true && expected !== digest)
    throw new KubelabError('KL-SOURCE-DIGEST', `${url} has the digest ${digest}, but it should have ${expected}`, {
      details: [`expected ${expected}`, `found    ${digest}`],
    });
  const mediaType = (response.headers.get('content-type') ?? '').split(';', 1)[0]?.trim() ?? '';
  return { descriptor: { mediaType, digest, size: body.byteLength }, bytes: body, content: parseJson(body) };
}

function readContent<T>(schema: z.ZodType<T>, manifest: Manifest, reference: ImageReference): T {
  const result = schema.safeParse(manifest.content);
  if (result.success) return result.data;
  throw new KubelabError('KL-SOURCE-DIGEST', `the manifest ${manifest.descriptor.digest} of ${reference.name} is not valid`, {
    details: result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`),
  });
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function baseOf(reference: ImageReference, endpoints: Endpoints | undefined): string {
  // The registry behind the name docker.io has another host, as every client knows.
  const host =
    reference.registry === 'docker.io' && endpoints?.['docker.io'] === undefined ? 'registry-1.docker.io' : reference.registry;
  return `${locate(`https://${host}`, endpoints)}/v2/${reference.repository}`;
}
