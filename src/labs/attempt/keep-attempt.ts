import { type Attempt, progressOf, readAttempt, writeAttempt } from './attempt.ts';

/** What a command knows of an attempt, and keeps its own changes of, beside others in other terminals. */
export interface AttemptKeeper {
  /**
   * What a reset forgets is forgotten whoever learned it meanwhile; of all else, only what the command has changed is kept.
   * @param derive is done to what would be kept: for what follows from fields that others change
   * @returns false when nothing was kept: the attempt was ended, begun anew, reset, or went to another step meanwhile
   */
  keep(attempt: Attempt, derive?: Derive): Promise<boolean>;
}

export type Derive = (attempt: Attempt) => Attempt;

/** @param known the attempt as the command has read it */
export function createKeeper(folder: string, known: Attempt): AttemptKeeper {
  let mine = known;
  return {
    async keep(attempt, derive = (same) => same) {
      const now = await readAttempt(folder, known.lab);
      if (now === undefined || !isSamePlace(now, mine)) return false;
      const isNew = attempt.ground !== mine.ground;
      const merged = isNew ? attempt : mergeChanges(withSteps(mine, attempt), attempt, withSteps(now, attempt));
      await writeAttempt(folder, derive(merged as Attempt));
      mine = derive(attempt);
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
  const fields = ['startedAt', 'made', 'step', 'ready', 'ground'] as const;
  return fields.every((field) => one[field] === other[field]);
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
