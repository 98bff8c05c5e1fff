import { type Attempt, progressOf } from '../labs/attempt/attempt.ts';
import { fillField, fillLongText } from '../labs/attempt/fill-text.ts';
import { createKeeper } from '../labs/attempt/keep-attempt.ts';
import type { LoadedLab } from '../labs/load-lab.ts';
import { stepOf } from '../labs/attempt/stage.ts';
import { fillInValues } from '../labs/attempt/values.ts';
import type { Block } from '../ui/block.ts';
import { type CommandResult, defineCommand } from './command.ts';
import { lockOwner } from './cluster-run.ts';
import type { Context } from './context.ts';
import type { Existing } from './existing.ts';
import { readClusterFacts } from './lab-cluster.ts';
import { describeNext, describeStep, describeText } from './lab-report.ts';
import { chooseLanguage, languageFlag, openReady } from './lab-stage.ts';
import { words } from './lab-words.ts';

export const labShow = defineCommand({
  name: 'show',
  summary: 'show the step that you are at',
  args: {},
  flags: languageFlag,
  examples: [
    { command: 'kubelab lab show', what: 'read the step again' },
    { command: 'kubelab lab show --lang ko', what: 'in Korean, from now on' },
  ],
  run: ({ flags }, context) => runShow(context, flags.lang),
});

async function runShow(context: Context, lang: string | undefined): Promise<CommandResult> {
  const { existing, loaded, attempt, folder } = await openReady(context);
  const language = chooseLanguage(context, lang, attempt.language);
  const shown = { ...attempt, language };
  if (language !== attempt.language) await createKeeper(folder, attempt, lockOwner(context, 'lab show')).keep(shown);
  return showStep({ existing, loaded, attempt: shown, begun: false });
}

/** The current step as a command's result. */
export async function showStep(input: {
  readonly existing: Existing;
  readonly loaded: LoadedLab;
  readonly attempt: Attempt;
  /** Whether the lab has only just begun: then it says what it is about. */
  readonly begun: boolean;
}): Promise<CommandResult> {
  const { existing, loaded, attempt, begun } = input;
  const { language, mode } = attempt;
  const step = stepOf({ loaded }, attempt.step);
  const index = loaded.lab.steps.indexOf(step);
  const values = fillInValues(loaded.lab, await readClusterFacts(existing), attempt.vars);
  const about: Block[] = begun ? await describeLab(loaded, attempt, values) : [];
  const blocks: readonly Block[] = [
    ...about,
    describeStep(loaded, step, language),
    ...(await describeText(loaded, step, { mode, language, values })),
    describeNext(loaded, attempt),
  ];
  return {
    data: {
      lab: loaded.lab.id,
      step: step.id,
      number: index + 1,
      of: loaded.lab.steps.length,
      title: step.title[language],
      goal: fillField(loaded, ['steps', index, 'goal', language], step.goal[language], values),
      // It says how, which is what a challenge leaves to the learner.
      ...(mode === 'challenge' ? {} : { text: fillLongText(loaded, await loaded.text(step.id, language), values) }),
      language,
      mode,
      vars: attempt.vars,
      passed: progressOf(attempt, step.id).passedAt !== undefined,
    },
    human: () => blocks,
  };
}

async function describeLab(loaded: LoadedLab, attempt: Attempt, values: Readonly<Record<string, string>>): Promise<Block[]> {
  const { parseMarkdown } = await import('../ui/markdown.ts');
  const text = fillLongText(loaded, await loaded.text('index', attempt.language), values);
  return [
    { kind: 'markdown', nodes: parseMarkdown(text) },
    {
      kind: 'commands',
      title: words[attempt.language].next,
      commands: [{ command: 'export KUBECONFIG=$(kubelab kubeconfig)', what: words[attempt.language].useKubeconfig }],
    },
  ];
}
