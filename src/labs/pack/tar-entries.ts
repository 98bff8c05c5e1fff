import { showText } from '../../cluster/yaml-document.ts';
import { blockBytes, decodeHeader, isZero, paddingAfter } from '../../artifacts/tar-block.ts';
import { packLimits } from './pack-limits.ts';
import { openPathBook, type PathBook } from './pack-paths.ts';
import { invalidPack, unsafePack } from './refuse.ts';

/** A file of an archive, found to be harmless. */
export interface PackEntry {
  readonly path: string;
  readonly content: Uint8Array;
}

/**
 * The files of a tar, each once it is whole. Its folders are judged and not given: files make their own, and another one
 * would be in no lock, and below labs/ it would pass for a lab. What no pack may hold ends it before any of it is given: all but regular
 * files and folders, and so every header that gives another entry a name, a size or a target.
 * @throws KubelabError `KL-PACK-INVALID` when it is no tar or cut, `KL-PACK-UNSAFE`.
 */
export async function* readTarEntries(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<PackEntry> {
  const blocks = new Blocks(chunks);
  const account: Account = { book: openPathBook(), entries: 0, bytes: 0 };
  for (;;) {
    const block = await blocks.take(blockBytes);
    if (isZero(block)) break;
    const { path, kind, bytes } = readHeader(block, account);
    if (kind === 'folder') continue;
    const content = await blocks.take(bytes);
    if (!isZero(await blocks.take(paddingAfter(bytes)))) throw invalidPack(`something is hidden after ${showText(path)}`);
    yield { path, content };
  }
  if (!isZero(await blocks.take(blockBytes))) throw invalidPack('the end of the archive is damaged');
  await blocks.requireRest(isZero, () => invalidPack('something follows the end of the archive'));
}

interface Account {
  readonly book: PathBook;
  entries: number;
  bytes: number;
}

function readHeader(block: Buffer, account: Account): { path: string; kind: 'file' | 'folder'; bytes: number } {
  const header = decodeHeader(block);
  if (header === undefined) throw invalidPack('it is no tar, or a damaged one: a header is not valid');
  const { path: written = '', type } = header;
  const isFile = type === 'File' || type === 'OldFile';
  if (!isFile && type !== 'Directory') throw unsafePack(`${showText(written)} is neither a file nor a folder: ${type}`);
  const path = isFile ? written : written.replace(/\/$/, '');
  const kind = isFile ? 'file' : 'folder';
  const wrong = account.book.note(path, kind);
  if (wrong !== undefined) throw unsafePack(`${showText(path)} ${wrong}`);
  const bytes = readSize(block, header.size, kind);
  if (bytes === undefined) throw invalidPack(`the size of ${showText(path)} is not valid`);
  account.entries += 1;
  account.bytes += bytes;
  if (account.entries > packLimits.entries) throw unsafePack(`it holds more than ${packLimits.entries} files and folders`);
  if (bytes > packLimits.fileBytes) throw unsafePack(`${showText(path)} is larger than ${mebibytes(packLimits.fileBytes)}`);
  if (account.bytes > packLimits.bytes) throw unsafePack(`its files are larger than ${mebibytes(packLimits.bytes)} together`);
  return { path, kind, bytes };
}

/**
 * How many bytes belong to an entry; undefined when its header does not say so in the one way that all programs read.
 * @param decoded as tar's own reader has it, which takes what is negative, and any size of a folder, for nothing.
 */
function readSize(block: Buffer, decoded: number | undefined, kind: 'file' | 'folder'): number | undefined {
  const field = block.toString('latin1', 124, 136);
  if (kind === 'folder') return /^[0 \0]*$/.test(field) ? 0 : undefined;
  // Above 8 GiB a number is in binary; a file of that size is refused for it by the caller.
  const isNumber = /^ *[0-7]+[ \0]*$|^\x80/.test(field);
  return isNumber && Number.isSafeInteger(decoded) && decoded !== undefined && decoded >= 0 ? decoded : undefined;
}

function mebibytes(bytes: number): string {
  return `${bytes / 1024 / 1024} MiB`;
}

/** Bytes of a stream in pieces of the size that is asked for. */
class Blocks {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** @throws KubelabError `KL-PACK-INVALID` when the stream ends before. */
  async take(bytes: number): Promise<Buffer> {
    const pieces = [this.#rest];
    let had = this.#rest.byteLength;
    while (had < bytes) {
      const next = await this.#chunks.next();
      if (next.done === true) throw invalidPack('the archive is cut');
      pieces.push(Buffer.from(next.value));
      had += next.value.byteLength;
    }
    const all = pieces.length === 1 ? this.#rest : Buffer.concat(pieces);
    this.#rest = all.subarray(bytes);
    return all.subarray(0, bytes);
  }

  /** Reads to the end of the stream; all of it has to be so. */
  async requireRest(isRight: (bytes: Uint8Array) => boolean, explain: () => Error): Promise<void> {
    for (let bytes: Uint8Array | undefined = this.#rest; bytes !== undefined;) {
      if (!isRight(bytes)) throw explain();
      const next = await this.#chunks.next();
      bytes = next.done === true ? undefined : next.value;
    }
  }
}
