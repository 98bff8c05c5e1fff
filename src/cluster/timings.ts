import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { FileDamaged, readJson, writeFileAtomic } from './files.ts';
import { sortSteps, type StepReport } from './run-steps.ts';
import type { Step } from './step.ts';

const kept = 5;

const timingsSchema = z.record(z.string(), z.array(z.number().nonnegative()));
/** Key to the seconds that it took the last few times, oldest first. */
type Timings = z.infer<typeof timingsSchema>;

/** What steps took on this host before. */
export interface StepTimings {
  /** The median of the last times, in seconds; undefined for what never ran. */
  forecast(step: Pick<Step, 'id' | 'node'>): number | undefined;
  /** Takes note of a step that ran to its end; of no other. Kept by `save`. */
  record(entry: StepReport): void;
  /** Adds what was recorded to the file. */
  save(): Promise<void>;
}

/** Where this host's timings are. @param cache the user cache folder. */
export function locateTimings(cache: string): string {
  return join(cache, 'timings.json');
}

/**
 * Reads this host's timings. A file that is missing or damaged counts as empty.
 * @param context what else decides on how long a step takes, such as `nspawn go`.
 */
export async function openTimings(file: string, context: string): Promise<StepTimings> {
  const known = await readTimings(file);
  const fresh: { readonly key: string; readonly seconds: number }[] = [];
  return {
    forecast: (step) => median(known[nameKey(step, context)] ?? []),
    record: (entry) => {
      if (entry.state === 'done') fresh.push({ key: nameKey(entry, context), seconds: entry.seconds });
    },
    save: async () => {
      if (fresh.length === 0) return;
      // Read again: another cluster may have saved in the meantime.
      const timings = await readTimings(file);
      for (const { key, seconds } of fresh.splice(0)) timings[key] = [...(timings[key] ?? []), seconds].slice(-kept);
      await mkdir(dirname(file), { recursive: true });
      await writeFileAtomic(file, `${JSON.stringify(timings, undefined, 1)}\n`);
    },
  };
}

/**
 * The seconds that the whole graph takes: those of its longest path, as everything that can run at once does.
 * A step without a forecast counts as nothing; undefined where none has one.
 */
export function forecastTotal(steps: readonly Step[], forecast: (step: Step) => number | undefined): number | undefined {
  const ends = new Map<string, number>();
  let isKnown = false;
  for (const step of sortSteps(steps)) {
    const seconds = forecast(step);
    isKnown ||= seconds !== undefined;
    const begin = step.needs.reduce((latest, need) => Math.max(latest, ends.get(need) ?? 0), 0);
    ends.set(step.id, begin + (seconds ?? 0));
  }
  return isKnown ? [...ends.values()].reduce((latest, end) => Math.max(latest, end), 0) : undefined;
}

/** The same for every node: `join:worker2` counts as `join`. */
function nameKey(step: Pick<Step, 'id' | 'node'>, context: string): string {
  const kind = step.id.split(':').filter((part) => part !== step.node);
  return `${kind.join(':')} ${context}`;
}

async function readTimings(file: string): Promise<Timings> {
  try {
    return (await readJson(file, (value) => timingsSchema.parse(value))) ?? {};
  } catch (error) {
    if (error instanceof FileDamaged) return {};
    throw error;
  }
}

function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  return upper === undefined || lower === undefined ? undefined : (lower + upper) / 2;
}
