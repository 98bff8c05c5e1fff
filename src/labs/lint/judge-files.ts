import { showText, type YamlDocument, type YamlPath } from '../../cluster/yaml-document.ts';
import { nearest } from '../../cluster/near-miss.ts';
import { mostGuesses, placeIn, type RuleFinding } from './finding.ts';
import { type LabSubject, picture } from './subject.ts';
import { listNamedFiles, listTexts, listUsedFiles } from './used-files.ts';

/** LAB004, LAB005, LAB011 and LAB020: files. */
export function judgeFiles(subject: LabSubject): RuleFinding[] {
  const { lab, files } = subject;
  const named = listNamedFiles(lab);
  const known = [...files.keys()];
  const absent = named.filter(({ file }) => !files.has(file));
  const missing = absent.map(({ file, path }, index): RuleFinding => {
    const near = index < mostGuesses ? nearest(file, known) : undefined;
    const hint = near === undefined ? '' : `; did you mean ${near}?`;
    return { rule: 'LAB004', message: `there is no file ${showText(file)}${hint}`, at: { path } };
  });
  const pictures = named.flatMap(({ file, path }): RuleFinding[] => {
    if (!files.has(file) || !picture.test(file)) return [];
    return [{ rule: 'LAB003', message: `${file} is named as a picture, and pictures are not read`, at: { path } }];
  });
  const texts = listTexts(lab);
  const untold = texts.flatMap(({ language, name, file }): RuleFinding[] => {
    const needed = language === lab.lang.default || lab.lang.complete.includes(language);
    if (!needed || files.has(file)) return [];
    const index = lab.steps.findIndex(({ id }) => id === name);
    return [{ rule: 'LAB011', message: `there is no text ${file}`, at: { path: index < 0 ? ['lang'] : ['steps', index, 'id'] } }];
  });
  const used = listUsedFiles(subject);
  const dead = known
    .filter((file) => !used.has(file))
    .map((file): RuleFinding => ({
      rule: 'LAB005',
      message: 'nothing in the lab uses this file',
      at: { file, line: 1, column: 1 },
    }));
  return [...missing, ...pictures, ...untold, ...dead, ...findControlCharacters(subject)];
}

// Tabs and line ends are what text has. Marks that turn the direction of text make it look other than it is.
const unwanted =
  /(?![\t\n])\p{Cc}|[\u00ad\u061c\u115f\u1160\u3164\uffa0\u{e0000}-\u{e007f}\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff]/u;

/** LAB020: what a terminal would act on, and what makes text look other than it is. */
export function findControlCharacters({
  files,
  document,
}: Pick<LabSubject, 'files'> & { readonly document: Pick<YamlDocument, 'data'> }): RuleFinding[] {
  const inFiles = [...files].flatMap(([file, text]): RuleFinding[] => {
    const index =
      text === undefined
        ? -1
        : text
            .replaceAll('\r\n', '  ')
            .replace(/^\ufeff/, ' ')
            .search(unwanted);
    if (text === undefined || index < 0) return [];
    const message = `here is the control character ${nameCharacter(text, index)}`;
    return [{ rule: 'LAB020', message, at: { file, ...placeIn(text, index) } }];
  });
  return [...inFiles, ...findEscapes(document.data, [])];
}

/** Control characters that are written as escapes in YAML. */
function findEscapes(data: unknown, path: YamlPath): RuleFinding[] {
  if (typeof data === 'string') {
    const index = data.search(unwanted);
    return index < 0
      ? []
      : [{ rule: 'LAB020', message: `this holds the control character ${nameCharacter(data, index)}`, at: { path } }];
  }
  if (typeof data !== 'object' || data === null) return [];
  const entries: [string | number, unknown][] = Array.isArray(data) ? [...data.entries()] : Object.entries(data);
  // Keys too: labels and fields have whatever name the file gives them.
  return entries.flatMap(([key, value]) => [
    ...(typeof key === 'string' ? findEscapes(key, [...path, key]) : []),
    ...findEscapes(value, [...path, key]),
  ]);
}

function nameCharacter(text: string, index: number): string {
  return `U+${text.codePointAt(index)!.toString(16).toUpperCase().padStart(4, '0')}`;
}
