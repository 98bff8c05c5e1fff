import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { readIfThere } from '../../cluster/files.ts';
import type { MachineState } from '../../cluster/provider.ts';
import { nodeOf, type VagrantSettings } from './settings.ts';

/** A machine as VirtualBox or libvirt has it. */
export interface RawGuest {
  readonly name: string;
  /** A UUID. */
  readonly id: string;
  readonly state: MachineState['state'];
  /** It has a process that only an end of its power helps. */
  readonly dead?: boolean;
}

/** A machine of the cluster. */
export interface Guest extends RawGuest {
  readonly node: string;
  /** Vagrant knows it under this node's name. */
  readonly known: boolean;
}

/** Where Vagrant keeps what it knows of one machine; goes with the machine when Vagrant destroys it. */
export function dataFolder(settings: VagrantSettings, node: string): string {
  return path.join(settings.folder, '.vagrant', 'machines', node, settings.provider);
}

/** The machine of each node by its UUID, as far as Vagrant knows of one. */
export async function readIds(settings: VagrantSettings): Promise<Map<string, string>> {
  const folder = path.join(settings.folder, '.vagrant', 'machines');
  const nodes = await readdir(folder).catch(() => []);
  const entries = await Promise.all(
    nodes.map(async (node): Promise<[string, string]> => {
      const text = await readIfThere(path.join(dataFolder(settings, node), 'id')).catch(() => undefined);
      return [node, text?.trim() ?? ''];
    }),
  );
  return new Map(entries.filter(([, id]) => /^[0-9a-f-]{36}$/i.test(id)));
}

/**
 * The cluster's machines among all of this host: those that Vagrant knows, whatever they are called, and those that have
 * the name of one.
 */
export function findGuests(all: readonly RawGuest[], ids: ReadonlyMap<string, string>, cluster: string): Guest[] {
  const guests = new Map<string, Guest>();
  const nodes = new Map([...ids].map(([node, id]) => [id, node]));
  for (const raw of all) {
    const owner = nodes.get(raw.id);
    const node = owner ?? nodeOf(cluster, raw.name);
    if (node === undefined || guests.get(node)?.known === true) continue;
    guests.set(node, { ...raw, node, known: owner !== undefined });
  }
  return [...guests.values()];
}

/** Removes what Vagrant knows of a machine that is no more. */
export async function forgetMachine(settings: VagrantSettings, node: string): Promise<void> {
  await rm(dataFolder(settings, node), { recursive: true, force: true });
  const folder = path.dirname(dataFolder(settings, node));
  if ((await readdir(folder).catch(() => ['?'])).length === 0) await rm(folder, { recursive: true, force: true });
}
