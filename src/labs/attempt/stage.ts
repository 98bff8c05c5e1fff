import { KubelabError } from '../../errors/errors.ts';
import type { Attempt } from './attempt.ts';
import type { Derive } from './keep-attempt.ts';
import { type Values } from '../interpolate.ts';
import type { LabCluster } from '../lab-cluster.ts';
import type { LoadedLab } from '../load-lab.ts';
import type { Step } from '../lab.ts';
import type { Patience } from '../check/verdict.ts';
import { fillInValues } from './values.ts';

/** A lab on a cluster: what everything that is done in an attempt works with. */
export interface Stage {
  readonly loaded: LoadedLab;
  readonly cluster: LabCluster;
  /**
   * Keeps the attempt as it is now: called after every change, so that a crash loses nothing.
   * @param derive what is kept in its place, where it follows from fields that other commands may have changed meanwhile
   */
  readonly keep: (attempt: Attempt, derive?: Derive) => Promise<void>;
  /**
   * Lets checks look, and gives the nodes the images of the lab. Asked for before anything of the lab is made, and after what
   * was broken has been mended.
   * @param hasBegun the nodes had them before, and one that nobody can ask is nothing to stop at, or to tell of
   */
  readonly prepare: (hasBegun: boolean) => Promise<void>;
  /** Told what is being done right now. */
  readonly say: (text: string) => void;
  readonly now: () => Date;
  readonly patience: Patience;
}

/** For checks after a solution: what was just made needs a moment on any machine. */
export function patienceAfterSolving({ cluster }: Pick<Stage, 'cluster'>): Patience {
  return { atLeast: 120_000 * cluster.capabilities.slowness };
}

/** @throws KubelabError `KL-LAB-ORDER` when the lab has changed since the attempt began, and has no such step */
export function stepOf({ loaded }: Pick<Stage, 'loaded'>, id: string): Step {
  const step = loaded.lab.steps.find((candidate) => candidate.id === id);
  if (step === undefined)
    throw new KubelabError('KL-LAB-ORDER', `lab ${loaded.lab.id} has no step ${id} any more`, {
      cure: `Begin it anew: kubelab lab stop, then kubelab lab start ${loaded.lab.id}.`,
      ko: {
        message: `${loaded.lab.id} 실습에 ${id} 단계가 더 이상 없습니다.`,
        cure: `처음부터 다시 시작하세요: kubelab lab stop, 그다음 kubelab lab start ${loaded.lab.id}.`,
      },
    });
  return step;
}

export function valuesOf({ loaded, cluster }: Stage, { vars }: Pick<Attempt, 'vars'>): Values {
  return fillInValues(loaded.lab, cluster, vars);
}
