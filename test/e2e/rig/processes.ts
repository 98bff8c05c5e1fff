import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';

/** A process of the host. */
export interface HostProcess {
  readonly pid: number;
  readonly parent: number;
  /** Clock ticks since the boot; with the pid it names one process. */
  readonly started: string;
  readonly words: readonly string[];
  /** Its control groups, as /proc has them. */
  readonly groups: string;
}

/** Every process that has a command line: all but the kernel's own. */
export async function listProcesses(): Promise<HostProcess[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(ids.map((id) => readHostProcess(Number(id)).catch(() => undefined)));
  return found.filter((process) => process !== undefined);
}

async function readHostProcess(pid: number): Promise<HostProcess | undefined> {
  const [words, stat, groups] = await Promise.all(
    ['cmdline', 'stat', 'cgroup'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8')),
  );
  if (!words || stat === undefined || groups === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { pid, parent: Number(fields[1]), started: fields[19] ?? '', words: words.split('\0').slice(0, -1), groups };
}

/** The process and those above it, up to init. */
export function lineOf(process: HostProcess, all: ReadonlyMap<number, HostProcess>): HostProcess[] {
  const line: HostProcess[] = [];
  for (let next: HostProcess | undefined = process; next !== undefined && !line.includes(next); next = all.get(next.parent))
    line.push(next);
  return line;
}

export function programOf(process: HostProcess): string {
  return basename(process.words[0] ?? '');
}

/** The systemd-nspawn of each machine whose file system is below a folder, by its file system's name. */
export async function findNspawns(trees: string): Promise<Map<string, HostProcess>> {
  const found = new Map<string, HostProcess>();
  for (const process of await listProcesses()) {
    if (programOf(process) !== 'systemd-nspawn') continue;
    const tree = process.words.find((word) => word.startsWith(`--directory=${trees}/`));
    if (tree !== undefined) found.set(basename(tree), process);
  }
  return found;
}
