import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';
import { readForm } from '../../cluster/read-form.ts';
import { listTexts, listUsedFiles } from '../lint/used-files.ts';
import { type Lab, labSchema } from '../lab.ts';

/** The lab.yaml of a learner build, and what it says. */
export interface LearnerLab {
  readonly yaml: string;
  readonly lab: Lab;
}

type Data = Readonly<Record<string, unknown>>;

/**
 * Writes a lab.yaml anew from its data, without solutions, wrong answers, what is hidden for grading, and comments,
 * which may hold answers too. Answers that checks compare with stay: without them nothing could be checked.
 * @param data what is written in a lab.yaml that is right.
 */
export function makeLearnerLab(data: unknown): LearnerLab {
  const kept = withoutSolutions(data as Data);
  // A text of nothing but blanks and line breaks, which a lab may wait for, comes back from a block as another one.
  const learner = readAgain(renderYaml(kept), kept) ?? readAgain(stringify(kept, { lineWidth: 0, blockQuote: false }), kept);
  if (learner === undefined) throw new Error(`the learner build of ${String(kept['id'])} can not be read again`);
  return learner;
}

/** The lab that is written in a lab.yaml; undefined where that is not the one of the data. */
function readAgain(yaml: string, data: Data): LearnerLab | undefined {
  const { value } = readForm(yaml, { schema: labSchema, empty: '', example: '' });
  return value !== undefined && isDeepStrictEqual(value, labSchema.parse(data)) ? { yaml, lab: value } : undefined;
}

/** Data as YAML of its own. */
export function renderYaml(data: unknown): string {
  return stringify(data, { lineWidth: 0 });
}

function withoutSolutions(lab: Data): Data {
  const head = ['apiVersion', 'kind', 'id', 'version'];
  const grade = lab['grade'] as Data | undefined;
  return {
    ...Object.fromEntries(head.map((key) => [key, lab[key]])),
    build: 'learner',
    ...omit(lab, [...head, 'build', 'test']),
    steps: (lab['steps'] as readonly Data[]).map((step) => ({
      ...omit(step, ['solve']),
      checks: (step['checks'] as readonly Data[]).map((check) => omit(check, ['allowPassBeforeSolve'])),
    })),
    ...(grade === undefined ? {} : { grade: omit(grade, ['hidden']) }),
  };
}

function omit(data: Data, keys: readonly string[]): Data {
  return Object.fromEntries(Object.entries(data).filter(([key]) => !keys.includes(key)));
}

/**
 * Which files of a lab its learner build has: those that it has a use for.
 * @param files by path; undefined where a file is not text.
 */
export function chooseLearnerFiles(lab: Lab, files: ReadonlyMap<string, string | undefined>): string[] {
  // A text that nobody is shown may name files of the solution.
  const texts = new Set(listTexts(lab).map(({ file }) => file));
  const shown = new Map([...files].filter(([file]) => texts.has(file)));
  const used = listUsedFiles({ lab, files: shown });
  return [...files.keys()].filter((file) => used.has(file));
}
