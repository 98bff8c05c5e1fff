import { showText } from '../../cluster/yaml-document.ts';
import { findHidden } from './find-hidden.ts';
import type { RuleFinding } from './finding.ts';
import { listCommands, listScripts, type PlacedCommand, type PlacedScript } from './lab-parts.ts';
import type { RuleId } from './rules.ts';
import { changesSomething, downloads, findGivenScript, runsWhatItReads, waitsWithoutLimit } from './shell-verdicts.ts';
import { readShell } from './shell-commands.ts';
import type { ShellCommand, ShellLoop, ShellScript } from './shell-script.ts';
import { type LabSubject, placeInScript } from './subject.ts';

/** LAB023 to LAB026 and LAB042: scripts of checks and actions, and commands of checks. */
export function judgeScripts(subject: LabSubject): RuleFinding[] {
  const seen = new Set<string>();
  const scripts = listScripts(subject.lab).flatMap((script) => {
    const key = `${script.file} ${script.looks}`;
    if (script.file !== undefined && seen.has(key)) return [];
    seen.add(key);
    const text = script.text ?? subject.files.get(script.file ?? '');
    return text === undefined ? [] : judgeScript(text, script, subject);
  });
  return [...scripts, ...listCommands(subject.lab).flatMap((command) => judgeCommand(command, subject))];
}

function judgeScript(text: string, script: PlacedScript, subject: LabSubject): RuleFinding[] {
  const { file, path, looks } = script;
  const find: Find = (rule, line, message) => {
    const at = file === undefined ? placeInScript(subject, path, line) : { file, line: line + 1, column: 1 };
    return { rule, message, at };
  };
  return judgeText(text, find, { looks, patient: false, limited: false });
}

/** What runs in a container is no script, unless a shell is told to run one. */
function judgeCommand({ words, path }: PlacedCommand, subject: LabSubject): RuleFinding[] {
  // The check gives up after its own timeout, and its pod may stay.
  const kind: ScriptKind = { looks: true, patient: true, limited: false };
  const given = findGivenScript({ words });
  const at = [...path, given?.index ?? 0];
  const find: Find = (rule, line, message) => ({ rule, message, at: placeInScript(subject, at, line) });
  if (given !== undefined) return judgeText(given.text, find, { ...kind, limited: given.limited });
  return judgeShell({ commands: [{ words, redirects: [], line: 0, before: '' }], loops: [], problem: undefined }, find, kind);
}

type Find = (rule: RuleId, line: number, message: string) => RuleFinding;

interface ScriptKind {
  /** It changes nothing, and its exit code is its answer. */
  readonly looks: boolean;
  /** As waitsWithoutLimit has it. */
  readonly patient: boolean;
  /** It is ended when its time is up, or nobody waits for it. */
  readonly limited: boolean;
}

function judgeText(text: string, find: Find, kind: ScriptKind): RuleFinding[] {
  const shell = readShell(text);
  if (shell.problem !== undefined) return [find('LAB042', shell.problem.line, shell.problem.text)];
  return judgeShell(shell, find, kind);
}

function judgeShell(shell: ShellScript, find: Find, kind: ScriptKind, depth = 0): RuleFinding[] {
  return [
    ...(kind.limited ? [] : judgeWaits(shell, find, kind.patient)),
    ...judgeDownloads(shell, find),
    ...(kind.looks ? judgeLook(shell, find) : []),
    ...(depth < deepest ? shell.commands.flatMap((command) => judgeInner(command, find, kind, depth + 1)) : []),
  ];
}

/** Scripts that are arguments of commands of scripts. */
const deepest = 3;

function judgeInner(command: ShellCommand, find: Find, kind: ScriptKind, depth: number): RuleFinding[] {
  const given = findGivenScript(command);
  const inner = given === undefined ? undefined : readShell(given.text);
  // In double quotes it is not yet what the inner shell reads; what can not be read is let be.
  if (given === undefined || inner === undefined || inner.problem !== undefined) return [];
  const limited = kind.limited || given.limited;
  return judgeShell(inner, (rule, line, message) => find(rule, command.line + line, message), { ...kind, limited }, depth);
}

function say(command: ShellCommand): string {
  return showText(command.words.join(' '));
}

function judgeWaits({ commands, loops }: ShellScript, find: Find, patient: boolean): RuleFinding[] {
  const waits = commands.flatMap((command) => {
    const why = waitsWithoutLimit(command, patient);
    return why === undefined ? [] : [find('LAB025', command.line, `${say(command)} may never end: ${why}`)];
  });
  const endless = loops
    .filter(isEndless)
    .map(({ keyword, line }) => find('LAB025', line, `this ${keyword} loop may never end: count its rounds, or use until`));
  return [...waits, ...endless];
}

function judgeDownloads({ commands }: ShellScript, find: Find): RuleFinding[] {
  let isFed = false;
  return commands.flatMap((command, index) => {
    // A pipe hands on what its first command downloads, through however many others.
    const before = commands[index - 1];
    isFed = command.before === '|' && before !== undefined && (isFed || downloads(before));
    const reads = command.words.some((word) => /[$`(]\(?\s*(?:curl|wget)\b/.test(word));
    return runsWhatItReads(command) && (isFed || reads)
      ? [find('LAB026', command.line, `${say(command)} runs what was downloaded`)]
      : [];
  });
}

/** A loop that looks at no counter and reads no list. */
function isEndless({ keyword, commands }: ShellLoop): boolean {
  if (keyword === 'for') return false;
  const words = commands.flatMap((command) => command.words);
  const counts = words.some((word) => /^-(?:lt|le|gt|ge)$/.test(word));
  return !counts && !words.some((word) => ['read', 'shift', 'getopts'].includes(word));
}

function judgeLook({ commands }: ShellScript, find: Find): RuleFinding[] {
  const changes = commands.flatMap((command) => {
    const what = changesSomething(command);
    return what === undefined ? [] : [find('LAB023', command.line, `a check looks and changes nothing, and ${what}`)];
  });
  const hidden = findHidden(commands).map((command) =>
    find('LAB024', command.line, `${say(command)} hides whether what comes before it failed`),
  );
  return [...changes, ...hidden];
}
