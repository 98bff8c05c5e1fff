import { checkAttempt, solveStep } from '../labs/attempt/attempt-flow.ts';
import { patienceAfterSolving } from '../labs/attempt/stage.ts';
import { requireSolutions } from '../labs/solutions.ts';
import { type CommandResult, defineCommand } from './command.ts';
import type { Context } from './context.ts';
import { showRound } from './lab-check.ts';
import { onStage, openReady } from './lab-stage.ts';
import { words } from './lab-words.ts';

export const labSolve = defineCommand({
  name: 'solve',
  summary: 'have the step done for you, and see how',
  description: 'It works in the namespace of the lab, where your own work is, and gives no points for the step.',
  args: {},
  flags: {},
  examples: [{ command: 'kubelab lab solve', what: 'when the hints did not help' }],
  run: (_, context) => runSolve(context),
});

async function runSolve(context: Context): Promise<CommandResult> {
  const { existing, loaded, attempt } = await openReady(context);
  requireSolutions(loaded.lab);
  const title = `lab solve ${loaded.lab.id}`;
  const solved = await onStage(context, { existing, loaded, attempt, title, changes: true }, async (stage) => {
    const { attempt: after, performed } = await solveStep(stage, attempt);
    return { ...(await checkAttempt({ ...stage, patience: patienceAfterSolving(stage) }, after)), performed };
  });
  const shown = showRound(loaded, solved.attempt, solved.round);
  return {
    ...shown,
    data: { ...(shown.data as object), done: solved.performed.done },
    human: () => [
      { kind: 'text', text: words[attempt.language].did },
      { kind: 'verbatim', text: solved.performed.done.join('\n') },
      ...((shown.human?.() ?? []) as Exclude<ReturnType<NonNullable<CommandResult['human']>>, string>),
    ],
  };
}
