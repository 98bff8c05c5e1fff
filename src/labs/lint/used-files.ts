import type { YamlPath } from '../../cluster/yaml-document.ts';
import { type Language, languages } from '../language.ts';
import type { Lab } from '../lab.ts';
import { labFile, textFile } from '../load-lab.ts';
import { listManifests, listScripts } from './lab-parts.ts';
import { readMarkdown } from './markdown-parts.ts';
import type { LabSubject } from './subject.ts';

/** Every file that a lab has a use for; not all of them need be there. */
export function listUsedFiles(subject: Pick<LabSubject, 'lab' | 'files'>): Set<string> {
  const named = listNamedFiles(subject.lab).map(({ file }) => file);
  const texts = listTexts(subject.lab).map(({ file }) => file);
  return new Set([labFile, ...named, ...texts, ...listShownFiles(subject)]);
}

/** The files that lab.yaml names, and where. */
export function listNamedFiles(lab: Lab): { file: string; path: YamlPath }[] {
  const scripts = listScripts(lab).flatMap(({ file, path }) => (file === undefined ? [] : [{ file, path }]));
  const hidden = (lab.grade?.hidden ?? []).map((file, index) => ({ file, path: ['grade', 'hidden', index] }));
  return [...listManifests(lab), ...scripts, ...hidden];
}

/** The long texts of a lab in every language, whether it has to have them or not. */
export function listTexts(lab: Lab): { language: Language; name: string; file: string }[] {
  return languages.flatMap((language) =>
    ['index', ...lab.steps.map(({ id }) => id)].map((name) => ({ language, name, file: textFile(name, language) })),
  );
}

/** What texts show or link to. */
function listShownFiles({ files }: Pick<LabSubject, 'files'>): string[] {
  return [...files].flatMap(([file, text]) => {
    if (!/^text\/.*\.md$/.test(file) || text === undefined) return [];
    const { links, images } = readMarkdown(text);
    return [...links, ...images].map(({ target }) => target.replace(/#.*$/, ''));
  });
}
