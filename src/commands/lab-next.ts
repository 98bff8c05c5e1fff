import { goOn } from '../labs/attempt/attempt-flow.ts';
import { progressOf } from '../labs/attempt/attempt.ts';
import { KubelabError } from '../errors/errors.ts';
import { type CommandResult, defineCommand } from './command.ts';
import type { Context } from './context.ts';
import { countPoints } from './lab-report.ts';
import { showStep } from './lab-show.ts';
import { onStage, openReady } from './lab-stage.ts';
import { words } from './lab-words.ts';

export const labNext = defineCommand({
  name: 'next',
  summary: 'go on to the next step, once this one has passed',
  args: {},
  flags: {},
  examples: [{ command: 'kubelab lab next', what: 'after lab check said that the step is done' }],
  run: (_, context) => runNext(context),
});

async function runNext(context: Context): Promise<CommandResult> {
  const { existing, loaded, attempt } = await openReady(context);
  if (progressOf(attempt, attempt.step).passedAt === undefined)
    throw new KubelabError('KL-LAB-ORDER', `step ${attempt.step} of lab ${loaded.lab.id} has not passed yet`, {
      ko: { message: `${loaded.lab.id} 실습의 ${attempt.step} 단계를 아직 통과하지 못했습니다.` },
    });
  const title = `lab next ${loaded.lab.id}`;
  const moved = await onStage(context, { existing, loaded, attempt, title, changes: true }, (stage) => goOn(stage, attempt));
  if (moved.finishedAt === undefined) return showStep({ existing, loaded, attempt: moved, begun: false });
  const { points, of } = countPoints(loaded, moved);
  const say = words[moved.language];
  return {
    data: { lab: loaded.lab.id, finished: true, points, of },
    human: () => [
      { kind: 'text', text: say.finished(loaded.lab.title[moved.language], points, of), tone: 'good' },
      { kind: 'commands', title: say.next, commands: [{ command: 'kubelab lab stop', what: say.endLab }] },
    ],
  };
}
