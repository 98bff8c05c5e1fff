import type { Localized } from '../lab-fields.ts';

/**
 * - `pass`: as it should be.
 * - `notYet`: the learner is not there yet.
 * - `spoiled`: something was broken that the step needs; a reset brings it back.
 * - `error`: the check itself could not be carried out. Never the learner's fault.
 * - `notApplicable`: makes no sense on this cluster.
 * - `blocked`: a check that it needs has not passed.
 */
export const checkStatuses = ['pass', 'notYet', 'spoiled', 'error', 'notApplicable', 'blocked'] as const;
export type CheckStatus = (typeof checkStatuses)[number];

/** What a check found. Texts that came from the cluster are bounded and hold nothing that a terminal acts on. */
export interface CheckResult {
  readonly check: string;
  readonly status: CheckStatus;
  /** What it is worth, passed or not. */
  readonly points: number;
  /** What to tell the learner, with fields of what was found filled in. For `error`: what went wrong, in its own words. */
  readonly message?: Localized;
  readonly expected?: Localized;
  readonly actual?: Localized;
  /** Where fields differ: `spec.replicas: expected 3, found 1`. */
  readonly differences?: readonly Localized[];
  /** The first broken link from the object to what keeps it from working, in plain words and without the cure. */
  readonly chain?: readonly Localized[];
  /** What was seen, in lines to keep: which object, the fields in question, what was answered or printed. */
  readonly evidence?: readonly string[];
  /** Why a check is `notApplicable` or `blocked`. */
  readonly because?: Localized;
  readonly milliseconds: number;
}

/** Whether something is broken that a reset brings back: a check or a guard found it so. */
export function isSpoiled({ results, spoiled }: Pick<Round, 'results' | 'spoiled'>): boolean {
  return spoiled.length > 0 || results.some(({ status }) => status === 'spoiled');
}

/** All checks of a step, looked at together. */
export interface Round {
  readonly step: string;
  readonly at: string;
  readonly results: readonly CheckResult[];
  /** Guards that were found broken; then the attempt is spoiled. */
  readonly spoiled: readonly { readonly guard: string; readonly message: Localized }[];
  /** Guards that could not be looked at: nobody's fault, and nothing is known of what they guard. */
  readonly guardErrors?: readonly { readonly guard: string; readonly error: Localized }[];
  /** Requests that reading the cluster took, and how long the whole round did. */
  readonly calls: number;
  readonly milliseconds: number;
}

/** Whether the step is done: nothing is broken, and every check that applies has passed. */
export function hasPassed({ results, spoiled }: Pick<Round, 'results' | 'spoiled'>): boolean {
  return spoiled.length === 0 && results.every(({ status }) => status === 'pass' || status === 'notApplicable');
}
