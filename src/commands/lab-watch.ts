import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { Interrupted } from '../errors/errors.ts';
import type { Milliseconds } from '../exec/runner.ts';
import type { ApiClient } from '../kubernetes/api-client.ts';
import { type Attempt, progressOf, withProgress } from '../labs/attempt/attempt.ts';
import { type SharedAttempt, shareAttempt } from '../labs/attempt/share-attempt.ts';
import { checkAttempt } from '../labs/attempt/attempt-flow.ts';
import { hasPassed, type Round } from '../labs/check/check-result.ts';
import { type Stage, stepOf } from '../labs/attempt/stage.ts';
import type { Seen } from '../labs/snapshot.ts';
import { lockOwner } from './cluster-run.ts';
import { type CommandResult, defineCommand } from './command.ts';
import type { Context } from './context.ts';
import { showRound } from './lab-check.ts';
import { listFindings } from './lab-report.ts';
import { onStage, openReady } from './lab-stage.ts';
import { words } from './lab-words.ts';

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
  const seen = await onStage(context, { existing, loaded, title, changes: false }, (stage) => {
    const shared = shareAttempt({ folder, owner: lockOwner(context, title), begun: attempt, signal: context.signal });
    // A look waits for nothing: it is taken again when something has changed.
    return watchUntilPassed({ ...stage, patience: { atMost: 0 } }, shared, context);
  });
  if (seen.round !== undefined) return showRound(loaded, seen.attempt, seen.round);
  const text = words[seen.attempt.language].allPassed;
  return { data: { lab: loaded.lab.id, step: attempt.step, passed: true }, human: () => [{ kind: 'text', text, tone: 'good' }] };
}

/** What was seen in the end; no round where the step was taken on by another command. */
interface Watched {
  readonly attempt: Attempt;
  readonly round?: Round;
}

async function watchUntilPassed(
  stage: Stage,
  shared: SharedAttempt,
  { events, signal }: Pick<Context, 'events' | 'signal'>,
): Promise<Watched> {
  let known: ReadonlyMap<string, string> = new Map();
  const { step } = await shared.read();
  for (;;) {
    let seen: Seen = { lists: [], isPartial: true };
    let isKept = false;
    const attempt = await shared.read();
    if (attempt.step !== step) return { attempt };
    const keep: Stage['keep'] = async (same, derive = (one) => one) => {
      isKept = !tellsMore(same, derive(same), step) || (await shared.keep(same, (now) => uncounted(now, derive(now), step)));
    };
    const checked = await checkAttempt({ ...stage, keep }, attempt, (now) => (seen = now));
    const { language } = checked.attempt;
    const lines = listFindings(checked.round, language);
    for (const [id, line] of lines) if (known.get(id) !== line) events({ type: 'note', text: line });
    known = lines;
    if (isKept && hasPassed(checked.round)) return checked;
    const isBlind = seen.isPartial || looksBeyondApi(stage, checked.attempt, checked.round);
    await untilChange({ api: stage.cluster.api, seen, isBlind, signal, hasChanged: () => shared.hasChanged() });
  }
}

/** Nobody asked for these looks one by one, as with `lab check`: they count for nothing. */
function uncounted(before: Attempt, after: Attempt, step: string): Attempt {
  return withProgress(after, step, { rounds: progressOf(before, step).rounds });
}

/** Whether a look has found anything new: what is only seen again at another time is not. */
function tellsMore(before: Attempt, after: Attempt, step: string): boolean {
  const bare = (attempt: Attempt): Attempt => withProgress(attempt, step, { rounds: 0, evidence: undefined });
  return !isDeepStrictEqual(bare(before), bare(after));
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
