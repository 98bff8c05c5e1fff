import { Header } from 'tar';

/** The unit that a tar is written in, in bytes. */
export const blockBytes = 512;

/** The one header that a regular file of this path and size has. @throws RangeError when there is none. */
export function encodeHeader(path: string, bytes: number): Buffer {
  const header = new Header({ path, mode: 0o644, uid: 0, gid: 0, size: bytes, mtime: new Date(0), type: 'File' });
  const block = Buffer.alloc(blockBytes);
  if (header.encode(block)) throw new RangeError(`${JSON.stringify(path)} does not fit a tar header`);
  return block;
}

/** What a block says as a header; undefined when it is none. */
export function decodeHeader(block: Buffer): Header | undefined {
  try {
    const header = new Header(block);
    return header.cksumValid ? header : undefined;
  } catch {
    // Numbers beyond all measure are thrown, not returned.
    return undefined;
  }
}

/** How many zero bytes follow a content of this size. */
export function paddingAfter(bytes: number): number {
  return (blockBytes - (bytes % blockBytes)) % blockBytes;
}

export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
