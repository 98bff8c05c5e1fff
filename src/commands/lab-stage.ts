import path from 'node:path';
import { type Attempt, attemptsFolder, readAttempt, readCurrentLab, writeAttempt } from '../labs/attempt/attempt.ts';
import { findLab, type LabPlaces, openLab } from '../labs/find-labs.ts';
import { type Language, languageOf, languages } from '../labs/language.ts';
import type { LoadedLab } from '../labs/load-lab.ts';
import { createKeeper } from '../labs/attempt/keep-attempt.ts';
import { type Stage, stepOf } from '../labs/attempt/stage.ts';
import { KubelabError } from '../errors/errors.ts';
import { lockOwner, whileHolding } from './cluster-run.ts';
import type { Context } from './context.ts';
import { type Existing, openExisting } from './existing.ts';
import { type OpenedCluster, openLabCluster } from './lab-cluster.ts';
import { provideLabImages } from './lab-images.ts';
import { requireTrust } from './lab-trust.ts';
import { reportStep } from '../cluster/report-step.ts';
import { clusterId } from './workspace.ts';

/** Where labs are found. */
export function labPlaces({ folders }: Pick<Context, 'folders'>): LabPlaces {
  return { package: folders.package, state: folders.state };
}

/** A lab by its id, or by the path of its folder: anything with a slash in it. */
export async function findLabOf(context: Context, asked: string): Promise<LoadedLab> {
  const isPath = /^\.{0,2}[/\\]|^[A-Za-z]:[/\\]/.test(asked);
  return (await (isPath ? openLab(path.resolve(context.cwd, asked), asked) : findLab(labPlaces(context), asked))).lab;
}

/** The attempts of this spec's cluster. */
export function attemptsOf({ workspace }: Pick<Existing, 'workspace'>): string {
  return attemptsFolder(workspace.context.folders.state, clusterId(workspace));
}

export interface CurrentAttempt {
  readonly attempt: Attempt;
  readonly loaded: LoadedLab;
  readonly folder: string;
}

/**
 * The attempt that commands without an id mean. Its step may be one that the lab has no more.
 * @throws KubelabError `KL-LAB-NONE`
 */
export async function readCurrent(existing: Existing): Promise<CurrentAttempt> {
  const folder = attemptsOf(existing);
  const id = await readCurrentLab(folder);
  const attempt = id === undefined ? undefined : await readAttempt(folder, id);
  if (attempt === undefined) throw noLab(existing);
  const loaded = (await openLab(attempt.folder, attempt.lab)).lab;
  return { attempt, loaded, folder };
}

function noLab({ state }: Existing): KubelabError {
  return new KubelabError('KL-LAB-NONE', `no lab is being worked on on ${state.name}`, {
    ko: { message: `${state.name} 클러스터에서 진행 중인 실습이 없습니다.` },
  });
}

/** The language of what learners read: asked for, or of the attempt, or of the environment. */
export function chooseLanguage(context: Pick<Context, 'env'>, asked: string | undefined, known?: Language): Language {
  return languageOf(context.env, asked ?? known);
}

export const languageFlag = {
  lang: { type: 'string', value: 'language', choices: languages, summary: 'the language of the text: en or ko' },
} as const;

export interface StageOptions {
  readonly existing: Existing;
  readonly loaded: LoadedLab;
  /** What the work is called while it goes on: "start lab emptydir". */
  readonly title: string;
  /** Holds the cluster's lock, as work that changes the cluster must. */
  readonly changes: boolean;
  /** The attempt as the command has read it: what others keep of it meanwhile stays. */
  readonly attempt?: Attempt;
}

/** Opens the cluster for a lab, shows the work as one step, and lets go of the cluster in the end. @throws KubelabError `KL-LAB-TRUST` */
export async function onStage<T>(context: Context, options: StageOptions, work: (stage: Stage) => Promise<T>): Promise<T> {
  const { existing, loaded, title, changes } = options;
  // Also for a lab that was begun before: its pack may have changed since.
  await requireTrust(context, existing, [loaded]);
  const opened = await openLabCluster(existing);
  const { slowness } = opened.cluster.capabilities;
  const run = (): Promise<T> =>
    reportStep(context, { id: 'lab', title }, (say) =>
      work({
        loaded,
        cluster: opened.cluster,
        keep: keepOf(context, attemptsOf(existing), options),
        prepare: prepareOnce(opened, existing, options),
        say,
        now: () => new Date(),
        // Somebody who has not begun is not kept waiting.
        patience: { forNothing: 3000 * slowness },
      }),
    );
  try {
    return await (changes ? whileHoldingLab(existing, loaded, title, run) : run());
  } finally {
    opened.close();
  }
}

