import { showControls } from '../../cluster/plain-text.ts';
import type { YamlPath } from '../../cluster/yaml-document.ts';
import type { RuleId, Severity } from './rules.ts';

/**
 * For so many findings of a rule lint looks for the name that was likely meant. To compare names takes long where there are
 * thousands of them, and nobody reads that far.
 */
export const mostGuesses = 20;

/** Something that a rule found, where the rule knows it to be. */
export interface RuleFinding {
  readonly rule: RuleId;
  readonly message: string;
  readonly at: FieldPlace | FilePlace;
}

/** A field of lab.yaml. */
export interface FieldPlace {
  readonly path: YamlPath;
  /** Its key is meant, and not its value. */
  readonly key?: true;
}

/** A place in any file of the lab; both numbers from 1. */
export interface FilePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Something that was found, for people and programs. */
export interface LintFinding extends FilePlace {
  readonly rule: RuleId;
  readonly severity: Severity;
  readonly message: string;
}

/**
 * A finding as one line, whatever its folder and its files are called: who reads the output line by line must see no other.
 * It begins as a path does, so that no name can be a command to a system that runs kubelab and watches for lines of its own.
 */
export function writeFinding({ file, line, column, severity, rule, message }: LintFinding): string {
  const place = /^[\p{L}\p{N}._/]/u.test(file) ? file : `./${file}`;
  return showControls(`${place}:${line}:${column} ${severity} ${rule} ${message}`);
}

/** A line and a column, both from 1. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/** Where an offset is in a text. */
export function placeIn(text: string, offset: number): TextPlace {
  return placesIn(text)(offset);
}

/** Says where in a text an offset is. The text is looked through once, however many places are asked for. */
export function placesIn(text: string): (offset: number) => TextPlace {
  const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  return (offset) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - starts[low]! + 1 };
  };
}
