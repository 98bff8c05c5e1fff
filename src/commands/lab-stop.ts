import { putAwayAttempt, readCurrentLab, writeCurrentLab } from '../labs/attempt.ts';
import { clearAway } from '../labs/attempt-flow.ts';
import { Interrupted } from '../errors/errors.ts';
import { type CommandResult, defineCommand } from './command.ts';
import type { Context } from './context.ts';
import { openExisting } from './existing.ts';
import { onStage, readCurrent } from './lab-stage.ts';

export const labStop = defineCommand({
  name: 'stop',
  summary: 'end the lab and remove what it made on the cluster',
  description: 'What you reached stays on record. To leave a lab for a while, nothing has to be stopped.',
  args: {},
  flags: {},
  examples: [{ command: 'kubelab lab stop', what: 'the lab that you are working on' }],
  run: (_, context) => runStop(context),
});

async function runStop(context: Context): Promise<CommandResult> {
  const existing = await openExisting(context);
  const { attempt, loaded, folder } = await readCurrent(existing);
  const { id, namespace } = loaded.lab;
  const isWanted = await context.ask({
    text: `End lab ${id} and delete all that is in namespace ${namespace}?`,
    flag: '--yes',
  });
  if (!isWanted) throw new Interrupted('nothing was changed');
  // A cluster that was made anew since has nothing of it.
  if (attempt.made === existing.state.createdAt)
    await onStage(context, { existing, loaded, title: `lab stop ${id}`, changes: true }, (stage) => clearAway(stage, attempt));
  await putAwayAttempt(folder, attempt);
  if ((await readCurrentLab(folder)) === id) await writeCurrentLab(folder, undefined);
  return { data: { stopped: id }, human: () => `Lab ${id} has ended. Nothing of it is left on ${existing.state.name}.` };
}
