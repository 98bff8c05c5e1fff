import { nearest } from '../../cluster/near-miss.ts';
import { showText, type YamlPath } from '../../cluster/yaml-document.ts';
import { placeholdersIn } from '../interpolate.ts';
import { languages } from '../language.ts';
import { earlierSteps } from '../earlier-steps.ts';
import type { Lab, Step } from '../lab.ts';
import { textFile } from '../load-lab.ts';
import { mostGuesses, placesIn, type RuleFinding } from './finding.ts';
import { listManifests, listScripts, type Moment, stepIndex } from './lab-parts.ts';
import type { LabSubject } from './subject.ts';

/** When a text is filled in. What a step remembers is there once its setup is done. */
type FillMoment = Moment | { readonly setupOf: number };

/** The same of any text: some show their placeholders as they stand. */
type TextMoment = FillMoment | 'never';

/** A text in which placeholders are filled in, and when. */
interface FilledText {
  readonly text: string;
  readonly moment: TextMoment;
  readonly at: { readonly path: YamlPath } | { readonly file: string };
}

/** LAB009, LAB010 and LAB031: every placeholder has a value, and every value is used. */
export function judgePlaceholders(subject: LabSubject): RuleFinding[] {
  const { lab, document, files } = subject;
  const texts = [...textsOfData(document.data, lab), ...textsOfFiles(subject)];
  const used = new Set(texts.flatMap(({ text }) => placeholdersIn(text)));
  const scripts = new Set(listScripts(lab).map(({ text, file }) => text ?? files.get(file ?? '') ?? ''));
  // One look at each script, and not one for each variable.
  const inScripts = new Set([...scripts].flatMap((script) => [...script.matchAll(/\$\{?(\w+)/g)].map(([, name]) => name)));
  const isUsed = (name: string): boolean => used.has(name) || inScripts.has(name);
  const unused = [...Object.keys(lab.vars).map((name) => ['vars', name]), ...rememberedPaths(lab)].flatMap(
    (path): RuleFinding[] =>
      isUsed(String(path.at(-1)))
        ? []
        : [{ rule: 'LAB010', message: `nothing uses the variable ${path.at(-1)}`, at: { path, key: true } }],
  );
  const idle = lab.requires.images.flatMap((role, index): RuleFinding[] =>
    used.has(`image.${role}`)
      ? []
      : [{ rule: 'LAB031', message: `nothing uses the image role ${role}`, at: { path: ['requires', 'images', index] } }],
  );
  return [...findUnknown(texts, lab), ...unused, ...idle];
}

/** The names that have a value at a moment. */
export function namesAt(lab: Lab, moment: TextMoment): string[] {
  if (moment === 'never') return [];
  const { controlPlane, workers } = lab.requires.nodes;
  const count = (word: string, most: number): string[] => Array.from({ length: most }, (_, index) => `${word}${index + 1}`);
  const nodes = [...count('control', controlPlane), ...count('worker', workers)];
  return [
    ...Object.keys(lab.vars),
    ...stepsBegun(lab, moment).flatMap(({ remember }) => Object.keys(remember)),
    'namespace',
    ...lab.requires.images.map((role) => `image.${role}`),
    ...nodes.flatMap((name) => [`node.${name}`, `address.${name}`]),
  ];
}

/** The steps that have surely begun: those that a reset leaves out may not have. */
function stepsBegun(lab: Lab, moment: FillMoment): readonly Step[] {
  if (moment === 'before') return [];
  if (moment === 'after') return lab.steps;
  const step = lab.steps[typeof moment === 'number' ? moment : moment.setupOf];
  if (step === undefined) return [];
  return [...earlierSteps(lab, step.id), ...(typeof moment === 'number' ? [step] : [])];
}

/** A placeholder without a value, and the names that have one there. */
interface UnknownName {
  readonly name: string;
  readonly known: ReadonlySet<string>;
  readonly at: RuleFinding['at'];
}

function findUnknown(texts: readonly FilledText[], lab: Lab): RuleFinding[] {
  // A lab has thousands of texts, and only a few moments.
  const moments = new Map<string, ReadonlySet<string>>();
  const known = (moment: TextMoment): ReadonlySet<string> => {
    const key = JSON.stringify(moment);
    const names = moments.get(key) ?? new Set(namesAt(lab, moment));
    moments.set(key, names);
    return names;
  };
  const unknown = texts.flatMap((text) => unknownIn(text, known));
  const ever = known('after');
  return unknown.map((one, index): RuleFinding => {
    const message = explainUnknown(one, ever, index < mostGuesses);
    return { rule: 'LAB009', message, at: one.at };
  });
}

function unknownIn({ text, moment, at }: FilledText, knownAt: (moment: TextMoment) => ReadonlySet<string>): UnknownName[] {
  const used = placeholdersIn(text);
  if (used.length === 0) return [];
  const known = knownAt(moment);
  const names = used.filter((name) => !known.has(name));
  if (names.length === 0) return [];
  if (!('file' in at)) return names.map((name) => ({ name, known, at }));
  const locate = placesIn(text);
  const offsets = firstOffsets(text);
  return names.map((name) => ({ name, known, at: { ...at, ...locate(offsets.get(name) ?? 0) } }));
}

/** Where each name first stands in a placeholder, also where that one is escaped. */
function firstOffsets(text: string): Map<string, number> {
  const found = [...text.matchAll(/\$\{([A-Za-z][A-Za-z0-9_.-]*)\}/g)];
  // Of the entries for one key, a map keeps the last.
  return new Map(found.toReversed().map(({ 1: name = '', index }) => [name, index]));
}

function explainUnknown({ name, known }: UnknownName, ever: ReadonlySet<string>, guess: boolean): string {
  const shown = showText(`\${${name}}`);
  if (known.size === 0) return `${shown} stays as it is: titles, summaries and objectives have no placeholders`;
  if (name.startsWith('image.')) return `${shown} has no value: requires.images does not name the role`;
  if (/^(?:node|address)\./.test(name)) return `${shown} has no value: requires.nodes asks for no such node`;
  if (ever.has(name)) return `${shown} may have no value: no step that this one builds on remembers it`;
  const near = guess ? nearest(name, [...known]) : undefined;
  const hint = near === undefined ? '' : `; did you mean \${${near}}?`;
  return `${shown} has no value${hint}${near === undefined ? "; a shell's own is written $${name}" : ''}`;
}

function rememberedPaths(lab: Lab): YamlPath[] {
  return lab.steps.flatMap(({ remember }, step) => Object.keys(remember).map((name) => ['steps', step, 'remember', name]));
}

// Scripts get variables from their environment, and paths and values of variables are taken as they are.
const takenAsTheyAre = new Set(['run', 'script', 'apply', 'input', 'vars', 'grade', 'id', 'version', 'namespace']);

function textsOfData(data: unknown, lab: Lab, path: YamlPath = []): FilledText[] {
  if (typeof data === 'string') return [{ text: data, moment: momentOf(path, lab), at: { path } }];
  if (typeof data !== 'object' || data === null) return [];
  const entries: [string | number, unknown][] = Array.isArray(data) ? [...data.entries()] : Object.entries(data);
  return entries.flatMap(([key, value]) => {
    const isScript = key === 'run' && typeof value === 'object';
    return takenAsTheyAre.has(String(key)) && !isScript && (path.length === 0 || key !== 'namespace')
      ? []
      : textsOfData(value, lab, [...path, key]);
  });
}

function momentOf(path: YamlPath, lab: Lab): TextMoment {
  const [area, index, inner] = path;
  if (['title', 'summary', 'objectives'].includes(String(area)) || (area === 'steps' && inner === 'title')) return 'never';
  if (area === 'reset') return 'after';
  if (area === 'test') return stepIndex(lab, lab.test.wrong[Number(path[2])]?.step ?? '');
  if (area !== 'steps') return 'before';
  const step = Number(index);
  return inner === 'setup' || inner === 'remember' ? { setupOf: step } : step;
}

function textsOfFiles({ lab, files }: LabSubject): FilledText[] {
  const manifests = listManifests(lab).map(({ file, moment, path }) => ({
    file,
    moment: path[2] === 'setup' ? momentOf(path, lab) : moment,
  }));
  const long = languages.flatMap((language) => [
    { file: textFile('index', language), moment: 'before' as const },
    ...lab.steps.map(({ id }, moment) => ({ file: textFile(id, language), moment })),
  ]);
  return [...manifests, ...long].flatMap(({ file, moment }) => {
    const text = files.get(file);
    return text === undefined ? [] : [{ text, moment, at: { file } }];
  });
}
