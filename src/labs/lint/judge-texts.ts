import { showText, type YamlPath } from '../../cluster/yaml-document.ts';
import { placeholdersIn } from '../interpolate.ts';
import type { Localized } from '../lab-fields.ts';
import type { Language } from '../language.ts';
import type { Lab } from '../lab.ts';
import { textFile } from '../load-lab.ts';
import { fieldsIn } from '../message.ts';
import type { RuleFinding } from './finding.ts';
import { readMarkdown } from './markdown-parts.ts';
import type { RuleId } from './rules.ts';
import type { LabSubject } from './subject.ts';

/**
 * LAB012 to LAB016, LAB018 and LAB019: the long texts, each by itself and against the one in the default language; LAB013 also
 * of the short ones.
 */
export function judgeTexts({ lab, files }: LabSubject): RuleFinding[] {
  const names = ['index', ...lab.steps.map(({ id }) => id)];
  const others = lab.lang.complete.filter((language) => language !== lab.lang.default);
  const texts = [...files].flatMap(([file, text]) => (/^text\/.*\.md$/.test(file) && text !== undefined ? [{ file, text }] : []));
  const pairs = others.flatMap((language) =>
    names.flatMap((name) => {
      const [file, original] = [textFile(name, language), textFile(name, lab.lang.default)];
      const [text, originalText] = [files.get(file), files.get(original)];
      return text === undefined || originalText === undefined ? [] : [{ file, text, original, originalText }];
    }),
  );
  const short = listLocalized(lab).flatMap((one) => compareShort(one, lab));
  return [...texts.flatMap((text) => judgeText(text, files)), ...pairs.flatMap(compare), ...short];
}

function judgeText({ file, text }: { file: string; text: string }, files: LabSubject['files']): RuleFinding[] {
  const { html, links, images } = readMarkdown(text);
  const htmlFindings = html.map(({ text: found, line, column }): RuleFinding => {
    const message = `${showText(found)} is HTML; expected Markdown, or a backtick on either side`;
    return { rule: 'LAB018', message, at: { file, line, column } };
  });
  const isThere = (target: string): boolean => files.has(target.replace(/#.*$/, ''));
  const wrongImages = images
    .filter(({ target }) => !/\.(?:png|jpe?g|gif|webp)$/.test(target) || !isThere(target))
    .map(({ target, line, column }): RuleFinding => {
      const message = `expected a PNG, JPEG, GIF or WebP image in the lab, by its path from the lab's folder, found ${showText(target)}`;
      return { rule: 'LAB019', message, at: { file, line, column } };
    });
  const wrongLinks = links
    .filter(({ target }) => !/^https?:\/\/[a-z0-9]/i.test(target) && !target.startsWith('#') && !isThere(target))
    .map(({ target, line, column }): RuleFinding => {
      const message = `expected a link to https://, to a heading or to a file of the lab, found ${showText(target)}`;
      return { rule: 'LAB019', message, at: { file, line, column } };
    });
  const korean: RuleFinding = {
    rule: 'LAB016',
    message: 'this text is to be Korean, and holds no Hangul',
    at: { file, line: 1, column: 1 },
  };
  const untranslated = file.startsWith('text/ko/') && !/\p{Script=Hangul}/u.test(text);
  return [...htmlFindings, ...wrongImages, ...wrongLinks, ...(untranslated ? [korean] : [])];
}

interface Pair {
  readonly file: string;
  readonly text: string;
  readonly original: string;
  readonly originalText: string;
}

interface Compared {
  readonly key: string;
  readonly line: number;
  readonly column: number;
}

function compare({ file, text, original, originalText }: Pair): RuleFinding[] {
  const [own, other] = [readMarkdown(text), readMarkdown(originalText)];
  const differ = (rule: RuleId, what: string, mine: readonly Compared[], theirs: readonly Compared[]): RuleFinding[] => {
    const index = mine.findIndex(({ key }, at) => key !== theirs[at]?.key);
    if (index < 0 && mine.length === theirs.length) return [];
    const found = mine[index] ?? mine.at(-1);
    const counts = mine.length === theirs.length ? '' : `: ${mine.length} here, ${theirs.length} there`;
    const message = `${what} are not those of ${original}${counts}`;
    return [{ rule, message, at: { file, line: found?.line ?? 1, column: found?.column ?? 1 } }];
  };
  const keyed = <Part extends { line: number; column: number }>(
    parts: readonly Part[],
    key: (part: Part) => string,
  ): Compared[] => parts.map((part) => ({ key: key(part), line: part.line, column: part.column }));
  const targets = (parts: readonly { target: string; line: number; column: number }[]): Compared[] =>
    keyed(parts, ({ target }) => target).toSorted((one, two) => (one.key < two.key ? -1 : 1));
  const names = (markdown: string): Compared[] =>
    placeholdersIn(markdown)
      .toSorted()
      .map((key) => ({ key, line: 1, column: 1 }));
  const code = (block: { language: string; text: string }): string => `${block.language}\n${block.text.trimEnd()}`;
  return [
    ...differ('LAB012', 'the code blocks', keyed(own.blocks, code), keyed(other.blocks, code)),
    ...differ('LAB013', 'the placeholders', names(text), names(originalText)),
    ...differ('LAB014', 'the links', targets(own.links), targets(other.links)),
    ...differ('LAB014', 'the images', targets(own.images), targets(other.images)),
    ...differ(
      'LAB015',
      'the headings',
      keyed(own.headings, ({ level }) => String(level)),
      keyed(other.headings, ({ level }) => String(level)),
    ),
  ];
}

interface PlacedText {
  readonly text: Localized;
  readonly path: YamlPath;
}

// Data of an author's own, such as labels, may have languages for keys and be no text.
const noTexts = new Set(['object', 'exec', 'http', 'run', 'until', 'is', 'remember']);

/** Every short text of lab.yaml. */
function listLocalized(data: unknown, path: YamlPath = []): PlacedText[] {
  if (typeof data !== 'object' || data === null) return [];
  const { en, ko } = data as Readonly<Record<string, unknown>>;
  if (typeof en === 'string' && typeof ko === 'string') return [{ text: { en, ko }, path }];
  const entries: [string | number, unknown][] = Array.isArray(data) ? [...data.entries()] : Object.entries(data);
  return entries.flatMap(([key, value]) => (noTexts.has(String(key)) ? [] : listLocalized(value, [...path, key])));
}

const languageWords: Readonly<Record<Language, string>> = { en: 'English', ko: 'Korean' };

function compareShort({ text, path }: PlacedText, { lang }: Pick<Lab, 'lang'>): RuleFinding[] {
  const other = lang.default === 'en' ? 'ko' : 'en';
  const [own, original] = [allPlaceholders(text[other]), allPlaceholders(text[lang.default])];
  const missing = original.find((name) => !own.includes(name));
  const extra = own.find((name) => !original.includes(name));
  const differences = [
    ...(missing === undefined ? [] : [`${showText(missing)} is missing`]),
    ...(extra === undefined ? [] : [`${showText(extra)} is only here`]),
  ];
  if (differences.length === 0) return [];
  const message = `the placeholders are not those of the text in ${languageWords[lang.default]}: ${differences.join(', ')}`;
  return [{ rule: 'LAB013', message, at: { path: [...path, other] } }];
}

/** Of `{{path|fallback}}` only the path: what is said where there is nothing is translated. */
function allPlaceholders(text: string): string[] {
  return [...placeholdersIn(text).map((name) => `\${${name}}`), ...fieldsIn(text).map((field) => `{{${field}}}`)];
}
