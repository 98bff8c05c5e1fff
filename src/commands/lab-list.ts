import { listAttempts } from '../labs/attempt/attempt.ts';
import { findLabs, type FoundLab, nameLabs } from '../labs/find-labs.ts';
import { judgeFit } from '../labs/judge-fit.ts';
import type { Attempt } from '../labs/attempt/attempt.ts';
import type { Localized } from '../labs/lab-fields.ts';
import type { Language } from '../labs/language.ts';
import { fileExists } from '../exec/file-exists.ts';
import type { Block } from '../ui/block.ts';
import { type CommandResult, defineCommand } from './command.ts';
import type { Context } from './context.ts';
import { type Existing, openExisting } from './existing.ts';
import { readClusterFacts } from './lab-cluster.ts';
import { attemptsOf, chooseLanguage, labPlaces, languageFlag } from './lab-stage.ts';
import { type Words, words } from './lab-words.ts';
import { KubelabError } from '../errors/errors.ts';

export const labList = defineCommand({
  name: 'list',
  summary: 'list the labs, and which of them fit this cluster',
  args: {},
  flags: languageFlag,
  examples: [
    { command: 'kubelab lab list', what: 'what there is to learn' },
    { command: 'kubelab lab list --lang ko', what: 'in Korean' },
  ],
  run: ({ flags }, context) => runList(context, chooseLanguage(context, flags.lang)),
});

async function runList(context: Context, language: Language): Promise<CommandResult> {
  const existing = await openIfThere(context);
  const facts = existing === undefined ? undefined : await readClusterFacts(existing);
  const attempts = existing === undefined ? [] : await listAttempts(attemptsOf(existing));
  const labs = await findLabs(labPlaces(context));
  const names = nameLabs(labs);
  const rows: Row[] = labs.map((found, index) => {
    const attempt = attempts.find((one) => isOf(one, found, labs));
    const reasons = facts === undefined || found.lab === undefined ? [] : judgeFit(found.lab.lab, facts);
    return { name: names[index] ?? found.id, found, attempt, reasons };
  });
  return {
    data: rows.map(({ name, found, attempt, reasons }) => ({
      id: found.id,
      name,
      origin: found.origin,
      title: found.lab?.lab.title,
      minutes: found.lab?.lab.minutes,
      problem: found.error?.message,
      fits: facts === undefined ? undefined : reasons.length === 0,
      reasons,
      attempt: attempt && { step: attempt.step, startedAt: attempt.startedAt, finishedAt: attempt.finishedAt },
    })),
    human: () => describeLabs(rows, facts !== undefined, language),
  };
}

/** Several labs may have one id. Where the folder of an attempt is none of theirs any more, it is that of each. */
function isOf(attempt: Attempt, { lab }: FoundLab, all: readonly FoundLab[]): boolean {
  if (lab === undefined || attempt.lab !== lab.lab.id) return false;
  return lab.folder.root === attempt.folder || !all.some((other) => other.lab?.folder.root === attempt.folder);
}

interface Row {
  /** What lab start takes. */
  readonly name: string;
  readonly found: FoundLab;
  readonly attempt: Attempt | undefined;
  readonly reasons: readonly Localized[];
}

/** @param known whether there is a cluster that labs can fit or not. */
function describeLabs(rows: readonly Row[], known: boolean, language: Language): readonly Block[] {
  const say = words[language];
  return [
    {
      kind: 'table',
      table: {
        columns: say.labColumns,
        rows: rows.map((row) => [
          row.name,
          String(row.found.lab?.lab.minutes ?? ''),
          sayState(row, known, say),
          row.found.lab?.lab.title[language] ?? '',
        ]),
      },
    },
    ...rows
      .filter(({ reasons }) => reasons.length > 0)
      .map(({ name, reasons }): Block => ({ kind: 'list', items: reasons.map((reason) => `${name}: ${reason[language]}`) })),
    ...rows.flatMap(({ name, found }): Block[] =>
      found.error === undefined
        ? []
        : [{ kind: 'text', tone: 'bad', text: [`${name}: ${found.error.message}`, ...found.error.details].join('\n') }],
    ),
    {
      kind: 'commands',
      title: say.next,
      commands: known
        ? [{ command: 'kubelab lab start ID', what: say.beginOne }]
        : [{ command: 'kubelab up', what: say.bringUp }],
    },
  ];
}

function sayState({ found, attempt, reasons }: Row, known: boolean, say: Words): string {
  if (found.lab === undefined) return say.labNotValid;
  if (attempt?.finishedAt !== undefined) return say.labFinished;
  if (attempt !== undefined) return say.labAt(attempt.step);
  if (!known) return '';
  return reasons.length === 0 ? say.labFits : say.labUnfit;
}

/** Labs can be looked at before there is a cluster. */
export async function openIfThere(context: Context): Promise<Existing | undefined> {
  if (!(await fileExists(context.specFile))) return undefined;
  try {
    return await openExisting(context);
  } catch (error) {
    if (error instanceof KubelabError && error.code === 'KL-CLUSTER-NONE') return undefined;
    throw error;
  }
}
