import { type FileHandle, open } from 'node:fs/promises';
import { digestOfBytes } from '../store.ts';
import { type BundleInfo, parseInfo } from './info.ts';
import { infoPath, listEntryPaths, sumsPath } from './layout.ts';
import { bundleLimits } from './limits.ts';
import { refuseBundle, showPath } from './refuse.ts';
import { type Entry, readAt, scanEntries, scanFirst } from './scan.ts';

/** All of a bundle but what its contents unpack to. */
export interface Inspection {
  /** Absent when `bundle.json` can not be used. */
  readonly info?: BundleInfo;
  readonly entries: ReadonlyMap<string, Entry>;
  /** The digest that each packed entry should have. */
  readonly sums: ReadonlyMap<string, string>;
  /** What is wrong, one line each. */
  readonly findings: readonly string[];
}

/**
 * Opens a bundle for as long as the work takes.
 * @throws KubelabError `KL-BUNDLE-INVALID` when there is no such file.
 */
export async function withBundleFile<Result>(file: string, work: (handle: FileHandle) => Promise<Result>): Promise<Result> {
  const handle = await openFile(file);
  try {
    if (!(await handle.stat()).isFile()) throw refuseBundle(file, ['it is not a file']);
    return await work(handle);
  } finally {
    await handle.close();
  }
}

/**
 * What a bundle says that it holds, from its first entry alone.
 * @throws KubelabError `KL-BUNDLE-INVALID`
 */
export async function readBundleInfo(file: string): Promise<BundleInfo> {
  return withBundleFile(file, async (handle) => {
    const first = await scanFirst(handle);
    const parsed = typeof first === 'string' ? { findings: [first] } : await readInfo(handle, first);
    if ('info' in parsed) return parsed.info;
    throw refuseBundle(file, parsed.findings);
  });
}

/** Looks at every entry's header, at `bundle.json` and at the sums: a few reads, however large the bundle is. */
export async function inspectBundle(handle: FileHandle): Promise<Inspection> {
  const scan = await scanEntries(handle);
  const entries = new Map(scan.entries.map((entry) => [entry.path, entry]));
  const [first] = scan.entries;
  const json = first === undefined ? undefined : await readSmall(handle, first, bundleLimits.infoBytes);
  const parsed = first === undefined ? { findings: [] } : await readInfo(handle, first);
  if (!('info' in parsed)) return { entries, sums: new Map(), findings: [...scan.findings, ...parsed.findings] };
  const { info } = parsed;
  const { sums, findings } = await readSums(handle, entries.get(sumsPath), listEntryPaths(info).slice(0, -1));
  const order = compareEntries(scan.entries, listEntryPaths(info), scan.findings.length > 0);
  const spoiled = json !== undefined && sums.size > 0 && sums.get(infoPath) !== digestOfBytes(json);
  return {
    info,
    entries,
    sums,
    findings: [
      ...scan.findings,
      ...order,
      ...(entries.has(sumsPath) ? findings : []),
      ...(spoiled ? [`${infoPath} is not the one that was written: its digest differs`] : []),
    ],
  };
}

async function openFile(file: string): Promise<FileHandle> {
  try {
    return await open(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw refuseBundle(file, ['there is no such file'], 'Name a file that kubelab bundle create made.');
    if (code === 'EACCES') throw refuseBundle(file, ['it may not be read by this user'], 'Allow this user to read it.');
    throw error;
  }
}

async function readInfo(handle: FileHandle, first: Entry): Promise<ReturnType<typeof parseInfo>> {
  if (first.path !== infoPath)
    return { findings: [`it is not a bundle: it begins with ${showPath(first.path)}, not with ${infoPath}`] };
  const json = await readSmall(handle, first, bundleLimits.infoBytes);
  return json === undefined ? { findings: [`${infoPath} is too large: ${first.bytes} bytes`] } : parseInfo(json.toString());
}

async function readSmall(handle: FileHandle, entry: Entry, limit: number): Promise<Buffer | undefined> {
  return entry.bytes > limit ? undefined : readAt(handle, entry.start, entry.bytes);
}

/** How the entries differ from those that should be there. */
function compareEntries(entries: readonly Entry[], expected: readonly string[], damaged: boolean): string[] {
  const found = new Set(entries.map(({ path }) => path));
  const wanted = new Set(expected);
  const missing = expected.filter((path) => !found.has(path)).map((path) => `${path} is missing`);
  const extra = entries.filter(({ path }) => !wanted.has(path)).map(({ path }) => `${showPath(path)} does not belong there`);
  const twice = entries
    .filter(({ path }, index) => entries.findIndex((other) => other.path === path) < index)
    .map(({ path }) => `${showPath(path)} is there twice`);
  const findings = [...missing, ...extra, ...twice];
  const moved = !damaged && findings.length === 0 && entries.some(({ path }, index) => path !== expected[index]);
  return moved ? ['its entries are not in order'] : findings;
}

async function readSums(
  handle: FileHandle,
  entry: Entry | undefined,
  expected: readonly string[],
): Promise<{ readonly sums: ReadonlyMap<string, string>; readonly findings: readonly string[] }> {
  const text = entry === undefined ? undefined : await readSmall(handle, entry, bundleLimits.sumsBytes);
  const [end, ...reversed] = text?.toString().split('\n').toReversed() ?? [];
  const lines = reversed.toReversed();
  const right =
    end === '' && lines.length === expected.length && lines.every((line, index) => isSumOf(line, expected[index] ?? ''));
  if (!right) return { sums: new Map(), findings: [`${sumsPath} does not name the entries that it should`] };
  return { sums: new Map(lines.map((line) => [line.slice(66), `sha256:${line.slice(0, 64)}`])), findings: [] };
}

function isSumOf(line: string, path: string): boolean {
  return /^[0-9a-f]{64} {2}/.test(line) && line.slice(66) === path;
}