/** What is there stays there: looking once is enough for one command. */
function prepareOnce(opened: OpenedCluster, existing: Existing, { loaded, title }: StageOptions): Stage['prepare'] {
  let isReady = false;
  return async (hasBegun) => {
    if (isReady) return;
    await opened.grantChecks();
    await provideLabImages(existing, loaded.lab.requires.images, title, hasBegun);
    isReady = true;
  };
}

/** Keeps an attempt in a folder, beside what other commands keep of it: whole, where none is known yet. */
export function keepOf(
  context: Pick<Context, 'events' | 'machine'>,
  folder: string,
  { attempt: known, changes, title }: Pick<StageOptions, 'attempt' | 'changes' | 'title'>,
): Stage['keep'] {
  if (known === undefined) return (attempt, derive) => writeAttempt(folder, derive?.(attempt) ?? attempt);
  const keeper = createKeeper(folder, known, lockOwner(context, title));
  const what = `lab ${known.lab} was ended, reset or taken to another step meanwhile`;
  const ko = {
    message: `그동안 ${known.lab} 실습이 끝났거나 초기화되었거나 다른 단계로 넘어갔습니다.`,
    cure: 'kubelab lab status로 확인하세요.',
  };
  return async (attempt, derive) => {
    if ((await keeper.keep(attempt, derive)) !== undefined) return;
    // Nothing has been changed yet: everything that changes a cluster is kept before.
    if (changes) throw new KubelabError('KL-LAB-ORDER', what, { cure: 'See kubelab lab status.', ko });
    context.events({ type: 'warning', text: `${what}: what was found is not kept.` });
  };
}

/**
 * A lab that stays in its namespace keeps others out of this namespace only; one that changes nodes, out of the cluster.
 * @throws KubelabError `KL-CLUSTER-BUSY`
 */
export function whileHoldingLab<T>(existing: Existing, { lab }: LoadedLab, title: string, work: () => Promise<T>): Promise<T> {
  const { workspace } = existing;
  if (lab.isolation !== 'namespace') return whileHolding(workspace, title, work);
  return whileHolding(workspace, title, work, path.join(attemptsOf(existing), `.${lab.namespace}.lock`));
}

/** What most lab commands begin with: the cluster, and the attempt that is being worked on. */
export async function openCurrent(context: Context): Promise<CurrentAttempt & { readonly existing: Existing }> {
  const existing = await openExisting(context);
  const current = await readCurrent(existing);
  if (current.attempt.made !== existing.state.createdAt)
    throw new KubelabError('KL-LAB-ORDER', `the cluster was made anew since lab ${current.attempt.lab} was started`, {
      cure: `kubelab lab start ${current.attempt.lab} brings the step back, with the same values.`,
      ko: {
        message: `${current.attempt.lab} 실습을 시작한 뒤에 클러스터를 새로 만들었습니다.`,
        cure: `kubelab lab start ${current.attempt.lab} 명령이 같은 값으로 단계를 되돌립니다.`,
      },
    });
  stepOf(current, current.attempt.step);
  return { ...current, existing };
}

/** As openCurrent, for what needs a step that has begun. @throws KubelabError `KL-LAB-ORDER` */
export async function openReady(context: Context): Promise<CurrentAttempt & { readonly existing: Existing }> {
  const opened = await openCurrent(context);
  if (!opened.attempt.ready)
    throw new KubelabError(
      'KL-LAB-ORDER',
      `step ${opened.attempt.step} of lab ${opened.attempt.lab} has not begun: a run was cut off`,
      {
        cure: `kubelab lab start ${opened.attempt.lab} goes on from there.`,
        ko: {
          message: `${opened.attempt.lab} 실습의 ${opened.attempt.step} 단계가 아직 시작되지 않았습니다. 앞선 실행이 중간에 끊겼습니다.`,
          cure: `kubelab lab start ${opened.attempt.lab} 명령이 거기서부터 이어 갑니다.`,
        },
      },
    );
  return opened;
}
