import { KubelabError } from '../errors/errors.ts';
import { type Finding, readSpecDocument, type SpecDocument, type SpecPath } from './spec-document.ts';
import { describeIssues } from './spec-issues.ts';
import { type Spec, specSchema } from './spec.ts';
import { checkSupported } from './supported.ts';

/** A spec, and where its fields stand in the file. */
export interface LocatedSpec {
  readonly spec: Spec;
  /** `kubelab.yaml:7:11` for the field at the path, or for the nearest thing around it that the file has. */
  readonly locate: (path: SpecPath) => string;
}

const maxBytes = 256 * 1024;
const maxDetails = 50;

/**
 * Reads a spec that this version of kubelab can act on.
 * @param file the file's name, as errors show it.
 * @throws KubelabError `KL-SPEC-INVALID` with all that is wrong, or else `KL-SPEC-UNSUPPORTED` with all that is not there yet.
 */
export function loadSpec(text: string, file: string): Spec {
  const located = parseSpec(text, file);
  checkSupported(located.spec, located.locate);
  return located.spec;
}

/** As loadSpec, without asking whether this version can act on every field. @throws KubelabError `KL-SPEC-INVALID` */
export function parseSpec(text: string, file: string): LocatedSpec {
  if (Buffer.byteLength(text) > maxBytes)
    throw new KubelabError('KL-SPEC-INVALID', `${file} is too large to be a spec`, {
      details: [`${file}: expected at most ${maxBytes / 1024} KiB`],
    });
  const document = readSpecDocument(text);
  const result = judge(document);
  if (Array.isArray(result)) throw invalid([...document.findings, ...result], document, file);
  return { spec: result, locate: (path) => `${file}:${document.position(document.offsetOf(path))}` };
}

/** The spec, or what is wrong with the data; an empty list when only the YAML is wrong. */
function judge(document: SpecDocument): Spec | Finding[] {
  if (document.data === undefined || document.data === null) {
    return document.findings.length > 0
      ? []
      : [{ offset: 0, text: 'the file is empty; expected at least a name, such as name: study' }];
  }
  const result = specSchema.safeParse(document.data);
  if (result.success) return document.findings.length > 0 ? [] : result.data;
  const described =
    typeof document.data === 'object' && !Array.isArray(document.data)
      ? describeIssues(result.error.issues, document)
      : notAMap(document);
  if (document.brokenFrom === Infinity) return described;
  // Broken YAML swallows what follows it: only what stands before the break was surely meant so.
  return described.filter(({ offset, text }) => offset < document.brokenFrom && !/^\S*: missing, /.test(text));
}

function notAMap(document: SpecDocument): Finding[] {
  return [{ offset: 0, text: `expected a map of fields such as name: study, found ${document.show([]) ?? 'nothing'}` }];
}

function invalid(findings: readonly Finding[], document: SpecDocument, file: string): KubelabError {
  const sorted = findings.toSorted((left, right) => left.offset - right.offset);
  const lines = [...new Set(sorted.map(({ offset, text }) => `${file}:${document.position(offset)} ${text}`))];
  const details = lines.length > maxDetails ? [...lines.slice(0, maxDetails), `and ${lines.length - maxDetails} more`] : lines;
  return new KubelabError('KL-SPEC-INVALID', `${lines.length === 1 ? '1 error' : `${lines.length} errors`} in ${file}`, {
    details,
  });
}
