import path from 'node:path';
import type { YamlDocument } from '../../cluster/yaml-document.ts';
import type { Milliseconds } from '../../exec/runner.ts';
import { withinTime } from '../../exec/time-limit.ts';
import type { ApiFields } from '../../kubernetes/api-fields.ts';
import { labFile, readLab } from '../load-lab.ts';
import type { LintFinding, RuleFinding } from './finding.ts';
import { judgeFiles } from './judge-files.ts';
import { judgeKubectl } from './judge-kubectl.ts';
import { judgeLooks } from './judge-looks.ts';
import { judgeManifests } from './judge-manifests.ts';
import { judgeNames } from './judge-names.ts';
import { judgePlaceholders } from './judge-placeholders.ts';
import { judgeScripts } from './judge-scripts.ts';
import { judgeSecrets } from './judge-secrets.ts';
import { judgeSense } from './judge-sense.ts';
import { judgeSpoilers } from './judge-spoilers.ts';
import { judgeTexts } from './judge-texts.ts';
import { hasSolutions } from '../solutions.ts';
import { type RuleId, rules } from './rules.ts';
import { type Judge, type LabSubject, readFiles } from './subject.ts';

const judges: readonly Judge[] = [
  judgeNames,
  judgeFiles,
  judgePlaceholders,
  judgeTexts,
  judgeSecrets,
  judgeSpoilers,
  judgeSense,
  judgeScripts,
  judgeKubectl,
  judgeManifests,
  judgeLooks,
];

/** No lab takes longer to judge, most of them less than a second; there are texts that are made for that. */
const longest: Milliseconds = 20_000;

export interface LintOptions {
  /** Asked before the lab is judged: nobody hears anything meanwhile. */
  readonly signal?: AbortSignal;
  /** How long judging it may take. */
  readonly limit?: Milliseconds;
}

/**
 * All that is wrong with a lab, in the order of its files. Nothing is run.
 * @param shown the folder as findings name it.
 * @throws KubelabError `KL-LAB-UNKNOWN` when there is no lab in the folder, `KL-LAB-INVALID` when its lab.yaml can not be read.
 * @throws what the signal was aborted with.
 */
export async function lintLab(
  folder: string,
  shown: string,
  api: ApiFields,
  { signal, limit = longest }: LintOptions = {},
): Promise<LintFinding[]> {
  const { folder: opened, value: lab, document, findings } = await readLab(folder, shown);
  if (lab === undefined) {
    const found = findings.map(({ offset, text }): RuleFinding => {
      return { rule: 'LAB001', message: text, at: { file: labFile, ...document.place(offset) } };
    });
    return arrange(found, document, shown);
  }
  const read = await readFiles(opened);
  const subject: LabSubject = { lab, document, folderName: path.basename(opened.root), files: read.files, api };
  signal?.throwIfAborted();
  const found = withinTime(() => {
    const judged = judgeSubject(subject);
    return arrange([...read.findings, ...(hasSolutions(lab) ? judged : judged.filter(isOfLearners))], document, shown);
  }, limit);
  return found ?? arrange([...read.findings, tooSlow(limit)], document, shown);
}

/** In place of what the rules would find: without this finding, a lab that nobody can read to its end would be a sound one. */
function tooSlow(limit: Milliseconds): RuleFinding {
  const message = `this lab can not be judged within ${limit / 1000} s: a file of it takes far too long to read`;
  return { rule: 'LAB001', message, at: { file: labFile, line: 1, column: 1 } };
}

/** Rules that look for what a learner build leaves out. */
const aboutSolutions: readonly RuleId[] = ['LAB010', 'LAB031', 'LAB040', 'LAB044'];

function isOfLearners({ rule }: RuleFinding): boolean {
  return !aboutSolutions.includes(rule);
}

/** What every rule finds. */
export function judgeSubject(subject: LabSubject): RuleFinding[] {
  return judges.flatMap((judge) => judge(subject));
}

/** Each finding once, with its place: lab.yaml first, then the other files by name. */
function arrange(findings: readonly RuleFinding[], document: YamlDocument, shown: string): LintFinding[] {
  const placed = findings.map(({ rule, message, at }): LintFinding => {
    const place =
      'path' in at
        ? { file: labFile, ...document.place(at.key === true ? document.offsetOfKey(at.path) : document.offsetOf(at.path)) }
        : at;
    return {
      rule,
      severity: rules[rule].severity,
      message,
      ...place,
      file: path.posix.join(shown.replaceAll(path.sep, '/'), place.file),
    };
  });
  const unique = new Map(placed.map((finding) => [JSON.stringify(finding), finding]));
  const first = (finding: LintFinding): number => (finding.file.endsWith(`/${labFile}`) ? 0 : 1);
  return [...unique.values()].toSorted(
    (one, other) =>
      first(one) - first(other) ||
      (one.file === other.file ? 0 : one.file < other.file ? -1 : 1) ||
      one.line - other.line ||
      one.column - other.column ||
      (one.rule < other.rule ? -1 : 1),
  );
}
