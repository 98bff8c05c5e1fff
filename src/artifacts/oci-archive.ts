import { createWriteStream } from 'node:fs';
import { copyFile, link, mkdir, mkdtemp, rename, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { create } from 'tar';
import { digestOf } from './digest.ts';
import { type BlobContent, type Descriptor, type PackedImage, packImage } from './image-archive.ts';
import { digestOfBytes } from './store.ts';

export interface ImageConfig {
  /** The full reference that nodes know the image by. */
  readonly reference: string;
  readonly architecture: string;
  readonly entrypoint: readonly string[];
  readonly user?: string;
}

/**
 * Writes an image as one OCI archive, the form that `ctr images import` takes. Layers are uncompressed tar files;
 * the same input gives the same bytes.
 */
export async function writeOciArchive(target: string, config: ImageConfig, layers: readonly string[]): Promise<void> {
  const contents = new Map<string, BlobContent>();
  const layerBlobs = await Promise.all(layers.map((layer) => describeLayer(contents, layer)));
  const configBlob = describeJson(contents, 'application/vnd.oci.image.config.v1+json', {
    architecture: config.architecture,
    os: 'linux',
    config: {
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      Entrypoint: config.entrypoint,
      WorkingDir: '/',
      ...(config.user === undefined ? {} : { User: config.user }),
    },
    rootfs: { type: 'layers', diff_ids: layerBlobs.map(({ digest }) => digest) },
  });
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifestBytes = encodeJson({ schemaVersion: 2, mediaType, config: configBlob, layers: layerBlobs });
  const image: PackedImage = {
    name: config.reference,
    architecture: config.architecture,
    manifest: { mediaType, digest: digestOfBytes(manifestBytes), size: manifestBytes.byteLength },
    manifestBytes,
    blobs: [configBlob, ...layerBlobs],
  };
  const contentOf = (digest: string): BlobContent => {
    const content = contents.get(digest);
    if (content === undefined) throw new Error(`${config.reference} has no blob ${digest}`);
    return content;
  };
  const partial = `${target}.part`;
  try {
    await pipeline(packImage(image, contentOf), createWriteStream(partial));
    await rename(partial, target);
  } finally {
    await rm(partial, { force: true });
  }
}

/** Packs entries of a folder as a tar whose bytes depend on nothing but their names, modes and contents. */
async function packFolder(folder: string, target: string, entries: readonly string[]): Promise<void> {
  await create({ file: target, cwd: folder, portable: true, mtime: new Date(0), follow: false, noPax: true }, [...entries]);
}

/** Makes a layer from files of this host, given by their path in the image; directories come by themselves. */
export async function writeLayer(
  target: string,
  files: Readonly<Record<string, string>>,
  links: Readonly<Record<string, string>> = {},
): Promise<void> {
  const work = await mkdtemp(`${target}.`);
  try {
    for (const [inside, file] of Object.entries(files)) {
      const place = path.join(work, inside);
      await mkdir(path.dirname(place), { recursive: true });
      await link(file, place).catch(() => copyFile(file, place));
    }
    for (const [inside, to] of Object.entries(links)) {
      const place = path.join(work, inside);
      await mkdir(path.dirname(place), { recursive: true });
      await symlink(to, place);
    }
    const top = new Set(
      [...Object.keys(files), ...Object.keys(links)].map((inside) => inside.split('/').filter(Boolean)[0] ?? ''),
    );
    await packFolder(work, target, [...top].toSorted());
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function describeLayer(contents: Map<string, BlobContent>, layer: string): Promise<Descriptor> {
  const { digest, bytes } = await digestOf(layer);
  contents.set(digest, layer);
  return { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size: bytes };
}

function describeJson(contents: Map<string, BlobContent>, mediaType: string, value: unknown): Descriptor {
  const bytes = encodeJson(value);
  const digest = digestOfBytes(bytes);
  contents.set(digest, bytes);
  return { mediaType, digest, size: bytes.byteLength };
}

function encodeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
