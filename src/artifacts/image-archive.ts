import { createReadStream } from 'node:fs';
import { Header } from 'tar';

/** A piece of content as manifests name it. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** An image to be packed: one platform's manifest with all that it names. */
export interface PackedImage {
  /** The full name that nodes know it by: `registry.k8s.io/pause:3.10`. */
  readonly name: string;
  readonly architecture: string;
  readonly manifest: Descriptor;
  readonly manifestBytes: Uint8Array;
  /** Config and layers, in the manifest's order. */
  readonly blobs: readonly Descriptor[];
}

interface Member {
  readonly path: string;
  readonly size: number;
  readonly content: Uint8Array | { readonly digest: string };
}

/** A blob's content, or the file that holds it. */
export type BlobContent = Uint8Array | string;

const block = 512;

/**
 * The image as an OCI archive that `ctr images import` takes. The same image gives the same bytes, always and everywhere.
 * The layout is https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 * @param contentOf a blob by its digest.
 */
export async function* packImage(image: PackedImage, contentOf: (digest: string) => BlobContent): AsyncGenerator<Uint8Array> {
  for (const member of membersOf(image)) {
    yield headerOf(member);
    const content = member.content instanceof Uint8Array ? member.content : contentOf(member.content.digest);
    if (content instanceof Uint8Array) yield content;
    else yield* createReadStream(content) as AsyncIterable<Uint8Array>;
    const rest = member.size % block;
    if (rest > 0) yield new Uint8Array(block - rest);
  }
  yield new Uint8Array(2 * block);
}

/** How many bytes `packImage` gives. */
export function packedBytes(image: PackedImage): number {
  const sizes = membersOf(image).map((member) => block + Math.ceil(member.size / block) * block);
  return sizes.reduce((sum, size) => sum + size, 2 * block);
}

function membersOf(image: PackedImage): readonly Member[] {
  const inline = (path: string, text: string): Member => {
    const content = new TextEncoder().encode(text);
    return { path, size: content.byteLength, content };
  };
  // Layers repeat in some images, and an archive must hold a path only once.
  const blobs = new Map(image.blobs.map((blob) => [blob.digest, blob]));
  return [
    inline('oci-layout', JSON.stringify({ imageLayoutVersion: '1.0.0' })),
    inline('index.json', JSON.stringify(indexOf(image))),
    { path: blobPath(image.manifest.digest), size: image.manifestBytes.byteLength, content: image.manifestBytes },
    ...[...blobs.values()].map(({ digest, size }) => ({ path: blobPath(digest), size, content: { digest } })),
  ];
}

function indexOf(image: PackedImage): unknown {
  const { mediaType, digest, size } = image.manifest;
  const tag = /:([^:/@]+)$/.exec(image.name.split('@', 1)[0] ?? '')?.[1];
  return {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [
      {
        mediaType,
        digest,
        size,
        annotations: {
          'io.containerd.image.name': image.name,
          ...(tag === undefined ? {} : { 'org.opencontainers.image.ref.name': tag }),
        },
        platform: { architecture: image.architecture, os: 'linux' },
      },
    ],
  };
}

function blobPath(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}

function headerOf(member: Member): Uint8Array {
  const header = new Header({
    path: member.path,
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: member.size,
    mtime: new Date(0),
    type: 'File',
  });
  const bytes = Buffer.alloc(block);
  if (header.encode(bytes)) throw new RangeError(`${member.path} does not fit a tar header`);
  return bytes;
}
