import { redact } from '../cluster/redact.ts';
import { type StepFailure, StepsFailed, StepsInterrupted, type StepsRest } from '../cluster/run-steps.ts';
import { catalogue } from '../errors/catalogue.ts';
import { CommandFailed, Interrupted, KubelabError } from '../errors/errors.ts';
import { korean } from '../errors/korean.ts';
import { quoteCommand } from '../exec/quote.ts';
import type { Language } from '../labs/language.ts';
import type { Colour } from './colour.ts';
import { cleanText, lastLines } from '../cluster/plain-text.ts';
import { renderBug, renderStack, type Surroundings } from './bug.ts';
import { measureWidth, wrapText } from './width.ts';

export interface ErrorPage extends Surroundings {
  readonly colour: Colour;
  readonly width: number;
  /** The mark before an error's first line. */
  readonly mark: string;
  /** Adds the stack of errors that need none. */
  readonly verbose?: boolean;
  /** Default: English. An error that is not translated is in English in every language. */
  readonly language?: Language;
  /** Where the logs of this run lie, if it keeps any. */
  readonly logs?: string;
}

const outputLines = 20;

const labels = {
  en: { why: 'Why:', cure: 'What to do:', more: 'More:', logs: 'Log:' },
  ko: { why: '이유:', cure: '해결 방법:', more: '자세히:', logs: '로그:' },
} as const;

/** An error as people see it: one face for what they can fix, one for a tool that failed, one for a bug of kubelab. */
export function renderError(error: unknown, page: ErrorPage): string {
  const lines = faceOf(error, page);
  const stack = page.verbose === true && !isBug(error) ? ['', ...indent(renderStack(error, page))] : [];
  const label = labels[error instanceof KubelabError ? textsOf(error, page).language : 'en'].logs;
  const logs = page.logs === undefined || error instanceof Interrupted ? [] : ['', `  ${page.colour.strong(label)} ${page.logs}`];
  return [...lines, ...stack, ...logs].map((line) => `${line.trimEnd()}\n`).join('');
}

function faceOf(error: unknown, page: ErrorPage): string[] {
  if (error instanceof StepsInterrupted) return faceOfInterruption(error.rest, page);
  if (error instanceof Interrupted) return [page.colour.careful('Stopped on request.')];
  if (error instanceof KubelabError) return faceOfKubelabError(error, page);
  if (error instanceof CommandFailed) return faceOfCommand(error, page);
  if (error instanceof StepsFailed) return faceOfSteps(error, page);
  return renderBug(error, page);
}

function isBug(error: unknown): boolean {
  return ![Interrupted, KubelabError, CommandFailed, StepsFailed].some((kind) => error instanceof kind);
}

function faceOfKubelabError(error: KubelabError, page: ErrorPage): string[] {
  const { colour } = page;
  const { language, title, why, message, details, cure } = textsOf(error, page);
  const label = labels[language];
  const what = cleanText(message);
  return [
    `${colour.bad(`${page.mark} ${error.code}`)}: ${colour.strong(title)}`,
    ...(what === title ? [] : indent(wrapText(what, page.width - 2))),
    ...details.flatMap((detail) => indent(cleanText(detail).split('\n'), '    ')),
    ...causeOf(error, page),
    '',
    ...labelled(label.why, why, page),
    ...labelled(label.cure, cure, page),
    ...labelled(label.more, `kubelab explain ${error.code}`, page),
  ];
}

/** What an error says, in the language of the page where it is translated. */
function textsOf({ code, message, details, cure, ko }: KubelabError, { language }: ErrorPage) {
  const known = catalogue[code];
  const entry = language === 'ko' ? korean[code] : undefined;
  if (entry === undefined) return { language: 'en', ...known, message, details, cure } as const;
  // A cure of its own says more than the catalogue's, in whichever language it is.
  const other = cure === known.cure ? entry.cure : cure;
  return { language: 'ko', ...entry, message, details, ...ko, cure: ko?.cure ?? other } as const;
}

/** The command behind an error, for a tool's own words often say more than any translation of them. */
function causeOf(error: KubelabError, page: ErrorPage): string[] {
  return error.cause instanceof CommandFailed ? ['', ...indent(faceOfCommand(error.cause, page))] : [];
}

function faceOfCommand(error: CommandFailed, page: ErrorPage): string[] {
  const { colour } = page;
  const output = endOfOutput(error);
  const said =
    output.length === 0
      ? ['  It printed nothing.']
      : ['  The end of its output:', ...output.map((line) => `  ${colour.faint('|')} ${line}`)];
  return [
    `${colour.bad(page.mark)} ${colour.strong(`A command failed on ${error.place === 'host' ? 'this host' : error.place}`)}: ${cleanText(error.message)}`,
    '',
    `  ${cleanText(quoteCommand(error.command))}`,
    '',
    ...said,
  ];
}

/** The last lines that a failed command printed, without secrets or escapes. */
export function endOfOutput({ stdout, stderr }: CommandFailed): string[] {
  return lastLines(redact(stderr.trim() === '' ? stdout : stderr, []), outputLines);
}

function faceOfSteps(error: StepsFailed, page: ErrorPage): string[] {
  return [
    ...error.failures.flatMap((failure) => faceOfStep(failure, page)),
    ...faceOfRest(error, page),
    ...labelled('What to do:', 'Run the same command again once the cause is gone: it goes on where it stopped.', page),
  ];
}

function faceOfInterruption(rest: StepsRest, page: ErrorPage): string[] {
  return [
    ...rest.failures.flatMap((failure) => faceOfStep(failure, page)),
    page.colour.careful('Stopped on request.'),
    ...faceOfRest(rest, page),
    ...labelled('What to do:', 'Run the same command again: it goes on where it stopped.', page),
  ];
}

function faceOfStep({ title, node, cause }: StepFailure, page: ErrorPage): string[] {
  const place = node === undefined ? '' : ` on ${node}`;
  return [`${page.colour.bad(page.mark)} ${page.colour.strong(`${title}${place} failed`)}`, ...indent(faceOf(cause, page)), ''];
}

function faceOfRest({ left }: Pick<StepsRest, 'left'>, page: ErrorPage): string[] {
  return left.length === 0 ? [] : labelled('Not started:', left.join(', '), page);
}

function labelled(label: string, text: string, page: ErrorPage): string[] {
  const [first = '', ...rest] = wrapText(cleanText(text), page.width - 3 - measureWidth(label));
  return [`  ${page.colour.strong(label)} ${first}`, ...indent(rest, ' '.repeat(measureWidth(label) + 3))];
}

function indent(lines: readonly string[], by = '  '): string[] {
  return lines.map((line) => (line === '' ? '' : by + line));
}
