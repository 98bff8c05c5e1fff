import { type Attempt, readAttempt, writeCurrentLab } from '../labs/attempt/attempt.ts';
import { makeReady, planAttempt, resetTo } from '../labs/attempt/attempt-flow.ts';
import { labLabel } from '../labs/lab-label.ts';
import { findPackOf, type InstalledPack } from '../labs/pack/pack-trust.ts';
import { fileExists } from '../exec/file-exists.ts';
import type { Language } from '../labs/language.ts';
import type { LoadedLab } from '../labs/load-lab.ts';
import { canGoTo } from '../labs/solutions.ts';
import { readNamespace, refuseForeignNamespace } from '../labs/attempt/namespace.ts';
import { type Stage, stepOf } from '../labs/attempt/stage.ts';
import { trialMark } from '../labs/attempt/trial-mark.ts';
import { drawVariables } from '../labs/attempt/values.ts';
import { type CommandFailed, Interrupted, KubelabError, unlessFailed } from '../errors/errors.ts';
import { type CommandResult, defineCommand } from './command.ts';
import type { Context } from './context.ts';
import { adminKubectl, type Existing, openExisting } from './existing.ts';
import { readClusterFacts } from './lab-cluster.ts';
import { askToClear } from './lab-questions.ts';
import { attemptsOf, chooseLanguage, findLabOf, keepOf, languageFlag, onStage, whileHoldingLab } from './lab-stage.ts';
import { showStep } from './lab-show.ts';
import { requireFit } from './lab-trial.ts';
import { requireTrust, trustFlag } from './lab-trust.ts';

export const labStart = defineCommand({
  name: 'start',
  summary: 'begin a lab on this cluster, or go on with it',
  description: 'A lab that was begun before goes on where it was left, with the same values.',
  args: { lab: { summary: 'the id of a lab, as lab list shows it, or the path of its folder' } },
  flags: {
    ...languageFlag,
    ...trustFlag,
    challenge: { type: 'boolean', summary: 'show what has to be reached, and not how' },
    guided: { type: 'boolean', summary: 'show the whole text, as without --challenge, where a lab goes on' },
  },
  examples: [
    { command: 'kubelab lab start emptydir', what: 'begin a guided lab' },
    { command: 'kubelab lab start pv-pvc --challenge', what: 'the same checks, without the way' },
  ],
  run: ({ args, flags }, context) => runStart(context, args.lab, flags),
});

/** How somebody wants to read a lab. */
interface Wishes {
  readonly lang: string | undefined;
  readonly challenge: boolean;
  readonly guided: boolean;
}

async function runStart(context: Context, asked: string, flags: Wishes & { readonly trust: boolean }): Promise<CommandResult> {
  if (flags.challenge && flags.guided)
    throw new KubelabError('KL-USE', 'give --challenge or --guided, and not both', {
      ko: { message: '--challenge와 --guided는 함께 쓸 수 없습니다.' },
    });
  const existing = await openExisting(context);
  const loaded = await findLabOf(context, asked);
  const language = chooseLanguage(context, flags.lang);
  requireFit(loaded.lab, await readClusterFacts(existing), language);
  await requireTrust(context, existing, [loaded], flags.trust);
  // Refused before anything is touched.
  const hasBegun = (await findBegun(context, existing, loaded)) !== undefined;
  const title = `lab start ${loaded.lab.id}`;
  // Where a lab test works in the namespace at this moment, it is no litter.
  const isLittered =
    !hasBegun && (await whileHoldingLab(existing, loaded, title, () => agreeToClear(context, existing, loaded, language)));
  const started = await onStage(context, { existing, loaded, title, changes: true }, async (opened) => {
    const folder = attemptsOf(existing);
    const known = await findBegun(context, existing, loaded);
    if (known?.note !== undefined) context.events({ type: 'note', text: known.note });
    const begun =
      known === undefined
        ? { ...beginAttempt(context, existing, loaded, flags), ...(isLittered ? { rebuild: true as const } : {}) }
        : goOnWith(context, known.attempt, flags);
    const silence = await refuseForeignNamespace(opened);
    // What somebody keeps of it in another terminal stays.
    const stage = { ...opened, keep: keepOf(context, folder, { title, changes: true, ...(known && { attempt: known.kept }) }) };
    await stage.keep(begun);
    await writeCurrentLab(folder, loaded.lab.id);
    const kept = (await readAttempt(folder, loaded.lab.id)) ?? begun;
    // From now on the attempt itself says what has to be cleared away.
    await trialMark(folder, loaded.lab.id).remove();
    return { attempt: await bringUp(context, stage, existing, kept, silence), begun: known === undefined };
  });
  return showStep({ existing, loaded, ...started });
}

/**
 * Something of the lab may be there although nobody has begun it: a `lab test` that was cut off leaves its namespace and what
 * it did to nodes, and that would pass for the learner's.
 * @returns whether something is there, and may be cleared away
 * @throws Interrupted when it may not
 */
async function agreeToClear(context: Context, existing: Existing, { lab }: LoadedLab, language: Language): Promise<boolean> {
  const wasTried = await trialMark(attemptsOf(existing), lab.id).isThere(existing.state.createdAt);
  const there = await unlessFailed(readNamespace(adminKubectl(existing), lab.namespace));
  // That of somebody else is refused, and one that is going is waited for.
  const isLeft = there?.metadata.labels?.[labLabel] === lab.id && there.metadata.deletionTimestamp === undefined;
  if (!wasTried && !isLeft) return false;
  if (await context.ask({ text: askToClear(lab, language), flag: '--yes' })) return true;
  throw new Interrupted('nothing was changed');
}

