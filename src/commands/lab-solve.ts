import path from 'node:path';
import { cleanText } from '../cluster/plain-text.ts';
import { checkAttempt, solveStep } from '../labs/attempt/attempt-flow.ts';
import type { DoneAction } from '../labs/attempt/done-action.ts';
import type { Language } from '../labs/language.ts';
import { patienceAfterSolving } from '../labs/attempt/stage.ts';
import { requireSolutions } from '../labs/solutions.ts';
import { Interrupted } from '../errors/errors.ts';
import type { Block } from '../ui/block.ts';
import { type CommandResult, defineCommand } from './command.ts';
import type { Context } from './context.ts';
import { showRound } from './lab-check.ts';
import { askToSolve } from './lab-questions.ts';
import { onStage, openReady } from './lab-stage.ts';
import { type Words, words } from './lab-words.ts';

export const labSolve = defineCommand({
  name: 'solve',
  summary: 'have the step done for you, and see how',
  description:
    'It works where your own work is, and may change or delete that, so that it asks before. It gives no points for the step.',
  args: {},
  flags: {},
  examples: [{ command: 'kubelab lab solve', what: 'when the hints did not help' }],
  run: (_, context) => runSolve(context),
});

async function runSolve(context: Context): Promise<CommandResult> {
  const { existing, loaded, attempt } = await openReady(context);
  requireSolutions(loaded.lab);
  const isWanted = await context.ask({ text: askToSolve(loaded.lab, attempt.step, attempt.language), flag: '--yes' });
  if (!isWanted) throw new Interrupted('nothing was changed');
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
      ...describeDone(solved.performed.done, attempt.language),
      ...((shown.human?.() ?? []) as Exclude<ReturnType<NonNullable<CommandResult['human']>>, string>),
    ],
  };
}

/** What was done, in its order, as a learner could do it by hand. */
export function describeDone(done: readonly DoneAction[], language: Language): readonly Block[] {
  const say = words[language];
  return [{ kind: 'text', text: say.did }, ...done.flatMap((action) => describeAction(action, say))];
}

function describeAction(action: DoneAction, say: Words): readonly Block[] {
  const { text, hidden } = action;
  if (text === undefined) return [{ kind: 'text', text: say.waited(action.object) }];
  return [
    { kind: 'heading', text: nameAction(action, say) },
    { kind: 'markdown', nodes: [{ kind: 'code', language: 'sh', text: cleanText(text) }] },
    ...(hidden === undefined ? [] : [{ kind: 'text', text: say.moreLines(hidden), tone: 'careful' } as const]),
  ];
}

function nameAction({ kind, file = '', nodes = [] }: DoneAction, say: Words): string {
  // Learners have no folder of the lab at hand.
  const name = path.posix.basename(file);
  if (kind === 'apply') return say.applied(name);
  if (kind === 'run') return say.ranScript(nodes.join(', '), name);
  return kind === 'answer' ? say.answered : say.ranKubectl;
}
