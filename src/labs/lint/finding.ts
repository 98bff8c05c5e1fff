import type { YamlPath } from '../../cluster/yaml-document.ts';
import type { RuleId, Severity } from './rules.ts';

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

/** The line and column of a place in a text, both from 1. */
export function placeIn(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const start = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - start + 1 };
}
