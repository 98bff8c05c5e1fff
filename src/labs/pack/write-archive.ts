import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { blockBytes, encodeHeader, paddingAfter } from '../../artifacts/tar-block.ts';
import { compareText } from '../../cluster/compare-text.ts';
import { lockFile, makeLock, renderLock } from './pack-lock.ts';
import type { PackContent } from './read-folder.ts';

const compress = promisify(gzip);

/** The byte of gzip's header that names the system it was made on, and its value for none. */
const systemAt = 9;
const noSystem = 255;

/** Every file of a pack, with its lock. */
export function withLock({ pack, build, files }: PackContent, kubelab: string): ReadonlyMap<string, Uint8Array> {
  return new Map([...files, [lockFile, Buffer.from(renderLock(makeLock(pack, { build, kubelab }, files)))]]);
}

/**
 * A pack as one file: a tar of regular files in order of their names, as gzip, with no times, owners or systems in it.
 * The tar is the same on every host; what gzip makes of it is, with the same version of Node.
 * @param files with the lock.
 */
export async function renderArchive(files: ReadonlyMap<string, Uint8Array>): Promise<Buffer> {
  const blocks = [...files.keys()].toSorted(compareText).flatMap((path) => {
    const content = files.get(path) ?? new Uint8Array();
    return [encodeHeader(path, content.byteLength), content, new Uint8Array(paddingAfter(content.byteLength))];
  });
  const packed = await compress(Buffer.concat([...blocks, new Uint8Array(2 * blockBytes)]), { level: 9 });
  packed[systemAt] = noSystem;
  return packed;
}

/** `class-1.0.0.labpack.tar.gz`; that of an instructor build says so. */
export function nameArchive({ pack, build }: Pick<PackContent, 'pack' | 'build'>): string {
  return `${pack.name}-${pack.version}${build === 'instructor' ? '-instructor' : ''}.labpack.tar.gz`;
}
