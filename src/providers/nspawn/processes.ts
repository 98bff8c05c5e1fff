import { readdir, readFile } from 'node:fs/promises';

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
