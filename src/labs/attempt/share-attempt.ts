import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { LockOwner } from '../../cluster/cluster-lock.ts';
import { Interrupted, KubelabError } from '../../errors/errors.ts';
import type { Milliseconds } from '../../exec/runner.ts';
import { type Attempt, progressOf, readAttempt } from './attempt.ts';
import { createKeeper, type Derive } from './keep-attempt.ts';

/** An attempt that other commands may change meanwhile, in another terminal. */
export interface SharedAttempt {
  /**
   * Waits while the step is brought back elsewhere.
   * @returns the attempt; it may have gone to another step after this one had passed
   * @throws KubelabError `KL-LAB-ORDER` when the step is no longer the current one and has not passed
   * @throws Interrupted
   */
  read(): Promise<Attempt>;
  /** Keeps what a look has changed. @returns false when the attempt is no longer at this step */
  keep(attempt: Attempt, derive: Derive): Promise<boolean>;
  hasChanged(): Promise<boolean>;
}

export interface Sharing {
  readonly folder: string;
  readonly owner: LockOwner;
  readonly begun: Attempt;
  readonly signal: AbortSignal;
}

const pause: Milliseconds = 1000;

export function shareAttempt({ folder, owner, begun, signal }: Sharing): SharedAttempt {
  const { lab, step } = begun;
  let known = begun;
  const hasPassedIn = (attempt: Attempt): boolean => progressOf(attempt, step).passedAt !== undefined;
  return {
    hasChanged: async () => !isDeepStrictEqual(await readAttempt(folder, lab), known),
    async read() {
      for (;;) {
        const now = await readAttempt(folder, lab);
        if (now === undefined || now.startedAt !== begun.startedAt) throw wasEnded(lab);
        if (now.step === step ? now.ready : hasPassedIn(now)) return (known = now);
        if (now.step !== step) throw hasMoved(lab, step);
        await sleep(pause, undefined, { signal }).catch(() => {
          throw new Interrupted();
        });
      }
    },
    async keep(attempt, derive) {
      const kept = await createKeeper(folder, attempt, owner).keep(attempt, derive);
      if (kept !== undefined) known = kept;
      return kept !== undefined;
    },
  };
}

function wasEnded(lab: string): KubelabError {
  return new KubelabError('KL-LAB-ORDER', `lab ${lab} was ended`, {
    cure: `Begin it anew: kubelab lab start ${lab}.`,
    ko: { message: `그동안 다른 곳에서 ${lab} 실습을 끝냈습니다.`, cure: `처음부터 다시 시작하세요: kubelab lab start ${lab}.` },
  });
}

function hasMoved(lab: string, step: string): KubelabError {
  return new KubelabError('KL-LAB-ORDER', `step ${step} of lab ${lab} is no longer the current one`, {
    cure: 'kubelab lab show says where you are.',
    ko: {
      message: `${step} 단계는 더 이상 ${lab} 실습의 현재 단계가 아닙니다.`,
      cure: 'kubelab lab show로 지금 어디인지 보세요.',
    },
  });
}
