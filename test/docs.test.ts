import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { specJsonSchema } from '../src/cluster/spec-json-schema.ts';
import { registry } from '../src/commands/registry.ts';
import { catalogue, exitCodes } from '../src/errors/catalogue.ts';
import { loadLab } from '../src/labs/load-lab.ts';

const root = resolve(import.meta.dirname, '..');
const readmes = ['README.md', 'README.ko.md'] as const;
const guides = ['labs/README.md', 'labs/README.ko.md'] as const;
const names = [...readdirSync(root).filter((name) => name.endsWith('.md')), ...guides];

interface Heading {
  readonly level: number;
  readonly text: string;
}

interface CodeBlock {
  readonly language: string;
  readonly text: string;
}

/** A Markdown file, taken apart as far as these tests need. */
interface Document {
  readonly name: string;
  readonly headings: readonly Heading[];
  readonly blocks: readonly CodeBlock[];
  /** Code between backticks in the prose. */
  readonly spans: readonly string[];
  /** Targets of links. */
  readonly links: readonly string[];
  /** Lines outside of code blocks, with their numbers. */
  readonly prose: readonly { readonly line: number; readonly text: string }[];
}

const folders = readdirSync(join(root, 'labs'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
const labs = await Promise.all(folders.map(async (entry) => (await loadLab(join(root, 'labs', entry.name))).lab));

const documents = new Map(names.map((name) => [name, readDocument(name)]));

function readDocument(name: string): Document {
  const blocks: { language: string; text: string }[] = [];
  const prose: { line: number; text: string }[] = [];
  let open: { language: string; text: string } | undefined;
  for (const [index, text] of readFileSync(join(root, name), 'utf8').split('\n').entries()) {
    const fence = /^\s*```(\w*)$/.exec(text);
    if (fence !== null && open === undefined) blocks.push((open = { language: fence[1] ?? '', text: '' }));
    else if (fence !== null) open = undefined;
    else if (open === undefined) prose.push({ line: index + 1, text });
    else open.text += `${text}\n`;
  }
  const joined = prose.map(({ text }) => text).join('\n');
  return {
    name,
    blocks,
    prose,
    headings: [...joined.matchAll(/^(#+) (.+)$/gm)].map(([, marks = '', text = '']) => ({ level: marks.length, text })),
    spans: [...joined.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text.replaceAll(/\s+/g, ' ')),
    links: [...joined.replaceAll(/`[^`]+`/g, '').matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g)].map(([, target = '']) => target),
  };
}

function documentOf(name: string): Document {
  const found = documents.get(name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

/** The fragment that Markdown hosts make of a heading. */
function fragmentOf({ text }: Heading): string {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}

/** Every command as it is typed: `up`, `bundle create`. */
const commands = registry.groups
  .flatMap(({ entries }) => entries)
  .flatMap((entry) => ('commands' in entry ? entry.commands.map(({ name }) => `${entry.name} ${name}`) : [entry.name]));

/** What stands after the word kubelab and its flags: in code between backticks, and at the start of lines of shell. */
function commandsIn({ spans, blocks }: Document): string[] {
  const lines = blocks.filter(({ language }) => language === 'sh').flatMap(({ text }) => text.split('\n'));
  return [...spans, ...lines].flatMap((code) => {
    const match = /(?:^|\$\()kubelab (?:--file \S+ |--\w+ )*([a-z]+)(?: ([a-z]+))?/.exec(code);
    return match === null ? [] : [`${match[1]} ${match[2] ?? ''}`.trim()];
  });
}

function isCommand(words: string): boolean {
  return commands.some((command) => words === command || words.startsWith(`${command} `));
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** The fields of the spec that are written by name, such as `workers.count`; those that are maps of their own count as one. */
function listFields(schema: Schema): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const inner = Object.keys(field.properties ?? {});
    return inner.length === 0 ? [name] : inner.map((key) => `${name}.${key}`);
  });
}

describe.each([readmes, guides])('%s in English and %s in Korean', (...pair) => {
  const [english, korean] = pair.map(documentOf) as [Document, Document];

  it('have the same headings', () => {
    const levels = ({ headings }: Document): number[] => headings.map(({ level }) => level);
    expect(levels(korean)).toEqual(levels(english));
  });

  it('have the same code', () => {
    expect(korean.blocks).toEqual(english.blocks);
  });

  it('have tables with the same rows', () => {
    const rows = ({ prose }: Document): string[] =>
      prose.filter(({ text }) => text.startsWith('|')).map(({ text }) => /^\| (`[^|]*`|\d+) \|/.exec(text)?.[1] ?? '');
    expect(rows(korean)).toEqual(rows(english));
  });
});

describe.each(readmes)('%s', (name) => {
  const document = documentOf(name);

  it('has every command', () => {
    expect(commands.filter((command) => !document.spans.some((span) => span.startsWith(`kubelab ${command}`)))).toEqual([]);
  });

  it('has every lab, with the minutes that it takes', () => {
    const rows = document.prose.flatMap(({ text }) =>
      [...text.matchAll(/^\| `([\w-]+)` \| (\d+) \|/g)].map(([, id, minutes]) => `${id} ${minutes}`),
    );
    expect(rows.toSorted()).toEqual(labs.map(({ id, minutes }) => `${id} ${minutes}`).toSorted());
  });

  it('has every field of the spec', () => {
    expect(listFields(specJsonSchema() as Schema).filter((field) => !document.spans.includes(field))).toEqual([]);
  });

  it('has every exit code that an error ends with, and no other', () => {
    const rows = document.prose.flatMap(({ text }) => (/^\| (\d+) \|/.exec(text)?.[1] ?? []) as string[] | string);
    const { done, bug, interrupted } = exitCodes;
    const codes = new Set([done, bug, interrupted, ...Object.values(catalogue).map(({ exit }) => exit)]);
    expect(rows.map(Number).toSorted((one, other) => one - other)).toEqual([...codes].toSorted((one, other) => one - other));
  });
});

describe.each(names)('%s', (name) => {
  const document = documentOf(name);

  it('has links that lead somewhere', () => {
    const dead = document.links.filter((link) => {
      if (/^https?:/.test(link)) return false;
      const [file = '', fragment] = link.split('#');
      const place = file === '' ? name : normalize(join(dirname(name), file));
      if (!existsSync(join(root, place))) return true;
      if (fragment === undefined) return false;
      const target = documents.get(place);
      return target === undefined || !target.headings.some((heading) => fragmentOf(heading) === decodeURIComponent(fragment));
    });
    expect(dead).toEqual([]);
  });

  it('names files that are there', () => {
    const files = document.spans.filter((span) => /^(?:src|test|provision|bin|labs)\/[\w./-]+$/.test(span));
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });

  it('names commands and error codes that there are', () => {
    expect(commandsIn(document).filter((words) => !isCommand(words))).toEqual([]);
    const codes = document.spans.flatMap((span) => span.match(/\bKL-[A-Z-]+\b/g) ?? []);
    expect(codes.filter((code) => !Object.hasOwn(catalogue, code))).toEqual([]);
  });

  it('names scripts of npm that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
    const code = [...document.spans, ...document.blocks.map(({ text }) => text)].join('\n');
    const named = [...code.matchAll(/\bnpm run ([\w:]+)/g)].map(([, script = '']) => script);
    expect(named.filter((script) => scripts[script] === undefined)).toEqual([]);
  });

  it('has lines that fit', () => {
    // Rows of tables can not be broken.
    const long = document.prose.filter(({ text }) => text.length > 120 && !text.startsWith('|'));
    expect(long.map(({ line }) => `${name}:${line}`)).toEqual([]);
  });
});
