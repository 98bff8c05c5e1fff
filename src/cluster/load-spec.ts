import { KubelabError } from '../errors/errors.ts';
import { describeFindings, type Form, readForm } from './read-form.ts';
import { type Spec, specSchema } from './spec.ts';
import { checkSupported } from './supported.ts';
import type { YamlDocument, YamlPath } from './yaml-document.ts';

/** A spec, and where its fields stand in the file. */
export interface LocatedSpec {
  readonly spec: Spec;
  /** `kubelab.yaml:7:11` for the field at the path, or for the nearest thing around it that the file has. */
  readonly locate: (path: YamlPath) => string;
}

const maxBytes = 256 * 1024;

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
  const { document, value, findings } = readForm(text, specForm);
  if (value === undefined) {
    const { what, details } = describeFindings(findings, document, file);
    throw new KubelabError('KL-SPEC-INVALID', what, { details });
  }
  return { spec: value, locate: (path) => `${file}:${document.position(document.offsetOf(path))}` };
}

const specForm: Form<typeof specSchema> = {
  schema: specSchema,
  empty: 'expected at least a name, such as name: study',
  example: 'name: study',
  explain: explainVersion,
};

function explainVersion(path: YamlPath, document: YamlDocument): string | undefined {
  const typed = path.join('.') === 'kubernetes' ? document.typedNumber(path) : undefined;
  if (typed === undefined) return undefined;
  return `the version needs quotes: write "${typed}". Without them it is read as a number, and 1.30 becomes 1.3`;
}
