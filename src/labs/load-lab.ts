import path from 'node:path';
import { describeFindings, type Form, readForm, type Reading } from '../cluster/read-form.ts';
import type { YamlPath } from '../cluster/yaml-document.ts';
import { KubelabError } from '../errors/errors.ts';
import { withoutExtensions } from './extensions.ts';
import type { Language } from './language.ts';
import { type LabFolder, openLabFolder } from './lab-folder.ts';
import { type Lab, labSchema } from './lab.ts';

/** A lab that follows the schema, with its folder. */
export interface LoadedLab {
  readonly lab: Lab;
  readonly folder: LabFolder;
  /** The path of lab.yaml, as messages show it. */
  readonly file: string;
  /** Where in lab.yaml a field stands: `labs/first-pod/lab.yaml:7:3`. */
  locate(path: YamlPath): string;
  /** A long text: that of the whole lab, or of a step. Where a language has none, it is that of the default language. */
  text(name: string, language: Language): Promise<LabText>;
}

export interface LabText {
  readonly text: string;
  /** Where it is in the lab's folder. */
  readonly file: string;
  /** The one that was asked for, or else the lab's default. */
  readonly language: Language;
}

/** A lab as its author wrote it, right or wrong. */
export interface LabReading extends Reading<Lab> {
  readonly folder: LabFolder;
  /** The path of lab.yaml, as messages show it. */
  readonly file: string;
}

export const labFile = 'lab.yaml';
const maxBytes = 256 * 1024;

const labForm: Form<typeof labSchema> = {
  schema: labSchema,
  empty: 'expected a lab; kubelab lab new ID writes one to begin with',
  example: 'id: first-pod',
  select: (data) => withoutExtensions(labSchema, data),
};

/**
 * @param shown the folder as messages name it, where that is not how it is opened.
 * @throws KubelabError `KL-LAB-UNKNOWN` when there is no lab in the folder, `KL-LAB-INVALID` with all that is wrong with its lab.yaml.
 */
export async function loadLab(folder: string, shown = folder): Promise<LoadedLab> {
  const reading = await readLab(folder, shown);
  const { value: lab, document, findings, file } = reading;
  if (lab === undefined) {
    const { what, details } = describeFindings(findings, document, file);
    throw new KubelabError('KL-LAB-INVALID', what, { details });
  }
  return asLoaded(reading, lab);
}

/** Reads lab.yaml, and leaves what is wrong with it in the findings. @throws KubelabError `KL-LAB-UNKNOWN`, `KL-LAB-INVALID` when it can not be read at all. */
export async function readLab(folder: string, shown = folder): Promise<LabReading> {
  const opened = await openLabFolder(folder);
  if (!(await opened.has(labFile)))
    throw new KubelabError('KL-LAB-UNKNOWN', `There is no ${labFile} in ${shown}.`, {
      ko: { message: `${shown} 폴더에 ${labFile} 파일이 없습니다.` },
    });
  const file = path.posix.join(shown.replaceAll(path.sep, '/'), labFile);
  const text = await opened.read(labFile);
  if (Buffer.byteLength(text) > maxBytes)
    throw new KubelabError('KL-LAB-INVALID', `${file} is too large: expected at most ${maxBytes / 1024} KiB.`);
  return { ...readForm(text, labForm), folder: opened, file };
}

/** @param lab the value of the reading. */
export function asLoaded({ folder, document, file }: LabReading, lab: Lab): LoadedLab {
  return {
    lab,
    folder,
    file,
    locate: (path) => `${file}:${document.position(document.offsetOf(path))}`,
    text: async (name, language) => {
      const asked = textFile(name, language);
      const fallback = lab.lang.default;
      const chosen = language === fallback || (await folder.has(asked)) ? language : fallback;
      const long = textFile(name, chosen);
      return { text: await folder.read(long), file: long, language: chosen };
    },
  };
}

/** Where the long text of a step is, or that of the whole lab, which has the name `index`. */
export function textFile(name: string, language: Language): string {
  return `text/${language}/${name}.md`;
}
