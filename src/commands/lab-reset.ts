import { readAttempt } from '../labs/attempt/attempt.ts';
import { resetTo } from '../labs/attempt/attempt-flow.ts';
import { requireWayTo } from '../labs/solutions.ts';
import { Interrupted, KubelabError } from '../errors/errors.ts';
import { type CommandResult, defineCommand } from './command.ts';
import type { Context } from './context.ts';
import { askToReset } from './lab-questions.ts';
import { showStep } from './lab-show.ts';
import { onStage, openCurrent } from './lab-stage.ts';

export const labReset = defineCommand({
  name: 'reset',
  summary: 'bring back the start of the step, or of the whole lab',
  description:
    'All that is in the namespace of the lab is deleted, your own work too. Earlier steps are then done for you again. Your files on this host are not touched.',
  args: {},
  flags: {
    step: { type: 'boolean', summary: 'the step that you are at; this is what it does without a flag' },
    lab: { type: 'boolean', summary: 'the whole lab: back to its first step' },
  },
  examples: [
    { command: 'kubelab lab reset', what: 'the step, when something is broken' },
    { command: 'kubelab lab reset --lab', what: 'all of it' },
  ],
  run: ({ flags }, context) => runReset(context, flags),
});

async function runReset(context: Context, flags: { readonly step: boolean; readonly lab: boolean }): Promise<CommandResult> {
  if (flags.step && flags.lab)
    throw new KubelabError('KL-USE', 'give --step or --lab, and not both', {
      ko: { message: '--step과 --lab은 함께 쓸 수 없습니다.' },
    });
  const { existing, loaded, attempt, folder } = await openCurrent(context);
  const { id } = loaded.lab;
  const step = flags.lab ? (loaded.lab.steps[0]?.id ?? '') : attempt.step;
  requireWayTo(loaded.lab, step);
  const isWanted = await context.ask({ text: askToReset(loaded.lab, step, attempt.language), flag: '--yes' });
  if (!isWanted) throw new Interrupted('nothing was changed');
  const title = `lab reset ${id}`;
  const begun = await onStage(context, { existing, loaded, attempt, title, changes: true }, async (stage) =>
    // While it was asked, somebody may have looked at a hint in another terminal.
    resetTo(stage, (await readAttempt(folder, id)) ?? attempt, step),
  );
  return showStep({ existing, loaded, attempt: begun, begun: false });
}
