import { progressOf } from '../labs/attempt/attempt.ts';
import { type CommandResult, defineCommand } from './command.ts';
import type { Context } from './context.ts';
import { openExisting } from './existing.ts';
import { countPoints, pointsToReach } from './lab-report.ts';
import { readCurrent } from './lab-stage.ts';
import { type Words, words } from './lab-words.ts';

export const labStatus = defineCommand({
  name: 'status',
  summary: 'say how far you are in the lab',
  args: {},
  flags: {},
  examples: [{ command: 'kubelab lab status', what: 'steps, points, hints' }],
  run: (_, context) => runStatus(context),
});

async function runStatus(context: Context): Promise<CommandResult> {
  const { attempt, loaded } = await readCurrent(await openExisting(context));
  const { language } = attempt;
  const say = words[language];
  const { points, of } = countPoints(loaded, attempt);
  const steps = loaded.lab.steps.map((step) => ({
    id: step.id,
    title: step.title[language],
    current: step.id === attempt.step,
    pointsOf: pointsToReach(step, attempt),
    ...progressOf(attempt, step.id),
  }));
  return {
    data: {
      lab: loaded.lab.id,
      mode: attempt.mode,
      startedAt: attempt.startedAt,
      finishedAt: attempt.finishedAt,
      points,
      of,
      steps,
    },
    human: () => [
      { kind: 'text', text: `${loaded.lab.title[language]} (${say.modes[attempt.mode]}): ${say.points(points, of)}` },
      {
        kind: 'table',
        table: {
          columns: say.stepColumns,
          rows: steps.map((step) => [
            step.current ? '>' : '',
            step.id,
            sayState(step, say),
            `${step.points}/${step.pointsOf}`,
            String(step.hints.length),
            String(step.resets),
          ]),
        },
      },
    ],
  };
}

function sayState(
  step: { readonly passedAt?: string | undefined; readonly solved: boolean; readonly current: boolean },
  say: Words,
): string {
  if (step.passedAt !== undefined) return step.solved ? say.stepSolved : say.stepPassed;
  return step.current ? say.stepCurrent : '';
}
