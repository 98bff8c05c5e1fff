import { progressOf } from '../labs/attempt.ts';
import { type CommandResult, defineCommand } from './command.ts';
import type { Context } from './context.ts';
import { openExisting } from './existing.ts';
import { countPoints } from './lab-report.ts';
import { readCurrent } from './lab-stage.ts';

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
  const { points, of } = countPoints(loaded, attempt);
  const steps = loaded.lab.steps.map((step) => ({
    id: step.id,
    title: step.title[language],
    current: step.id === attempt.step,
    pointsOf: step.checks.reduce((sum, check) => sum + check.points, 0),
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
      { kind: 'text', text: `${loaded.lab.title[language]} (${attempt.mode}): ${points} of ${of} points` },
      {
        kind: 'table',
        table: {
          columns: ['', 'STEP', 'STATE', 'POINTS', 'HINTS', 'RESETS'],
          rows: steps.map((step) => [
            step.current ? '>' : '',
            step.id,
            sayState(step),
            `${step.points}/${step.pointsOf}`,
            String(step.hints.length),
            String(step.resets),
          ]),
        },
      },
    ],
  };
}

function sayState(step: { readonly passedAt?: string | undefined; readonly solved: boolean; readonly current: boolean }): string {
  if (step.passedAt !== undefined) return step.solved ? 'solved for you' : 'passed';
  return step.current ? 'at it' : '';
}
