import { showText } from '../../cluster/yaml-document.ts';
import { findHidden } from './find-hidden.ts';
import type { FilePlace, RuleFinding } from './finding.ts';
import { listScripts, type PlacedScript } from './lab-parts.ts';
import type { RuleId } from './rules.ts';
import { changesSomething, downloads, runsWhatItReads, waitsWithoutLimit } from './shell-verdicts.ts';
import { readShell } from './shell-commands.ts';
import type { ShellCommand, ShellLoop, ShellScript } from './shell-script.ts';
import { type LabSubject, placeInScript } from './subject.ts';

/** LAB023 to LAB026 and LAB042: scripts of checks and actions. */
export function judgeScripts(subject: LabSubject): RuleFinding[] {
  const seen = new Set<string>();
  return listScripts(subject.lab).flatMap((script) => {
    const key = `${script.file} ${script.looks}`;
    if (script.file !== undefined && seen.has(key)) return [];
    seen.add(key);
    const text = script.text ?? subject.files.get(script.file ?? '');
    return text === undefined ? [] : judgeScript(text, script, subject);
  });
}

function judgeScript(text: string, script: PlacedScript, subject: LabSubject): RuleFinding[] {
  const at = (line: number): FilePlace =>
    script.file === undefined ? placeInScript(subject, script.path, line) : { file: script.file, line: line + 1, column: 1 };
  const shell = readShell(text);
  const find = (rule: RuleId, line: number, message: string): RuleFinding => ({ rule, message, at: at(line) });
  if (shell.problem !== undefined) return [find('LAB042', shell.problem.line, shell.problem.text)];
  return [...judgeEveryScript(shell, find), ...(script.looks ? judgeLook(shell, find) : [])];
}

type Find = (rule: RuleId, line: number, message: string) => RuleFinding;

function say(command: ShellCommand): string {
  return showText(command.words.join(' '));
}

function judgeEveryScript({ commands, loops }: ShellScript, find: Find): RuleFinding[] {
  const waits = commands.flatMap((command) => {
    const why = waitsWithoutLimit(command);
    return why === undefined ? [] : [find('LAB025', command.line, `${say(command)} may never end: ${why}`)];
  });
  const endless = loops
    .filter(isEndless)
    .map(({ keyword, line }) => find('LAB025', line, `this ${keyword} loop may never end: count its rounds, or use until`));
  let isFed = false;
  const piped = commands.flatMap((command, index) => {
    // A pipe hands on what its first command downloads, through however many others.
    const before = commands[index - 1];
    isFed = command.before === '|' && before !== undefined && (isFed || downloads(before));
    const reads = command.words.some((word) => /[$`(]\(?\s*(?:curl|wget)\b/.test(word));
    return runsWhatItReads(command) && (isFed || reads)
      ? [find('LAB026', command.line, `${say(command)} runs what was downloaded`)]
      : [];
  });
  return [...waits, ...endless, ...piped];
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
