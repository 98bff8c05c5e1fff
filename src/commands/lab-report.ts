import { type Attempt, progressOf } from '../labs/attempt/attempt.ts';
import type { YamlPath } from '../cluster/yaml-document.ts';
import { type CheckResult, type CheckStatus, hasPassed, isSpoiled, type Round } from '../labs/check/check-result.ts';
import { stepAfter } from '../labs/attempt/attempt-flow.ts';
import { fillField, fillLongText } from '../labs/attempt/fill-text.ts';
import type { Values } from '../labs/interpolate.ts';
import type { Localized } from '../labs/lab-fields.ts';
import type { Language } from '../labs/language.ts';
import type { Step } from '../labs/lab.ts';
import type { LoadedLab } from '../labs/load-lab.ts';
import { hasSolutions } from '../labs/solutions.ts';
import type { Block } from '../ui/block.ts';
import type { MarkdownNode } from '../ui/markdown-block.ts';
import { words } from './lab-words.ts';

/** The head of a step: which it is, how long it takes. */
export function describeStep(loaded: LoadedLab, step: Step, language: Language): Block {
  const { steps } = loaded.lab;
  const say = words[language];
  const place = say.stepOf(steps.indexOf(step) + 1, steps.length);
  return { kind: 'heading', text: `${loaded.lab.title[language]} · ${place} (${say.minutes(step.minutes)})` };
}

/** A step's text for reading: all of it, or in challenge mode its goal alone, and the questions that it asks. */
export async function describeText(
  loaded: LoadedLab,
  step: Step,
  view: { readonly mode: Attempt['mode']; readonly language: Language; readonly values: Values },
): Promise<readonly Block[]> {
  const { parseMarkdown } = await import('../ui/markdown.ts');
  const { language, values } = view;
  const say = words[language];
  const index = loaded.lab.steps.indexOf(step);
  const fill: FillField = (path, text) => fillField(loaded, ['steps', index, ...path, language], text[language], values);
  const questions = describeQuestions(step, language, fill);
  if (view.mode === 'challenge')
    return [
      { kind: 'heading', text: step.title[language] },
      { kind: 'text', text: `${say.goal}: ${fill(['goal'], step.goal)}` },
      ...questions,
    ];
  const long = await loaded.text(step.id, language);
  const mark: Block[] = long.language === language ? [] : [{ kind: 'text', text: say.otherLanguage, tone: 'careful' }];
  return [...mark, ...placeQuestions(parseMarkdown(fillLongText(loaded, long, values)), questions)];
}

/** A question is there to be answered before the text shows what happens: where it asks to predict, or else at its end. */
function placeQuestions(nodes: readonly MarkdownNode[], questions: readonly Block[]): readonly Block[] {
  const predict = Object.values(words).map((say) => say.predict);
  const asks = (node: MarkdownNode): boolean =>
    node.kind === 'paragraph' &&
    node.spans.some(({ text, style }) => style === 'strong' && predict.some((word) => text.startsWith(word)));
  const end = questions.length === 0 ? nodes.length : nodes.findIndex(asks) + 1 || nodes.length;
  return [nodes.slice(0, end), nodes.slice(end)].flatMap((part, index): readonly Block[] => [
    ...(part.length === 0 ? [] : [{ kind: 'markdown', nodes: part } as const]),
    ...(index === 0 ? questions : []),
  ]);
}

/** Fills in a text of a step, by where it stands in it. */
type FillField = (path: YamlPath, text: Localized) => string;

function describeQuestions(step: Step, language: Language, fill: FillField): Block[] {
  const say = words[language];
  return step.checks.flatMap(({ id, answer }, check): Block[] => {
    if (answer === undefined) return [];
    const place = ['checks', check, 'answer'];
    const choices = (answer.choices ?? []).map(
      (choice, index) => `${choice.id}: ${fill([...place, 'choices', index, 'text'], choice.text)}`,
    );
    return [
      { kind: 'text', text: `${say.question}: ${fill([...place, 'question'], answer.question)}`, tone: 'careful' },
      ...(choices.length === 0 ? [] : [{ kind: 'list', items: choices } as const]),
      { kind: 'text', text: `${say.answerWith}: kubelab lab check --answer ${id}=...` },
    ];
  });
}

/**
 * What a round found: the first failure in full, and how many more there are. A question that nobody has answered comes
 * first, as what other checks say may give the answer away; one that has another answer comes in a line behind them, as it
 * says nothing of what was done on the cluster.
 */
export function describeRound(
  round: Round,
  { checks }: Pick<Step, 'checks'>,
  { answers, language }: Pick<Attempt, 'answers' | 'language'>,
): readonly Block[] {
  const say = words[language];
  const counted = round.results.filter(({ status }) => status !== 'notApplicable');
  const passed = counted.filter(({ status }) => status === 'pass').length;
  const guarded = round.spoiled.map(({ message }) => message[language]);
  const spoiled: Block[] = [
    ...(isSpoiled(round) ? [{ kind: 'text', text: say.spoiled, tone: 'bad' } as const] : []),
    ...(guarded.length > 0 ? [{ kind: 'list', items: guarded } as const] : []),
  ];
  const broken = describeGuardErrors(round, language);
  if (hasPassed(round)) return [table(round, language), ...broken, { kind: 'text', text: say.allPassed, tone: 'good' }];
  // What failed by itself says more than what waits for it.
  const failed = counted.filter(({ status }) => status !== 'pass');
  const asked = new Set(checks.filter(({ answer }) => answer !== undefined).map(({ id }) => id));
  const saying = failed.filter(({ status }) => status === 'notYet' || status === 'spoiled');
  const open = saying.find(({ check }) => asked.has(check) && (answers[check] ?? '').trim() === '');
  const own = saying.find(({ check }) => !asked.has(check));
  const damaged = saying.find(({ status }) => status === 'spoiled');
  const first = damaged ?? open ?? own ?? saying[0] ?? failed[0];
  const questions = saying.filter((result) => result !== first && asked.has(result.check));
  const rest = failed.length - 1 - questions.length;
  return [
    table(round, language),
    ...spoiled,
    ...broken,
    ...(first === undefined ? [] : describeFailure(first, language)),
    ...(questions.length === 0
      ? []
      : [
          { kind: 'text', text: `${say.questions}:` } as const,
          { kind: 'list', items: questions.map((result) => `${result.check}: ${messageOf(result, language)}`) } as const,
        ]),
    ...(open === undefined || first !== open || own === undefined ? [] : [{ kind: 'text', text: say.answerFirst } as const]),
    { kind: 'text', text: `${say.passed(passed, counted.length)}${rest > 0 ? ` ${say.more(rest)}` : ''}` },
  ];
}

