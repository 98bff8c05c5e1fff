import { findAttempts, findInstalled, type InstalledVersion, removeInstalled } from '../labs/pack/installed-packs.ts';
import type { Attempt } from '../labs/attempt/attempt.ts';
import { type CommandResult, defineCommand } from './command.ts';
import type { Context } from './context.ts';

export const labRemove = defineCommand({
  name: 'remove',
  summary: 'remove a pack of labs that was installed',
  description: 'Without a version, all versions of it. What you reached in its labs stays on record. Asks first, or needs --yes.',
  args: { pack: { summary: 'the name of a pack, or NAME@VERSION' } },
  flags: {},
  examples: [
    { command: 'kubelab lab remove storage-class@1.0.0', what: 'one version' },
    { command: 'kubelab lab remove storage-class --yes', what: 'all of them, without asking' },
  ],
  run: ({ args }, context) => runRemove(context, args.pack),
});

async function runRemove(context: Context, asked: string): Promise<CommandResult> {
  const { state } = context.folders;
  const packs = await findInstalled(state, asked);
  const attempts = await findAttempts(state, packs);
  const removed = packs.map(({ name, version }) => ({ name, version }));
  if (!(await context.ask({ text: describeQuestion(packs, attempts), flag: '--yes' })))
    return { data: { removed: [] }, human: () => 'Nothing was removed.' };
  for (const pack of packs) await removeInstalled(state, pack);
  return { data: { removed }, human: () => `Removed ${list(packs)}.` };
}

function describeQuestion(packs: readonly InstalledVersion[], attempts: readonly Attempt[]): string {
  const question = `Remove ${list(packs)}?`;
  if (attempts.length === 0) return question;
  const labs = attempts.map(({ lab, cluster }) => `${lab} on ${cluster}`).join(', ');
  return `You are still working on ${labs}, which can not go on without the pack. ${question}`;
}

function list(packs: readonly InstalledVersion[]): string {
  return packs.map(({ name, version }) => `${name} ${version}`).join(', ');
}
