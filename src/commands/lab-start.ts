import { type Attempt, readAttempt, writeAttempt, writeCurrentLab } from '../labs/attempt/attempt.ts';
import { makeReady, planAttempt, resetTo } from '../labs/attempt/attempt-flow.ts';
import { findPackOf, type InstalledPack } from '../labs/pack/pack-trust.ts';
import { fileExists } from '../exec/file-exists.ts';
import type { LoadedLab } from '../labs/load-lab.ts';
import { canGoTo } from '../labs/solutions.ts';
import { refuseForeignNamespace } from '../labs/attempt/namespace.ts';
import { type Stage, stepOf } from '../labs/attempt/stage.ts';
import { drawVariables } from '../labs/attempt/values.ts';
import { KubelabError } from '../errors/errors.ts';
import { type CommandResult, defineCommand } from './command.ts';
import type { Context } from './context.ts';
import { type Existing, openExisting } from './existing.ts';
import { readClusterFacts } from './lab-cluster.ts';
import { provideLabImages } from './lab-images.ts';
import { attemptsOf, chooseLanguage, findLabOf, languageFlag, onStage } from './lab-stage.ts';
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
  },
  examples: [
    { command: 'kubelab lab start emptydir', what: 'begin a guided lab' },
    { command: 'kubelab lab start pv-pvc --challenge', what: 'the same checks, without the way' },
  ],
  run: ({ args, flags }, context) => runStart(context, args.lab, flags),
});

async function runStart(
  context: Context,
  asked: string,
  flags: { readonly lang: string | undefined; readonly challenge: boolean; readonly trust: boolean },
): Promise<CommandResult> {
  const existing = await openExisting(context);
  const loaded = await findLabOf(context, asked);
  requireFit(loaded.lab, await readClusterFacts(existing), chooseLanguage(context, flags.lang));
  await requireTrust(context, existing, [loaded], flags.trust);
  // Refused before anything is touched.
  await findBegun(context, existing, loaded);
  const title = `lab start ${loaded.lab.id}`;
  const started = await onStage(context, { existing, loaded, title, changes: true }, async (stage) => {
    const folder = attemptsOf(existing);
    const known = await findBegun(context, existing, loaded);
    if (known?.note !== undefined) context.events({ type: 'note', text: known.note });
    const begun = known === undefined ? beginAttempt(context, existing, loaded, flags) : goOnWith(context, known.attempt, flags);
    await refuseForeignNamespace(stage);
    await provideLabImages(existing, loaded.lab.requires.images, title);
    await writeAttempt(folder, begun);
    await writeCurrentLab(folder, loaded.lab.id);
    return { attempt: await bringUp(context, stage, existing, begun), begun: known === undefined };
  });
  return showStep({ existing, loaded, ...started });
}

function bringUp(context: Context, stage: Stage, { state }: Existing, begun: Attempt): Promise<Attempt> {
  if (begun.made === state.createdAt && begun.rebuild !== true) return makeReady(stage, begun);
  // The cluster was made anew, or a reset was cut off: nothing of the lab is on it, or only a part.
  return resetTo(stage, { ...begun, made: state.createdAt }, chooseStep(context, stage.loaded, begun));
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
    return { attempt: { ...known, vars } };
  }
  const { state } = context.folders;
  const [before, after] = await Promise.all([findPackOf(state, known.folder), findPackOf(state, folder.root)]);
  const isOfSamePack = before !== undefined && before.name === after?.name;
  const isLike = isOfSamePack || !(await fileExists(known.folder));
  if (!isLike) throw unlike(known, before);
  stepOf({ loaded }, known.step);
  if (!isOfSamePack) return { attempt: { ...known, folder: folder.root } };
  return {
    // The step is set up again, as the new version has it.
    attempt: { ...known, folder: folder.root, version: lab.version, vars, ready: false },
    note: `Lab ${lab.id} was begun with ${before.name} ${before.version}, and goes on with ${after?.version}.`,
  };
}

function unlike(known: Attempt, pack: InstalledPack | undefined): KubelabError {
  const name = pack === undefined ? known.folder : `${pack.name}@${pack.version}/${known.lab}`;
  return new KubelabError('KL-LAB-ORDER', `another lab ${known.lab} is being worked on, ${name}, at step ${known.step}`, {
    cure: `Go on with that one: kubelab lab start ${name}. Or end it first: kubelab lab stop.`,
  });
}

function beginAttempt(
  context: Context,
  existing: Existing,
  loaded: LoadedLab,
  flags: { readonly lang: string | undefined; readonly challenge: boolean },
): Attempt {
  return planAttempt(
    { loaded, now: () => new Date() },
    {
      cluster: existing.state.name,
      made: existing.state.createdAt,
      mode: flags.challenge ? 'challenge' : 'guided',
      language: chooseLanguage(context, flags.lang),
    },
  );
}

function goOnWith(
  context: Context,
  known: Attempt,
  flags: { readonly lang: string | undefined; readonly challenge: boolean },
): Attempt {
  return {
    ...known,
    mode: flags.challenge ? 'challenge' : known.mode,
    language: chooseLanguage(context, flags.lang, known.language),
  };
}
