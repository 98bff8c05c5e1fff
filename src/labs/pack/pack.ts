import { z } from 'zod';
import { describeFindings, type Form, readForm, type Reading } from '../../cluster/read-form.ts';
import { choice, list, map, text, whenRight } from '../../cluster/spec-fields.ts';
import { KubelabError } from '../../errors/errors.ts';
import { withoutExtensions } from '../extensions.ts';
import { labId, title } from '../lab-fields.ts';
import { languages } from '../language.ts';
import { packLimits } from './pack-limits.ts';

/** The schema of pack.yaml. Its input is what an author writes, its output is a Pack. */
export const packSchema = map({
  apiVersion: choice(['labpack/v1']).describe('The version of this format.'),
  kind: choice(['Pack']).describe('What the file describes.'),
  name: labId().describe('What the pack is called: it is installed, and its labs are named, under it.'),
  version: packVersion().describe('Such as 1.0.0. What a version holds never changes once it is given away.'),
  title: title().describe('The name that it is shown by.'),
  authors: list(text('the name of an author'), 50).min(1, 'expected at least one author').describe('Who made it.'),
  licence: text('a licence as SPDX names it, such as CC-BY-4.0')
    .max(200, 'expected a licence as SPDX names it')
    .describe('Its licence as SPDX names it, such as CC-BY-4.0.'),
  lang: map({ default: choice(languages).prefault('en').describe('The language that it was written in.') })
    .prefault({})
    .describe('The languages of the pack.'),
  labs: list(labId(), packLimits.labs)
    .min(1, 'expected at least one lab')
    .describe('Its labs in the order in which they are meant to be done; each is in labs/ID/.'),
}).superRefine(refuseTwice, { when: whenRight(['labs']) });

/** Labs that belong together, as their author describes them. */
export type Pack = z.output<typeof packSchema>;

/** Three numbers, as semver has them: without a part after a hyphen or a plus. */
function packVersion() {
  const error = 'expected a version such as 1.0.0';
  return z
    .string(error)
    .max(40, error)
    .regex(/^(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)$/, error);
}

function refuseTwice({ labs }: { readonly labs: readonly string[] }, context: z.RefinementCtx): void {
  for (const [index, id] of labs.entries())
    if (labs.indexOf(id) < index)
      context.addIssue({ code: 'custom', path: ['labs', index], message: `the lab ${id} is named twice` });
}

export const packFile = 'pack.yaml';

const packForm: Form<typeof packSchema> = {
  schema: packSchema,
  empty: 'expected at least name, version, title, authors, licence and labs',
  example: 'name: storage-class',
  select: (data) => withoutExtensions(packSchema, data),
};

/** A pack.yaml that is right. */
export interface ReadPack {
  readonly pack: Pack;
  /** What is written, without defaults and extensions. */
  readonly data: unknown;
}

/** @param shown the file as messages name it. @throws KubelabError `KL-PACK-INVALID` with all that is wrong with it. */
export function readPack(content: string, shown: string): ReadPack {
  if (Buffer.byteLength(content) > packLimits.packBytes)
    throw new KubelabError('KL-PACK-INVALID', `${shown} is too large: expected at most ${packLimits.packBytes / 1024} KiB.`);
  const { value, document, findings }: Reading<Pack> = readForm(content, packForm);
  if (value !== undefined) return { pack: value, data: document.data };
  const { what, details } = describeFindings(findings, document, shown);
  throw new KubelabError('KL-PACK-INVALID', what, { details });
}
