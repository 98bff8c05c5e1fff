import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { blockBytes, encodeHeader, paddingAfter } from '../tar-block.ts';
import { writeWhole } from '../whole-file.ts';
import { sumsPath } from './layout.ts';

/** Writes the entries of a bundle one after the other. */
export interface BundleWriter {
  add(path: string, content: AsyncIterable<Uint8Array>): Promise<void>;
}

/**
 * Writes a bundle beside its target and moves it there once it is whole and on the disk. After a failure nothing is left.
 * @throws KubelabError `KL-HOST-DISK-FULL`
 */
export async function writeBundle(
  target: string,
  write: (writer: BundleWriter) => Promise<void>,
): Promise<{ readonly bytes: number }> {
  const bytes = await writeWhole(target, async (handle) => {
    const tar = new TarFile(handle);
    await write(tar);
    const sums = tar.sums.map(({ path, hex }) => `${hex}  ${path}\n`).join('');
    await tar.add(sumsPath, chunksOf(sums));
    return tar.finish();
  });
  return { bytes };
}

async function* chunksOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

class TarFile implements BundleWriter {
  readonly sums: { readonly path: string; readonly hex: string }[] = [];
  readonly #handle: FileHandle;
  #position = 0;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async add(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    const start = this.#position;
    const hash = createHash('sha256');
    let bytes = 0;
    await this.#append(new Uint8Array(blockBytes));
    for await (const chunk of content) {
      hash.update(chunk);
      bytes += chunk.byteLength;
      await this.#append(chunk);
    }
    await this.#append(new Uint8Array(paddingAfter(bytes)));
    // Only now is the size known that the header says.
    await this.#handle.write(encodeHeader(path, bytes), 0, blockBytes, start);
    this.sums.push({ path, hex: hash.digest('hex') });
  }

  /** @returns the size of the whole. */
  async finish(): Promise<number> {
    await this.#append(new Uint8Array(2 * blockBytes));
    return this.#position;
  }

  async #append(chunk: Uint8Array): Promise<void> {
    await this.#handle.appendFile(chunk);
    this.#position += chunk.byteLength;
  }
}
