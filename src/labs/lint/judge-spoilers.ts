import type { YamlPath } from '../../cluster/yaml-document.ts';
import type { Localized } from '../lab-fields.ts';
import type { Lab, Step } from '../lab.ts';
import type { RuleFinding } from './finding.ts';
import type { LabSubject } from './subject.ts';

/** What of a solution must not be told: commands as they are typed, and fields of manifests. */
interface Solution {
  readonly commands: readonly string[];
  readonly fields: ReadonlySet<string>;
}

/** LAB017: hints and messages lead the way, and do not give the solution. */
export function judgeSpoilers({ lab, files }: LabSubject): RuleFinding[] {
  return lab.steps.flatMap((step, stepAt) => {
    const solution = readSolution(step, files);
    return tellings(lab, stepAt).flatMap(({ text, path }) =>
      Object.entries(text).flatMap(([language, told]): RuleFinding[] => {
        const spoiler = findSpoiler(told, solution);
        return spoiler === undefined
          ? []
          : [{ rule: 'LAB017', message: `this gives the solution away: ${spoiler}`, at: { path: [...path, language] } }];
      }),
    );
  });
}

function tellings(lab: Lab, step: number): { text: Localized; path: YamlPath }[] {
  const { hints, checks, guards } = lab.steps[step]!;
  const at = (kind: string, index: number, field: string): YamlPath => ['steps', step, kind, index, field];
  return [
    ...hints.map(({ text }, index) => ({ text, path: at('hints', index, 'text') })),
    ...checks.map(({ message }, index) => ({ text: message, path: at('checks', index, 'message') })),
    ...guards.map(({ message }, index) => ({ text: message, path: at('guards', index, 'message') })),
  ];
}

function readSolution({ solve }: Step, files: LabSubject['files']): Solution {
  const commands: string[] = [];
  const fields = new Set<string>();
  const read = (file: string | undefined): string => (file === undefined ? '' : (files.get(file) ?? ''));
  for (const action of solve) {
    if ('kubectl' in action) commands.push(action.kubectl.filter((word) => word !== '-f' && word !== '-').join(' '));
    if ('on' in action) for (const line of (action.run ?? read(action.script)).split('\n')) commands.push(line);
    const manifest = 'apply' in action ? action.apply : 'kubectl' in action ? action.input : undefined;
    for (const line of read(manifest).split('\n')) {
      const field = /^[\s-]*([A-Za-z][A-Za-z0-9]*: *\S.*)$/.exec(line)?.[1];
      if (field !== undefined && !/^(?:apiVersion|kind|name|namespace):/.test(field)) fields.add(tidy(field));
    }
  }
  return { commands: commands.map(tidy).filter((command) => command.split(' ').length >= 3), fields };
}

function tidy(text: string): string {
  return text.replaceAll(/["'`]/g, '').replaceAll(/\s+/g, ' ').trim();
}

/** A whole command, or at least four words of one in a row, or two fields of a manifest. */
function findSpoiler(told: string, { commands, fields }: Solution): string | undefined {
  const text = tidy(told);
  const command =
    commands.find((one) => text.includes(one)) ??
    commands.flatMap((one) => runsOf(one.split(' '), 4)).find((one) => text.includes(one));
  if (command !== undefined) return `"${command}" is what its solution runs`;
  const given = [...fields].filter((field) => text.includes(field));
  return given.length < 2 ? undefined : `${given.map((field) => `"${field}"`).join(' and ')} are in its manifest`;
}

function runsOf(words: readonly string[], length: number): string[] {
  return words.flatMap((_, start) => (start + length <= words.length ? [words.slice(start, start + length).join(' ')] : []));
}