/** What could not be looked at beside the checks: no fault of the learner, and nothing that keeps a step from passing. */
function describeGuardErrors({ guardErrors = [] }: Round, language: Language): Block[] {
  if (guardErrors.length === 0) return [];
  return [
    { kind: 'text', text: words[language].checkBroke, tone: 'careful' },
    { kind: 'list', items: guardErrors.map(({ guard, error }) => `${guard}: ${error[language]}`) },
  ];
}

function table(round: Round, language: Language): Block {
  const say = words[language];
  return {
    kind: 'table',
    table: {
      columns: say.checkColumns,
      rows: round.results.map(({ check, status }) => [check, say.statuses[status]]),
    },
  };
}

function describeFailure(result: CheckResult, language: Language): Block[] {
  const say = words[language];
  const lines = [
    ...(result.expected === undefined ? [] : [`${say.expected}: ${result.expected[language]}`]),
    ...(result.actual === undefined ? [] : [`${say.found}: ${result.actual[language]}`]),
    ...(result.differences ?? []).map((line) => line[language]),
  ];
  const chain = (result.chain ?? []).map((link) => link[language]);
  return [
    ...(result.status === 'error' ? [{ kind: 'text', text: say.checkBroke, tone: 'careful' } as const] : []),
    { kind: 'text', text: messageOf(result, language), tone: result.status === 'error' ? 'careful' : 'bad' },
    ...(lines.length === 0 ? [] : [{ kind: 'list', items: lines } as const]),
    ...(chain.length === 0 ? [] : [{ kind: 'text', text: `${say.because}:` } as const, { kind: 'list', items: chain } as const]),
  ];
}

function messageOf({ message, because, check }: CheckResult, language: Language): string {
  return message?.[language] ?? because?.[language] ?? check;
}

/** What to type next, by how far the attempt is and what a round found just now. */
export function describeNext(loaded: LoadedLab, attempt: Attempt, round?: Round): Block {
  const say = words[attempt.language];
  const progress = progressOf(attempt, attempt.step);
  const isPassed = progress.passedAt !== undefined;
  const isLast = stepAfter({ loaded }, attempt.step) === undefined;
  const commands = isPassed
    ? [{ command: 'kubelab lab next', what: say.goOn }, ...(isLast ? [{ command: 'kubelab lab stop', what: say.endLab }] : [])]
    : [
        ...(round !== undefined && isSpoiled(round) ? [{ command: 'kubelab lab reset', what: say.resetStep }] : []),
        { command: 'kubelab lab check', what: say.checkIt },
        { command: 'kubelab lab hint', what: say.askForHint },
        ...(hasSolutions(loaded.lab) && (progress.hints.length > 1 || progress.rounds > 3)
          ? [{ command: 'kubelab lab solve', what: say.solveIt }]
          : []),
      ];
  return { kind: 'commands', title: say.next, commands };
}

/** Points reached, and those that there are to reach. */
export function countPoints(loaded: LoadedLab, attempt: Attempt): { readonly points: number; readonly of: number } {
  return {
    points: Object.values(attempt.steps).reduce((sum, step) => sum + step.points, 0),
    of: loaded.lab.steps.reduce((sum, step) => sum + pointsToReach(step, attempt), 0),
  };
}

/** What checks that made no sense on this cluster are worth, nobody can reach; of a step that passed, as it was then. */
export function pointsToReach({ id, checks }: Step, attempt: Attempt): number {
  const { evidence = {} } = progressOf(attempt, id);
  return checks.filter((check) => evidence[check.id]?.status !== 'notApplicable').reduce((sum, { points }) => sum + points, 0);
}

/** What a round says in one line for each check, and for each guard that is broken, by what the line is about. */
export function listFindings({ results, spoiled, guardErrors = [] }: Round, language: Language): Map<string, string> {
  const say = words[language];
  const line = (id: string, status: CheckStatus, message = ''): string =>
    [id, say.statuses[status], ...(message === '' ? [] : [message])].join(': ');
  const reset = `${say.spoiled} kubelab lab reset`;
  return new Map([
    ...results.map(({ check, status, message, because }): [string, string] => {
      const text = status === 'pass' ? '' : (message ?? because)?.[language];
      return [`check ${check}`, line(check, status, status === 'spoiled' ? `${text} ${reset}` : text)];
    }),
    ...spoiled.map(({ guard, message }): [string, string] => [
      `guard ${guard}`,
      line(guard, 'spoiled', `${message[language]} ${reset}`),
    ]),
    ...guardErrors.map(({ guard, error }): [string, string] => [`guard ${guard}`, line(guard, 'error', error[language])]),
  ]);
}
