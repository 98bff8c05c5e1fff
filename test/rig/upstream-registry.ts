import { digestOfBytes } from '../../src/artifacts/store.ts';
import type { UpstreamServer } from './upstream-server.ts';

export interface PublishedImage {
  /** Digest of each architecture's manifest. */
  readonly manifests: Readonly<Record<string, string>>;
  readonly layerDigest: string;
}

/** Publishes a small image for amd64 and arm64 under `HOST/repository:tag`, in the distribution protocol's layout. */
export function publishImage(server: UpstreamServer, reference: string): PublishedImage {
  const [, host = '', repository = '', tag = ''] = /^([^/]+)\/(.+):([^:]+)$/.exec(reference) ?? [];
  const root = `/${host}/v2/${repository}`;
  const blob = (content: Buffer | string): { digest: string; size: number } => {
    const digest = digestOfBytes(Buffer.from(content));
    server.serve(`${root}/blobs/${digest}`, content);
    return { digest, size: Buffer.from(content).length };
  };
  const layer = blob(`the layer of ${reference}`);
  const manifests = ['amd64', 'arm64'].map((architecture) => {
    const config = blob(
      JSON.stringify({
        architecture,
        os: 'linux',
        rootfs: { type: 'layers', diff_ids: [digestOfBytes(`the layer of ${reference}`)] },
      }),
    );
    const text = JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
      // The same layer twice, as images with empty layers have it.
      layers: [layer, layer].map((one) => ({ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...one })),
    });
    const digest = digestOfBytes(text);
    server.serve(`${root}/manifests/${digest}`, text, { 'content-type': 'application/vnd.oci.image.manifest.v1+json' });
    return { architecture, digest, size: text.length };
  });
  const index = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: manifests.map(({ architecture, digest, size }) => ({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest,
      size,
      platform: { os: 'linux', architecture },
    })),
  });
  const headers = { 'content-type': 'application/vnd.oci.image.index.v1+json', 'docker-content-digest': digestOfBytes(index) };
  server.serve(`${root}/manifests/${tag}`, index, headers);
  return { manifests: Object.fromEntries(manifests.map((one) => [one.architecture, one.digest])), layerDigest: layer.digest };
}
