import { putAwayAttempt, readAttempt, readCurrentLab, writeCurrentLab } from '../labs/attempt/attempt.ts';
import { clearAway, withoutGround } from '../labs/attempt/attempt-flow.ts';
import { labLabel } from '../labs/lab-label.ts';
import { Interrupted, KubelabError } from '../errors/errors.ts';
import { type CommandResult, defineCommand } from './command.ts';
import type { Context } from './context.ts';
import { type Existing, openExisting } from './existing.ts';
import { openLabCluster } from './lab-cluster.ts';
import { askToStop, askToStopWithout } from './lab-questions.ts';
import { attemptsOf, chooseLanguage, type CurrentAttempt, onStage, readCurrent } from './lab-stage.ts';
import { words } from './lab-words.ts';

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
  try {
    return await stopCurrent(context, existing, await readCurrent(existing));
  } catch (error) {
    const isLost = error instanceof KubelabError && lost.includes(error.code);
    if (!isLost) throw error;
    return stopWithout(context, existing, error);
  }
}

/** What keeps a lab from putting back what it did. */
const lost: readonly string[] = ['KL-LAB-UNKNOWN', 'KL-LAB-INVALID', 'KL-LAB-TRUST', 'KL-LAB-NAMESPACE'];

/**
 * For a lab whose folder is gone or spoiled, that may not run any more, or whose namespace is another's: what carries its
 * label goes, and what else it did stays.
 */
async function stopWithout(context: Context, existing: Existing, reason: KubelabError): Promise<CommandResult> {
  const folder = attemptsOf(existing);
  const id = (await readCurrentLab(folder)) ?? '';
  const attempt = await readAttempt(folder, id);
  const language = chooseLanguage(context, undefined, attempt?.language);
  const isWanted = await context.ask({
    text: askToStopWithout(id, reason.message, language),
    flag: '--yes',
  });
  if (!isWanted) throw new Interrupted('nothing was changed');
  const opened = await openLabCluster(existing);
  try {
    const command = ['delete', 'namespace', '--selector', `${labLabel}=${id}`, '--ignore-not-found'];
    await opened.cluster.kubectl.run(command, { timeout: 300_000 });
  } finally {
    opened.close();
  }
  if (attempt !== undefined) await putAwayAttempt(folder, attempt);
  await writeCurrentLab(folder, undefined);
  return {
    data: { stopped: id, whole: false },
    human: () => words[language].endedInPart(id),
  };
}

async function stopCurrent(
  context: Context,
  existing: Existing,
  { attempt, loaded, folder }: CurrentAttempt,
): Promise<CommandResult> {
  const { id } = loaded.lab;
  const isWanted = await context.ask({ text: askToStop(loaded.lab, attempt.language), flag: '--yes' });
  if (!isWanted) throw new Interrupted('nothing was changed');
  // A cluster that was made anew since has nothing of it.
  if (attempt.made === existing.state.createdAt)
    await onStage(context, { existing, loaded, attempt, title: `lab stop ${id}`, changes: true }, async (stage) =>
      // While it was asked, a step may have passed in another terminal.
      clearAway(stage, withoutGround((await readAttempt(folder, id)) ?? attempt)),
    );
  await putAwayAttempt(folder, attempt);
  if ((await readCurrentLab(folder)) === id) await writeCurrentLab(folder, undefined);
  return {
    data: { stopped: id, whole: true },
    human: () => words[attempt.language].ended(id, existing.state.name),
  };
}