/** @param silence what the API server failed with, where it does not answer */
async function bringUp(
  context: Context,
  stage: Stage,
  { state }: Existing,
  begun: Attempt,
  silence: CommandFailed | undefined,
): Promise<Attempt> {
  const isHere = begun.made === state.createdAt;
  if (isHere && begun.rebuild !== true) {
    // Nodes may have come since, and what checks may look at.
    if (begun.ready && silence === undefined) await stage.prepare(true);
    if (begun.ready || silence === undefined) return makeReady(stage, begun);
    const what = `step ${begun.step} of lab ${begun.lab} has not begun, and the API server does not answer`;
    throw new KubelabError('KL-LAB-ORDER', what, {
      cure: 'kubelab lab reset brings back the start of the step, where the lab knows how to bring back the API server.',
      ko: {
        message: `${begun.lab} 실습의 ${begun.step} 단계가 아직 시작되지 않았고, API 서버가 응답하지 않습니다.`,
        cure: 'API 서버를 되살리는 방법이 있는 실습이면 kubelab lab reset이 단계의 처음 상태로 되돌립니다.',
      },
      cause: silence,
    });
  }
  // The cluster was made anew, or something was cut off: nothing of the lab is on it, or only a part.
  const brought: Attempt = isHere
    ? begun
    : { ...begun, made: state.createdAt, broughtAt: stage.now().toISOString(), rebuild: true };
  return resetTo(stage, brought, chooseStep(context, stage.loaded, begun));
}

/** The step to bring back on a cluster that was made anew: without solutions, none that builds on others can be reached. */
function chooseStep(context: Context, { lab }: LoadedLab, { step }: Attempt): string {
  const first = lab.steps[0]?.id ?? step;
  if (canGoTo(lab, step)) return step;
  const text = `This build of ${lab.id} has no solutions to get to step ${step} with, so the lab begins at step ${first} again.`;
  context.events({ type: 'warning', text });
  return first;
}

interface Moved {
  /** As it was read. */
  readonly kept: Attempt;
  /** As it goes on. */
  readonly attempt: Attempt;
  /** What whoever asked should know of it. */
  readonly note?: string;
}

/**
 * The attempt for the lab that was asked for, also where that is not the very one that it was begun with: another version
 * of its pack, or the same lab at another place. It is never exchanged for an unlike lab of the same id.
 * @returns undefined where there is none yet
 * @throws KubelabError `KL-LAB-ORDER`
 */
async function findBegun(context: Context, existing: Existing, loaded: LoadedLab): Promise<Moved | undefined> {
  const { lab, folder } = loaded;
  const known = await readAttempt(attemptsOf(existing), lab.id);
  if (known === undefined) return undefined;
  // Values are drawn for what is new in it.
  const vars = { ...drawVariables(lab.vars), ...known.vars };
  if (known.folder === folder.root) {
    stepOf({ loaded }, known.step);
    return { kept: known, attempt: { ...known, vars } };
  }
  const { state } = context.folders;
  const [before, after] = await Promise.all([findPackOf(state, known.folder), findPackOf(state, folder.root)]);
  const isOfSamePack = before !== undefined && before.name === after?.name;
  const isLike = isOfSamePack || !(await fileExists(known.folder));
  if (!isLike) throw unlike(known, before);
  stepOf({ loaded }, known.step);
  if (!isOfSamePack) return { kept: known, attempt: { ...known, folder: folder.root, vars } };
  return {
    kept: known,
    // The step is set up again, as the new version has it.
    attempt: { ...known, folder: folder.root, version: lab.version, vars, ready: false },
    note: `Lab ${lab.id} was begun with ${before.name} ${before.version}, and goes on with ${after?.version}.`,
  };
}

function unlike(known: Attempt, pack: InstalledPack | undefined): KubelabError {
  const name = pack === undefined ? known.folder : `${pack.name}@${pack.version}/${known.lab}`;
  return new KubelabError('KL-LAB-ORDER', `another lab ${known.lab} is being worked on, ${name}, at step ${known.step}`, {
    cure: `Go on with that one: kubelab lab start ${name}. Or end it first: kubelab lab stop.`,
    ko: {
      message: `다른 ${known.lab} 실습(${name})이 ${known.step} 단계에서 진행 중입니다.`,
      cure: `그 실습을 계속하려면: kubelab lab start ${name}. 먼저 끝내려면: kubelab lab stop.`,
    },
  });
}

function beginAttempt(context: Context, existing: Existing, loaded: LoadedLab, flags: Wishes): Attempt {
  return planAttempt(
    { loaded, now: () => new Date() },
    {
      cluster: existing.state.name,
      made: existing.state.createdAt,
      mode: wantedMode(flags) ?? 'guided',
      language: chooseLanguage(context, flags.lang),
    },
  );
}

function goOnWith(context: Context, known: Attempt, flags: Wishes): Attempt {
  return { ...known, mode: wantedMode(flags) ?? known.mode, language: chooseLanguage(context, flags.lang, known.language) };
}

function wantedMode({ challenge, guided }: Wishes): Attempt['mode'] | undefined {
  if (challenge) return 'challenge';
  return guided ? 'guided' : undefined;
}
