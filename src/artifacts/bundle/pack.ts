import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const compress = promisify(gzip);

/** Part of the format only in so far as the same file must give the same bytes. */
const pieceBytes = 4 * 1024 * 1024;
/** As many as Node's pool has threads: compressing is what takes the time. */
const piecesAtOnce = 4;

/**
 * A file as gzip. It is a row of members, one for each piece of the file, so that pieces are compressed at the same
 * time; every gzip reads that as one file.
 * @param onPiece told of the plain bytes, in order.
 */
export async function* packFile(file: string, onPiece: (piece: Uint8Array) => void): AsyncGenerator<Uint8Array> {
  const handle = await open(file);
  // Level 1: level 6 takes twice the time to make what is programs and their images a tenth smaller.
  const pack = (piece: Uint8Array): Promise<Uint8Array> => compress(piece, { level: 1 });
  const waiting: Promise<Uint8Array>[] = [];
  let empty = true;
  try {
    for await (const piece of readPieces(handle)) {
      empty = false;
      onPiece(piece);
      waiting.push(pack(piece));
      if (waiting.length < piecesAtOnce) continue;
      const first = await waiting.shift();
      if (first !== undefined) yield first;
    }
    if (empty) waiting.push(pack(new Uint8Array()));
    for (const packed of waiting) yield await packed;
  } finally {
    await Promise.allSettled(waiting);
    await handle.close();
  }
}

async function* readPieces(handle: FileHandle): AsyncGenerator<Uint8Array> {
  for (;;) {
    const piece = Buffer.allocUnsafe(pieceBytes);
    let filled = 0;
    for (let read = -1; read !== 0 && filled < pieceBytes; filled += read)
      read = (await handle.read(piece, filled, pieceBytes - filled)).bytesRead;
    if (filled > 0) yield piece.subarray(0, filled);
    if (filled < pieceBytes) return;
  }
}
