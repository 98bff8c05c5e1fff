/** The systems that kubelab knows by name. */
export const knownBoxes = ['debian-12', 'debian-13', 'ubuntu-22.04', 'ubuntu-24.04', 'rocky-9'] as const;
export type KnownBox = (typeof knownBoxes)[number];

/** How a processor architecture is called by Node, by Debian and by Red Hat. */
type Architecture = 'amd64' | 'arm64';

/** Where a publisher has the image of one architecture, and the list with its digest. */
export interface PublishedImage {
  readonly url: string;
  /** A list of digests that names the image by the last part of its URL. */
  readonly list: string;
  readonly algorithm: 'sha256' | 'sha512';
}

/**
 * Cloud images: disks of plain systems with cloud-init, by the publishers of the systems themselves. Those of Debian are
 * the ones with a kernel that has drivers for everything (`generic`): VirtualBox has more than virtio.
 */
export function publishedImage(box: KnownBox, architecture: Architecture): PublishedImage {
  const debian = (suite: string, release: number): PublishedImage => {
    const folder = `https://cloud.debian.org/images/cloud/${suite}/latest`;
    const url = `${folder}/debian-${release}-generic-${architecture}.qcow2`;
    return { url, list: `${folder}/SHA512SUMS`, algorithm: 'sha512' };
  };
  const ubuntu = (release: string): PublishedImage => {
    const folder = `https://cloud-images.ubuntu.com/releases/${release}/release`;
    const url = `${folder}/ubuntu-${release}-server-cloudimg-${architecture}.img`;
    return { url, list: `${folder}/SHA256SUMS`, algorithm: 'sha256' };
  };
  const rocky = (release: number): PublishedImage => {
    const machine = { amd64: 'x86_64', arm64: 'aarch64' }[architecture];
    const folder = `https://dl.rockylinux.org/pub/rocky/${release}/images/${machine}`;
    const url = `${folder}/Rocky-${release}-GenericCloud-Base.latest.${machine}.qcow2`;
    return { url, list: `${url}.CHECKSUM`, algorithm: 'sha256' };
  };
  const images: Readonly<Record<KnownBox, () => PublishedImage>> = {
    'debian-12': () => debian('bookworm', 12),
    'debian-13': () => debian('trixie', 13),
    'ubuntu-22.04': () => ubuntu('22.04'),
    'ubuntu-24.04': () => ubuntu('24.04'),
    'rocky-9': () => rocky(9),
  };
  return images[box]();
}

export function isKnownBox(name: string): name is KnownBox {
  return (knownBoxes as readonly string[]).includes(name);
}
