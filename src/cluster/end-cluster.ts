import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { KubelabError } from '../errors/errors.ts';
import type { ClusterFolder } from './cluster-folder.ts';
import type { Provider } from './provider.ts';
import type { Step } from './step.ts';

export interface MachineToEnd {
  readonly name: string;
}

/** One step per machine that runs; all at once, as each is on its own. */
export function haltSteps(provider: Provider, machines: readonly MachineToEnd[]): Step[] {
  return machines.map(({ name }) => ({
    id: `halt:${name}`,
    title: 'shut down',
    phase: 'halt',
    node: name,
    needs: [],
    done: async () => (await provider.inspect()).every((machine) => machine.name !== name || machine.state === 'stopped'),
    run: () => provider.stop(name),
  }));
}

/** Ends every machine, then what they shared, then the cluster's folder, which stays while anything else does. */
export function destroySteps(provider: Provider, machines: readonly MachineToEnd[], folder: ClusterFolder): Step[] {
  const destroys = machines.map(({ name }): Step => ({
    id: `destroy:${name}`,
    title: 'destroy',
    phase: 'destroy',
    node: name,
    needs: [],
    done: async () => false,
    run: () => provider.destroy(name),
  }));
  return [
    ...destroys,
    {
      id: 'shared',
      title: 'remove the network and the mounts',
      phase: 'destroy',
      needs: destroys.map((step) => step.id),
      done: async () => false,
      run: async () => {
        const left = await provider.removeShared();
        if (left.length > 0)
          throw new KubelabError('KL-MACHINE-FAILED', 'something could not be removed', {
            details: left,
            cure: 'Run kubelab destroy again.',
          });
      },
    },
    {
      id: 'folder',
      title: 'remove the folder with its keys',
      phase: 'destroy',
      needs: ['shared'],
      done: async () => false,
      run: () => removeFolder(folder),
    },
  ];
}

/** The state goes last: as long as it is there, a run that was cut off here is known to be one. */
async function removeFolder(folder: ClusterFolder): Promise<void> {
  const entries = await readdir(folder.root).catch(() => []);
  for (const entry of entries)
    if (entry !== path.basename(folder.state)) await rm(path.join(folder.root, entry), { recursive: true, force: true });
  await rm(folder.root, { recursive: true, force: true });
}
