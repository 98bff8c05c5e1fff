import { setTimeout as sleep } from 'node:timers/promises';
import { Interrupted } from '../errors/errors.ts';
import type { Attempt } from '../labs/attempt.ts';
import { checkAttempt, hasPassed } from '../labs/attempt-flow.ts';
import type { Round } from '../labs/check-result.ts';
import type { Stage } from '../labs/stage.ts';
import { type CommandResult, defineCommand } from './command.ts';
import type { Context } from './context.ts';
import { showRound } from './lab-check.ts';
import { words } from './lab-words.ts';
import { onStage, openReady } from './lab-stage.ts';

export const labWatch = defineCommand({
  name: 'watch',
  summary: 'check again and again until the step passes',
  description: 'Looks every two seconds and says what has changed. Work on in another terminal; Ctrl-C ends it.',
  args: {},
  flags: {},
  examples: [{ command: 'kubelab lab watch', what: 'beside the terminal that you work in' }],
  run: (_, context) => runWatch(context),
});

const pause = 2000;

async function runWatch(context: Context): Promise<CommandResult> {
  const { existing, loaded, attempt } = await openReady(context);
  const title = `lab watch ${loaded.lab.id}`;
  const { attempt: after, round } = await onStage(context, { existing, loaded, title, changes: false }, (stage) =>
    watchUntilPassed(stage, attempt, context),
  );
  return showRound(loaded, after, round);
}

async function watchUntilPassed(
  stage: Stage,
  attempt: Attempt,
  { events, signal }: Pick<Context, 'events' | 'signal'>,
): Promise<{ attempt: Attempt; round: Round }> {
  const say = words[attempt.language];
  const known = new Map<string, string>();
  let current = attempt;
  for (;;) {
    const checked = await checkAttempt(stage, current);
    current = checked.attempt;
    for (const result of checked.round.results) {
      const message = result.status === 'pass' ? '' : `: ${result.message?.[attempt.language] ?? ''}`;
      const line = `${result.check}: ${say.statuses[result.status]}${message}`;
      if (known.get(result.check) !== line) events({ type: 'note', text: line });
      known.set(result.check, line);
    }
    if (hasPassed(checked.round)) return checked;
    await sleep(pause, undefined, { signal }).catch(() => {
      throw new Interrupted();
    });
  }
}
