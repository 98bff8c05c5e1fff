import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { readJson, writeFileAtomic } from '../../cluster/files.ts';
import { checkStatuses } from '../check/check-result.ts';
import { languages } from '../language.ts';

const attemptSchema = z.object({
  apiVersion: z.literal('kubelab/v1'),
  /** The cluster, by the id that tells it from all others on this host. */
  cluster: z.string(),
  /** When the cluster was made: one that was made anew since has nothing of this attempt. */
  made: z.string(),
  lab: z.string(),
  version: z.string(),
  /** The folder of the lab, for labs that kubelab does not ship. */
  folder: z.string(),
  mode: z.enum(['guided', 'challenge']),
  language: z.enum(languages),
  startedAt: z.iso.datetime(),
  /** When it was first brought to the cluster that it is on now, where it was begun on one before. */
  broughtAt: z.iso.datetime().optional(),
  finishedAt: z.iso.datetime().optional(),
  /** The id of the current step. */
  step: z.string(),
  /** Whether the current step has begun: its setup is done, and its fields are remembered. */
  ready: z.boolean(),
  /** Clearing away has begun and the step has not begun again since: what is on the cluster is nothing to go on with. */
  rebuild: z.literal(true).optional(),
  /** Another one from each time on that all was cleared away; none before the first. */
  ground: z.string().optional(),
  vars: z.record(z.string(), z.string()),
  /** Answers by the id of the check. */
  answers: z.record(z.string(), z.string()),
  /** Checks with `once` that have passed, by step. */
  latched: z.record(z.string(), z.array(z.string())),
  steps: z.record(
    z.string(),
    z.object({
      passedAt: z.iso.datetime().optional(),
      /** kubelab did it in the learner's place. */
      solved: z.boolean(),
      points: z.number(),
      rounds: z.number(),
      /** What the last round found, by check. */
      results: z.record(z.string(), z.enum(checkStatuses)),
      /** What was seen, by check: in the round that the step passed in, and until then in the last one. */
      evidence: z
        .record(z.string(), z.object({ at: z.iso.datetime(), status: z.enum(checkStatuses), lines: z.array(z.string()) }))
        .optional(),
      resets: z.number(),
      /** Indexes of the hints that were shown. */
      hints: z.array(z.number()),
    }),
  ),
});

/** How far a learner has come in a lab on a cluster: kept in the user's state folder. */
export type Attempt = z.infer<typeof attemptSchema>;
export type StepProgress = Attempt['steps'][string];

/** Where attempts on a cluster are kept. */
export function attemptsFolder(state: string, cluster: string): string {
  return path.join(state, 'attempts', cluster);
}

function attemptFile(folder: string, lab: string): string {
  return path.join(folder, `${lab}.json`);
}

/** @throws FileDamaged when the file holds anything else. */
export function readAttempt(folder: string, lab: string): Promise<Attempt | undefined> {
  return readJson(attemptFile(folder, lab), (value) => attemptSchema.parse(value));
}

export async function writeAttempt(folder: string, attempt: Attempt): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFileAtomic(attemptFile(folder, attempt.lab), `${JSON.stringify(attemptSchema.parse(attempt), undefined, 2)}\n`);
}

const nothingYet: StepProgress = { solved: false, points: 0, rounds: 0, results: {}, resets: 0, hints: [] };

export function progressOf(attempt: Attempt, step: string): StepProgress {
  return attempt.steps[step] ?? nothingYet;
}

export function withProgress(attempt: Attempt, step: string, change: Partial<StepProgress>): Attempt {
  return { ...attempt, steps: { ...attempt.steps, [step]: { ...progressOf(attempt, step), ...change } } };
}

/** The lab that was worked on last on this cluster: what commands without an id mean. */
export async function readCurrentLab(folder: string): Promise<string | undefined> {
  return readJson(path.join(folder, currentFile), (value) => z.object({ lab: z.string() }).parse(value).lab);
}

export async function writeCurrentLab(folder: string, lab: string | undefined): Promise<void> {
  const file = path.join(folder, currentFile);
  if (lab === undefined) return rm(file, { force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFileAtomic(file, `${JSON.stringify({ lab })}\n`);
}

const currentFile = '.current.json';

/** Every attempt on this cluster that has not been put away, in order of their labs. */
export async function listAttempts(folder: string): Promise<readonly Attempt[]> {
  const names = await readdir(folder).catch(() => []);
  const labs = names.filter((name) => name.endsWith('.json') && !name.startsWith('.')).map((name) => name.slice(0, -5));
  const attempts = await Promise.all(labs.toSorted().map((lab) => readAttempt(folder, lab)));
  return attempts.filter((attempt) => attempt !== undefined);
}

/** Puts an attempt away for good: a new one can begin, and this one stays on record. */
export async function putAwayAttempt(folder: string, attempt: Attempt): Promise<void> {
  const past = path.join(folder, 'past');
  await mkdir(past, { recursive: true, mode: 0o700 });
  await rename(attemptFile(folder, attempt.lab), path.join(past, `${attempt.lab}-${attempt.startedAt.replaceAll(':', '')}.json`));
}
