import { fileURLToPath } from 'node:url';
import { fileExists } from '../../exec/file-exists.ts';
import { locateStore, type StoreContext } from './store.ts';

/** A base box, a node image or a machine, as it lies in the store. */
export interface Subvolume {
  readonly kind: 'base' | 'image' | 'machine';
  /** Its key; of a machine its cluster and its node: `study-0e204b/worker1`. */
  readonly name: string;
  /** When it was made or last copied; the clock has seconds only. */
  readonly lastUse: Date;
  readonly uuid: string;
  /** What it was copied from, if that is known. */
  readonly parent?: string;
  /** Before compression; 0 where only names were asked for. */
  readonly bytes: number;
  /** Of these, what nothing else shares. */
  readonly ownBytes: number;
}

const script = fileURLToPath(new URL('../../../../src/providers/nspawn/list-store.sh', import.meta.url));

/** What is in the store, mounted or not, with nothing changed. Sizes take seconds. Empty where there is no store. */
export async function listSubvolumes(context: StoreContext, what: 'names' | 'sizes'): Promise<readonly Subvolume[]> {
  const { folder, file } = locateStore(context.cache);
  if (!(await fileExists(folder))) return [];
  const { stdout } = await context.root.run(['sh', script, folder, file, what], { timeout: 10 * 60_000, signal: context.signal });
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [readLine(line)]));
}

function readLine(line: string): Subvolume {
  const [kind, seconds = '0', uuid = '', parent = '-', bytes = '0', ownBytes = '0', ...name] = line.split('\t');
  if (kind !== 'base' && kind !== 'image' && kind !== 'machine') throw new Error(`list-store.sh printed ${JSON.stringify(line)}`);
  return {
    kind,
    name: name.join('\t'),
    lastUse: new Date(Number(seconds) * 1000),
    uuid,
    ...(parent === '-' || parent === '' ? {} : { parent }),
    bytes: Number(bytes),
    ownBytes: Number(ownBytes),
  };
}
