import { showText, type YamlDocument, type YamlPath } from '../../cluster/yaml-document.ts';
import { KubelabError } from '../../errors/errors.ts';
import type { ApiFields } from '../../kubernetes/api-fields.ts';
import type { LabFolder } from '../lab-folder.ts';
import type { Lab } from '../lab.ts';
import type { FilePlace, RuleFinding } from './finding.ts';

/** All that rules look at: the lab, and the text of every file of its folder. */
export interface LabSubject {
  readonly lab: Lab;
  readonly document: YamlDocument;
  /** The name of the folder. */
  readonly folderName: string;
  /** By path; undefined where a file is not text. */
  readonly files: ReadonlyMap<string, string | undefined>;
  readonly api: ApiFields;
}

/** A rule, or several that look at the same things. */
export type Judge = (subject: LabSubject) => RuleFinding[];

/** The names of files that are not text, and that no action can use. */
export const picture = /\.(?:png|jpe?g|gif|webp)$/;

/** Reads every file of a lab. What may not be there is found by LAB003. */
export async function readFiles(folder: LabFolder): Promise<{ files: Map<string, string | undefined>; findings: RuleFinding[] }> {
  const { files: listed, refused } = await folder.list();
  const files = new Map<string, string | undefined>();
  const findings = refused.map(({ path, text }): RuleFinding => {
    const message = path === '' ? text : `${showText(path)} ${text}`;
    return { rule: 'LAB003', message, at: { path: [] } };
  });
  for (const { path } of listed)
    try {
      files.set(path, picture.test(path) ? undefined : await folder.read(path));
    } catch (error) {
      if (!(error instanceof KubelabError)) throw error;
      files.set(path, undefined);
      findings.push({ rule: 'LAB003', message: 'expected text in UTF-8', at: { file: path, line: 1, column: 1 } });
    }
  return { files, findings };
}

/** Where a line of a script stands, that is written in lab.yaml at the path. */
export function placeInScript({ document, files }: LabSubject, path: YamlPath, line: number): FilePlace {
  const offset = document.offsetOf(path);
  const place = document.place(offset);
  const isBlock = /^[|>]/.test((files.get('lab.yaml') ?? '').slice(offset, offset + 1));
  // The text of a block begins in the line after its mark.
  return isBlock ? { file: 'lab.yaml', line: place.line + 1 + line, column: 1 } : { file: 'lab.yaml', ...place };
}
