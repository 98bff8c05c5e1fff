import { createHash } from 'node:crypto';
import { copyFile, link, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { create } from 'tar';
import { digestOf } from './digest.ts';

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
 * The layout is https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export async function writeOciArchive(target: string, config: ImageConfig, layers: readonly string[]): Promise<void> {
  const work = await mkdtemp(`${target}.`);
  try {
    const blobs = path.join(work, 'blobs', 'sha256');
    await mkdir(blobs, { recursive: true });
    const layerBlobs = await Promise.all(layers.map((layer) => addLayer(blobs, layer)));
    const configBlob = await addJson(blobs, {
      architecture: config.architecture,
      os: 'linux',
      config: {
        Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
        Entrypoint: config.entrypoint,
        WorkingDir: '/',
        ...(config.user === undefined ? {} : { User: config.user }),
      },
      rootfs: { type: 'layers', diff_ids: layerBlobs.map((blob) => blob.digest) },
    });
    const manifest = await addJson(blobs, {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...configBlob },
      layers: layerBlobs.map((blob) => ({ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...blob })),
    });
    await writeFile(path.join(work, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
    await writeFile(
      path.join(work, 'index.json'),
      JSON.stringify({
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.index.v1+json',
        manifests: [
          {
            mediaType: 'application/vnd.oci.image.manifest.v1+json',
            ...manifest,
            annotations: {
              'io.containerd.image.name': config.reference,
              'org.opencontainers.image.ref.name': config.reference.split(':').at(-1) ?? 'latest',
            },
          },
        ],
      }),
    );
    await packFolder(work, `${target}.part`, ['oci-layout', 'index.json', 'blobs']);
    await rename(`${target}.part`, target);
  } finally {
    await rm(work, { recursive: true, force: true });
    await rm(`${target}.part`, { force: true });
  }
}

/** Packs entries of a folder as a tar whose bytes depend on nothing but their names, modes and contents. */
export async function packFolder(folder: string, target: string, entries: readonly string[]): Promise<void> {
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

interface Blob {
  readonly digest: string;
  readonly size: number;
}

async function addLayer(blobs: string, layer: string): Promise<Blob> {
  const { digest, bytes } = await digestOf(layer);
  const place = path.join(blobs, digest.replace('sha256:', ''));
  await link(layer, place).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') await copyFile(layer, place);
  });
  return { digest, size: bytes };
}

async function addJson(blobs: string, value: unknown): Promise<Blob> {
  const text = JSON.stringify(value);
  const digest = createHash('sha256').update(text).digest('hex');
  await writeFile(path.join(blobs, digest), text);
  return { digest: `sha256:${digest}`, size: Buffer.byteLength(text) };
}
