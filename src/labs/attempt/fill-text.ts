import path from 'node:path';
import type { YamlPath } from '../../cluster/yaml-document.ts';
import { KubelabError } from '../../errors/errors.ts';
import { interpolate, UnknownPlaceholder, type Values } from '../interpolate.ts';
import { placeIn } from '../lint/finding.ts';
import type { LabText, LoadedLab } from '../load-lab.ts';

/** Fills in a text that a learner reads, which stands in lab.yaml. @throws KubelabError `KL-LAB-INVALID` with its place */
export function fillField(loaded: LoadedLab, field: YamlPath, text: string, values: Values): string {
  return fill(loaded, text, values, () => loaded.locate(field));
}

/** The same for a long text, which has a file of its own. @throws KubelabError `KL-LAB-INVALID` with its place */
export function fillLongText(loaded: LoadedLab, { text, file }: LabText, values: Values): string {
  return fill(loaded, text, values, (placeholder) => {
    const { line, column } = placeIn(text, text.indexOf(placeholder));
    return `${path.posix.join(path.posix.dirname(loaded.file), file)}:${line}:${column}`;
  });
}

function fill({ lab }: LoadedLab, text: string, values: Values, locate: (placeholder: string) => string): string {
  try {
    return interpolate(text, values, 'a text');
  } catch (error) {
    if (!(error instanceof UnknownPlaceholder)) throw error;
    const placeholder = `\${${error.placeholder}}`;
    throw new KubelabError('KL-LAB-INVALID', `a text of lab ${lab.id} can not be shown on this cluster`, {
      details: [`${locate(placeholder)}: ${placeholder} has no value here; a shell's own is written $${placeholder}`],
      cause: error,
    });
  }
}
