import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** The process ids of the systemd-nspawn that runs each of these root file systems; absent for those that none runs. */
export async function findMachineProcesses(trees: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  const wanted = new Map(trees.map((tree) => [`--directory=${tree}`, tree]));
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  await Promise.all(
    ids.map(async (id) => {
      const words = (await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')).split('\0');
      // sudo and systemd-run carry the same words and are not the machine.
      if (!(words[0] ?? '').endsWith('systemd-nspawn')) return;
      const tree = words.map((word) => wanted.get(word)).find((match) => match !== undefined);
      if (tree !== undefined) found.set(tree, Number(id));
    }),
  );
  return found;
}

/**
 * Whether processes of a machine live in its control groups, on a host without systemd. They outlive the systemd-nspawn
 * that ran them when that was killed.
 * @param machine the machine's name on this host.
 */
export async function hasMachineProcesses(machine: string): Promise<boolean> {
  for (const hierarchy of ['/sys/fs/cgroup/pids', '/sys/fs/cgroup/systemd', '/sys/fs/cgroup']) {
    const group = join(hierarchy, 'kubelab', machine);
    const entries = await readdir(group, { recursive: true }).catch(() => undefined);
    if (entries === undefined) continue;
    const lists = entries.filter((entry) => basename(entry) === 'cgroup.procs');
    const contents = await Promise.all(lists.map((list) => readFile(join(group, list), 'utf8').catch(() => '')));
    return contents.some((content) => content.trim() !== '');
  }
  return false;
}
