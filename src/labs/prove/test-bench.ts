import { lastLines } from '../../cluster/plain-text.ts';
import { CommandFailed, KubelabError } from '../../errors/errors.ts';
import { ApiError } from '../../kubernetes/api-error.ts';
import type { Stage } from '../attempt/stage.ts';

/** One thing that a lab has to do right. */
export interface TestCase {
  /** `claim: before`, `claim: wrong answer emptydir`. */
  readonly name: string;
  readonly step?: string;
  readonly kind: 'before' | 'wrong' | 'solve' | 'again' | 'reset' | 'leftovers';
  readonly passed: boolean;
  readonly seconds: number;
  /** What went wrong, a line each. */
  readonly details: readonly string[];
}

/** Where the cases of a lab are run. One that fails ends neither the others nor the program. */
export interface Bench {
  readonly stage: Stage;
  readonly cases: readonly TestCase[];
  /**
   * Runs a case; it passes when no detail comes back. Returns whether it did.
   * @throws LeftAsItIs when it failed and the cluster is to be looked at
   */
  run(about: CaseName, work: () => Promise<readonly string[]>): Promise<boolean>;
  /** Does what comes between cases, which is one itself where it fails. Returns whether it did not. @throws LeftAsItIs */
  need(about: CaseName, work: () => Promise<void>): Promise<boolean>;
}

type CaseName = Pick<TestCase, 'name' | 'kind' | 'step'>;

/** A case failed, and what it left on the cluster is wanted. */
export class LeftAsItIs extends Error {}

export interface BenchOptions {
  readonly keepOnFailure: boolean;
  readonly report: (result: TestCase) => void;
}

export function openBench(stage: Stage, { keepOnFailure, report }: BenchOptions): Bench {
  const cases: TestCase[] = [];
  const end = (about: CaseName, began: number, details: readonly string[]): boolean => {
    const result = { ...about, passed: details.length === 0, seconds: (Date.now() - began) / 1000, details };
    cases.push(result);
    report(result);
    if (!result.passed && keepOnFailure) throw new LeftAsItIs(about.name);
    return result.passed;
  };
  return {
    stage,
    cases,
    run: async (about, work) => {
      const began = Date.now();
      return end(about, began, await detailsOf(work));
    },
    need: async (about, work) => {
      const began = Date.now();
      const details = await detailsOf(work);
      return details.length === 0 || end(about, began, details);
    },
  };
}

/**
 * Does what may fail by the lab, the cluster or a tool.
 * @returns what went wrong, a line each; what `work` returns when nothing did.
 * @throws Interrupted, and whatever is a mistake in kubelab
 */
export async function detailsOf(work: () => Promise<readonly string[] | void>): Promise<readonly string[]> {
  try {
    return (await work()) ?? [];
  } catch (error) {
    if (error instanceof KubelabError) return [error.message, ...error.details];
    if (error instanceof CommandFailed) return [`${error.place}: ${error.message}`, ...lastLines(error.stderr, 5)];
    if (error instanceof ApiError) return [error.message];
    throw error;
  }
}
