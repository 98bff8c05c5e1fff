import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { Interrupted, KubelabError } from '../errors/errors.ts';
import type { Milliseconds } from '../exec/runner.ts';
import type { ApiClient } from '../kubernetes/api-client.ts';
import { type Attempt, readAttempt, writeAttempt } from '../labs/attempt/attempt.ts';
import { checkAttempt, hasPassed } from '../labs/attempt/attempt-flow.ts';
import type { Round } from '../labs/check/check-result.ts';
import { type Stage, stepOf } from '../labs/attempt/stage.ts';
import type { Seen } from '../labs/snapshot.ts';
import { type CommandResult, defineCommand } from './command.ts';
import type { Context } from './context.ts';
import { showRound } from './lab-check.ts';
import { listFindings } from './lab-report.ts';
import { onStage, openReady } from './lab-stage.ts';

export const labWatch = defineCommand({
  name: 'watch',
  summary: 'check again and again until the step passes',
  description:
    'Looks again whenever the cluster changes, and every five seconds at what it does not tell of: pages, commands, files of nodes. Says what is new. Work on in another terminal; Ctrl-C ends it.',
  args: {},
  flags: {},
  examples: [{ command: 'kubelab lab watch', what: 'beside the terminal that you work in' }],
  run: (_, context) => runWatch(context),
});

async function runWatch(context: Context): Promise<CommandResult> {
  const { existing, loaded, attempt, folder } = await openReady(context);
  const title = `lab watch ${loaded.lab.id}`;
  const { attempt: after, round } = await onStage(context, { existing, loaded, title, changes: false }, (stage) =>
    // A look waits for nothing: it is taken again when something has changed.
    watchUntilPassed({ ...stage, patience: { atMost: 0 } }, shareAttempt(folder, attempt), context),
  );
  return showRound(loaded, after, round);
}

/** An attempt that other commands may change meanwhile, in another terminal. */
interface SharedAttempt {
  /** @throws KubelabError `KL-LAB-ORDER` when the step is no longer the current one */
  read(): Promise<Attempt>;
  /** Keeps it, unless somebody has changed it since it was read. @returns whether it was kept */
  keep(attempt: Attempt): Promise<boolean>;
  hasChanged(): Promise<boolean>;
}

function shareAttempt(folder: string, begun: Attempt): SharedAttempt {
  let known = begun;
  const hasChanged = async (): Promise<boolean> => !isDeepStrictEqual(await readAttempt(folder, begun.lab), known);
  return {
    hasChanged,
    async read() {
      const now = await readAttempt(folder, begun.lab);
      if (now?.step !== begun.step || !now.ready)
        throw new KubelabError('KL-LAB-ORDER', `step ${begun.step} of lab ${begun.lab} is no longer the current one`);
      return (known = now);
    },
    async keep(attempt) {
      if (await hasChanged()) return false;
      await writeAttempt(folder, attempt);
      known = attempt;
      return true;
    },
  };
}

async function watchUntilPassed(
  stage: Stage,
  shared: SharedAttempt,
  { events, signal }: Pick<Context, 'events' | 'signal'>,
): Promise<{ attempt: Attempt; round: Round }> {
  let known: ReadonlyMap<string, string> = new Map();
  for (;;) {
    let seen: Seen = { lists: [], isPartial: true };
    let isKept = false;
    const keep: Stage['keep'] = async (attempt, derive) => {
      isKept = await shared.keep(derive?.(attempt) ?? attempt);
    };
    const checked = await checkAttempt({ ...stage, keep }, await shared.read(), (now) => (seen = now));
    const { language } = checked.attempt;
    const lines = listFindings(checked.round, language);
    for (const [id, line] of lines) if (known.get(id) !== line) events({ type: 'note', text: line });
    known = lines;
    if (isKept && hasPassed(checked.round)) return checked;
    const isBlind = seen.isPartial || looksBeyondApi(stage, checked.attempt, checked.round);
    await untilChange({ api: stage.cluster.api, seen, isBlind, signal, hasChanged: () => shared.hasChanged() });
  }
}

/** Whether something that has not passed is seen only by looking: pages, commands, files of nodes. */
function looksBeyondApi(stage: Stage, attempt: Attempt, round: Round): boolean {
  const { checks, guards } = stepOf(stage, attempt.step);
  const open = new Set(round.results.filter(({ status }) => status !== 'pass').map(({ check }) => check));
  const isBlind = checks.some(({ id, object, answer }) => open.has(id) && object === undefined && answer === undefined);
  return isBlind || guards.some(({ object }) => object === undefined);
}

interface Change {
  readonly api: ApiClient;
  readonly seen: Seen;
  readonly isBlind: boolean;
  readonly signal: AbortSignal;
  /** Whether another command has changed the attempt. */
  readonly hasChanged: () => Promise<boolean>;
}

const second: Milliseconds = 1000;
/** What no event tells of is looked at again after this time. */
const blindPause: Milliseconds = 5 * second;

/** @throws Interrupted */
async function untilChange({ api, seen: { lists }, isBlind, signal, hasChanged }: Change): Promise<void> {
  const ending = new AbortController();
  const until = AbortSignal.any([signal, ending.signal]);
  const pause = (time: Milliseconds): Promise<unknown> => sleep(time, undefined, { signal: until }).catch(() => undefined);
  const onEvent = async (): Promise<unknown> => (await api.waitForChange(lists, until)) || pause(blindPause);
  const onOthers = async (): Promise<void> => {
    while (!until.aborted && !(await hasChanged())) await pause(second);
  };
  try {
    // Changes come in swarms. None of this time is lost: a watch begins at what was seen.
    await pause(second);
    await Promise.race([onOthers(), ...(isBlind ? [pause(blindPause)] : []), ...(lists.length === 0 ? [] : [onEvent()])]);
  } finally {
    ending.abort();
  }
  if (signal.aborted) throw new Interrupted();
}
