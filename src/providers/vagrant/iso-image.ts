/** The size that everything on the disc is counted in, in bytes. */
const sector = 2048;

interface IsoFile {
  readonly name: string;
  readonly content: Buffer;
  /** Where it begins, in sectors. */
  readonly at: number;
}

/** The places of all but the files: descriptors from 16 on, the two path tables of each tree, the folder of each tree. */
const places = { primaryTable: 19, primaryTableBig: 20, jolietTable: 21, jolietTableBig: 22, primaryRoot: 23, jolietRoot: 24 };

/**
 * An ISO 9660 image with some small files in one folder, and their names as they are (Joliet): ECMA-119, and the Joliet
 * specification. The same input gives the same bytes.
 * @param label at most 16 characters.
 */
export function makeIsoImage(label: string, files: Readonly<Record<string, string>>): Buffer {
  let next = places.jolietRoot + 1;
  const placed = Object.entries(files).map(([name, text]): IsoFile => {
    const content = Buffer.from(text);
    const file = { name, content, at: next };
    next += Math.max(1, Math.ceil(content.length / sector));
    return file;
  });
  const image = Buffer.alloc(next * sector);
  const put = (at: number, content: Buffer): void => void content.copy(image, at * sector);
  put(16, describeVolume(1, label, next, places.primaryRoot, places.primaryTable, places.primaryTableBig));
  put(17, describeVolume(2, label, next, places.jolietRoot, places.jolietTable, places.jolietTableBig));
  put(18, Buffer.from([255, ...Buffer.from('CD001'), 1]));
  put(places.primaryTable, pathTable(places.primaryRoot, 'little'));
  put(places.primaryTableBig, pathTable(places.primaryRoot, 'big'));
  put(places.jolietTable, pathTable(places.jolietRoot, 'little'));
  put(places.jolietTableBig, pathTable(places.jolietRoot, 'big'));
  put(
    places.primaryRoot,
    folder(places.primaryRoot, placed, (name) => Buffer.from(`${name.toUpperCase()};1`)),
  );
  put(
    places.jolietRoot,
    folder(places.jolietRoot, placed, (name) => wide(name)),
  );
  for (const { at, content } of placed) put(at, content);
  return image;
}

/** UCS-2 with the high byte first. */
function wide(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}

/** A number twice: with its low byte first, then with its high byte first. */
function both(value: number, bytes: 2 | 4): Buffer {
  const buffer = Buffer.alloc(bytes * 2);
  buffer.writeUIntLE(value, 0, bytes);
  buffer.writeUIntBE(value, bytes, bytes);
  return buffer;
}

/** A volume descriptor: 1 is the primary one, 2 the one of the Joliet tree. */
function describeVolume(kind: 1 | 2, label: string, sectors: number, root: number, table: number, tableBig: number): Buffer {
  const volume = Buffer.alloc(sector);
  const text = (value: string, at: number, length: number): void => {
    const padded = kind === 1 ? Buffer.from(value.padEnd(length)) : wide(value.padEnd(Math.floor(length / 2)));
    padded.copy(volume, at, 0, length);
  };
  volume[0] = kind;
  volume.write('CD001', 1, 'latin1');
  volume[6] = 1;
  text('', 8, 32);
  text(label, 40, 32);
  both(sectors, 4).copy(volume, 80);
  // The escape sequence that says UCS-2 level 3.
  if (kind === 2) volume.write('%/E', 88, 'latin1');
  both(1, 2).copy(volume, 120);
  both(1, 2).copy(volume, 124);
  both(sector, 2).copy(volume, 128);
  both(pathTable(root, 'little').length, 4).copy(volume, 132);
  volume.writeUInt32LE(table, 140);
  volume.writeUInt32BE(tableBig, 148);
  entry(Buffer.from([0]), root, sector, true).copy(volume, 156);
  for (const [at, length] of [
    [190, 128],
    [318, 128],
    [446, 128],
    [574, 128],
    [702, 37],
    [739, 37],
    [776, 37],
  ] as const)
    text('', at, length);
  // Four dates that are not given: 16 digits of zero and an offset.
  for (const at of [813, 830, 847, 864]) volume.write('0'.repeat(16), at, 'latin1');
  volume[881] = 1;
  return volume;
}

/** The table of folders, which has one: the root. */
function pathTable(root: number, order: 'little' | 'big'): Buffer {
  const table = Buffer.alloc(10);
  table[0] = 1;
  if (order === 'little') table.writeUInt32LE(root, 2);
  else table.writeUInt32BE(root, 2);
  if (order === 'little') table.writeUInt16LE(1, 6);
  else table.writeUInt16BE(1, 6);
  return table;
}

function folder(root: number, files: readonly IsoFile[], nameOf: (name: string) => Buffer): Buffer {
  const named = files
    .map((file) => ({ ...file, id: nameOf(file.name) }))
    .toSorted((one, other) => Buffer.compare(one.id, other.id));
  return Buffer.concat([
    entry(Buffer.from([0]), root, sector, true),
    entry(Buffer.from([1]), root, sector, true),
    ...named.map(({ id, at, content }) => entry(id, at, content.length, false)),
  ]);
}

/** One entry of a folder. */
function entry(id: Buffer, at: number, bytes: number, isFolder: boolean): Buffer {
  const length = 33 + id.length + ((id.length + 1) % 2);
  const record = Buffer.alloc(length);
  record[0] = length;
  both(at, 4).copy(record, 2);
  both(bytes, 4).copy(record, 10);
  // The first of January 2000, so that the same files give the same image.
  Buffer.from([100, 1, 1, 0, 0, 0, 0]).copy(record, 18);
  record[25] = isFolder ? 2 : 0;
  both(1, 2).copy(record, 28);
  record[32] = id.length;
  id.copy(record, 33);
  return record;
}
