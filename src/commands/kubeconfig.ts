import { readIfThere } from '../cluster/files.ts';
import { KubelabError } from '../errors/errors.ts';
import { defineCommand } from './command.ts';
import { type Existing, openExisting } from './existing.ts';

export const kubeconfig = defineCommand({
  name: 'kubeconfig',
  summary: "say where the cluster's kubeconfig is",
  description: 'It holds a key that may do anything in this cluster. It is a file of its own, and never becomes part of another.',
  args: {},
  flags: { print: { type: 'boolean', summary: 'print what is in it' } },
  examples: [
    { command: 'export KUBECONFIG=$(kubelab kubeconfig)', what: 'let every tool in this shell use it' },
    { command: 'kubelab kubeconfig --print > study.kubeconfig', what: 'a copy of it' },
  ],
  run: async ({ flags }, context) => {
    const { file, text } = await readKubeconfig(await openExisting(context));
    return { data: { file, ...(flags.print ? { kubeconfig: text } : {}) }, human: () => (flags.print ? text : file) };
  },
});

/** @throws KubelabError `KL-CLUSTER-NONE` when the cluster did not come so far that it has one. */
export async function readKubeconfig({ workspace, state }: Existing): Promise<{ readonly file: string; readonly text: string }> {
  const file = workspace.folder.kubeconfig;
  const text = await readIfThere(file);
  if (text !== undefined) return { file, text };
  throw new KubelabError('KL-CLUSTER-NONE', `${state.name} has no kubeconfig yet: it was not brought up to the end`);
}
