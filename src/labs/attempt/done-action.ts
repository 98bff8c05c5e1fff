import { cleanLine, cleanText } from '../../cluster/plain-text.ts';
import { quoteCommand } from '../../exec/quote.ts';

/** An action that was done, so that a person can do the same by hand. Its texts are safe to print and to paste. */
export interface DoneAction {
  readonly kind: 'apply' | 'kubectl' | 'run' | 'answer' | 'until';
  /** The file of the lab that it came from: a manifest, or a script. */
  readonly file?: string;
  /** Where the script ran as root. What has none is typed where kubectl is. */
  readonly nodes?: readonly string[];
  /** What was waited for, where it is an object: `Deployment web`. */
  readonly object?: string;
  /** What to type, as it was done: a command with all that it reads, or a script. A wait has nothing to type. */
  readonly text?: string;
  /** How many lines follow that `text` does not show. */
  readonly hidden?: number;
}

/** A manifest of the lab, with its values filled in. */
export function showApply(namespace: string, file: string, manifest: string): DoneAction {
  return { kind: 'apply', file, ...withInput(['kubectl', '-n', namespace, 'apply', '-f', '-'], manifest) };
}

/** A command of kubectl, and what it reads as its input. */
export function showKubectl(namespace: string, args: readonly string[], input: string | undefined): DoneAction {
  const command = ['kubectl', '-n', namespace, ...args];
  return { kind: 'kubectl', ...(input === undefined ? bound(quote(command)) : withInput(command, input)) };
}

export interface DoneScript {
  readonly script: string;
  readonly file: string | undefined;
  readonly nodes: readonly string[];
  /** What the script finds there: shown as far as it names it. */
  readonly environment: Readonly<Record<string, string>>;
}

export function showScript({ script, file, nodes, environment }: DoneScript): DoneAction {
  const names = new Set(script.match(/[A-Z][A-Z0-9_]*/g));
  const exports = Object.entries(environment)
    .filter(([name]) => names.has(name))
    .map(([name, value]) => `export ${name}=${quote([value])}`);
  const text = [...exports, ...linesOf(script)].join('\n');
  return { kind: 'run', nodes, ...(file === undefined ? {} : { file }), ...bound(text) };
}

/** @param given answers by their checks. */
export function showAnswers(given: Readonly<Record<string, string>>): DoneAction {
  const lines = Object.entries(given).map(([check, answer]) =>
    quote(['kubelab', 'lab', 'check', '--answer', `${check}=${answer}`]),
  );
  return { kind: 'answer', ...bound(lines.join('\n')) };
}

/** @param object what it is that was waited for, where it is an object. */
export function showWait(object: string | undefined): DoneAction {
  return { kind: 'until', ...(object === undefined ? {} : { object: cleanLine(object) }) };
}

/** Words are cleaned before they are quoted: what is taken out later could take a quote with it. */
function quote(command: readonly string[]): string {
  return quoteCommand(command.map(cleanText));
}

function linesOf(text: string): readonly string[] {
  return cleanText(text).replace(/\n+$/, '').split('\n');
}

function withInput(command: readonly string[], input: string): Pick<DoneAction, 'text' | 'hidden'> {
  const lines = linesOf(input);
  const end = chooseEnd(lines);
  return bound([`${quote(command)} <<'${end}'`, ...lines, end].join('\n'));
}

/** What ends a here-document is no line of it. */
function chooseEnd(lines: readonly string[], end = 'EOF'): string {
  return lines.includes(end) ? chooseEnd(lines, `${end}_`) : end;
}

/** More than anybody reads: a lab may hold files of a megabyte. */
const mostLines = 200;
const mostCharacters = 40_000;

/**
 * Cuts a text between its lines. A here-document that is cut has no end, and neither has a word of several lines: a shell
 * that it is pasted into waits, and does nothing with the part.
 */
function bound(text: string): Pick<DoneAction, 'text' | 'hidden'> {
  const lines = text.split('\n');
  let count = 0;
  let length = 0;
  for (const line of lines.slice(0, mostLines)) {
    length += line.length + 1;
    if (length > mostCharacters) break;
    count += 1;
  }
  return { text: lines.slice(0, count).join('\n'), ...(count === lines.length ? {} : { hidden: lines.length - count }) };
}
