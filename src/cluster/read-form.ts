import type { z } from 'zod';
import { describeIssues } from './schema-issues.ts';
import { type Finding, readYamlDocument, type YamlDocument, type YamlPath } from './yaml-document.ts';

/** What a YAML file has to be. */
export interface Form<Schema extends z.ZodType> {
  readonly schema: Schema;
  /** What is said of an empty file: `expected at least a name`. */
  readonly empty: string;
  /** One of its fields, for a file that is no map. */
  readonly example: string;
  /** Better words for what is wrong at a path, where there are any. */
  explain?(path: YamlPath, document: YamlDocument): string | undefined;
  /** What of the data is judged and handed on, where that is not all of it. */
  select?(data: unknown): unknown;
}

/** What came of reading a file. */
export interface Reading<Value> {
  readonly document: YamlDocument;
  /** Undefined when anything is wrong. */
  readonly value: Value | undefined;
  /** All that is wrong, in the order of the file. */
  readonly findings: readonly Finding[];
}

const maxDetails = 50;

/** Reads a file of a form. Never throws for what the text may hold. */
export function readForm<Schema extends z.ZodType>(text: string, form: Form<Schema>): Reading<z.output<Schema>> {
  const written = readYamlDocument(text);
  const document = form.select === undefined ? written : { ...written, data: form.select(written.data) };
  const { value, findings } = judge(document, form);
  const all = [...document.findings, ...findings].toSorted((left, right) => left.offset - right.offset);
  return { document, value: all.length === 0 ? value : undefined, findings: all };
}

/** The findings as lines, each with its place, and a sentence on how many there are. */
export function describeFindings(
  findings: readonly Finding[],
  document: YamlDocument,
  file: string,
): { what: string; details: string[] } {
  const lines = [...new Set(findings.map(({ offset, text }) => `${file}:${document.position(offset)} ${text}`))];
  const count = lines.length + findings.reduce((sum, finding) => sum + (finding.count ?? 1) - 1, 0);
  return {
    what: `${count === 1 ? '1 error' : `${count} errors`} in ${file}`,
    details: lines.length > maxDetails ? [...lines.slice(0, maxDetails), `and ${count - maxDetails} more`] : lines,
  };
}

/** The value, or what is wrong with the data; neither when only the YAML is wrong. */
function judge<Schema extends z.ZodType>(
  document: YamlDocument,
  form: Form<Schema>,
): { value?: z.output<Schema>; findings: Finding[] } {
  if (document.data === undefined || document.data === null) {
    if (document.findings.length > 0) return { findings: [] };
    return { findings: [{ offset: 0, text: `the file is empty; ${form.empty}` }] };
  }
  const result = form.schema.safeParse(document.data);
  if (result.success) return { value: result.data, findings: [] };
  const described =
    typeof document.data === 'object' && !Array.isArray(document.data)
      ? describeIssues(result.error.issues, document, form)
      : [notAMap(document, form.example)];
  if (document.brokenFrom === Infinity) return { findings: described };
  // Broken YAML swallows what follows it: only what stands before the break was surely meant so.
  return {
    findings: described.filter(({ offset, text }) => offset < document.brokenFrom && !/^\S*: missing, /.test(text)),
  };
}

function notAMap(document: YamlDocument, example: string): Finding {
  return { offset: 0, text: `expected a map of fields such as ${example}, found ${document.show([]) ?? 'nothing'}` };
}
