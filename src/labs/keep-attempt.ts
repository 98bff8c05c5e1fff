import { type Attempt, progressOf, readAttempt, writeAttempt } from './attempt.ts';

/** What a command knows of an attempt, and keeps its own changes of, beside others in other terminals. */
export interface AttemptKeeper {
  /** @returns false when nothing was kept: the attempt was ended, begun anew, or went to another step meanwhile. */
  keep(attempt: Attempt): Promise<boolean>;
}

/** @param known the attempt as the command has read it */
export function createKeeper(folder: string, known: Attempt): AttemptKeeper {
  let mine = known;
  return {
    async keep(attempt) {
      const now = await readAttempt(folder, known.lab);
      if (now === undefined || !isSamePlace(now, mine)) return false;
      await writeAttempt(folder, mergeChanges(withSteps(mine, attempt), attempt, withSteps(now, attempt)) as Attempt);
      mine = attempt;
      return true;
    },
  };
}

/** With the steps that another has progress of: a step that nobody looked at yet has none written down. */
function withSteps(attempt: Attempt, { steps }: Attempt): Attempt {
  const known = Object.keys(steps).map((id) => [id, progressOf(attempt, id)] as const);
  return { ...attempt, steps: { ...Object.fromEntries(known), ...attempt.steps } };
}

function isSamePlace(one: Attempt, other: Attempt): boolean {
  return one.startedAt === other.startedAt && one.made === other.made && one.step === other.step && one.ready === other.ready;
}

/** What differs between `before` and `after`, done to `now`: fields of objects one by one, all else whole. */
export function mergeChanges(before: unknown, after: unknown, now: unknown): unknown {
  if (!isObject(before) || !isObject(after) || !isObject(now))
    return JSON.stringify(before) === JSON.stringify(after) ? now : after;
  const names = new Set([...Object.keys(now), ...Object.keys(after)]);
  const kept = [...names].filter((name) => Object.hasOwn(after, name) || !Object.hasOwn(before, name));
  return Object.fromEntries(
    kept.flatMap((name) => {
      const value = mergeChanges(before[name], after[name], now[name]);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
