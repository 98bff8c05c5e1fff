import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/** From the top down: a room imports only from rooms below it, and from itself. */
const rooms = [
  'main',
  'commands',
  'web',
  'ui',
  'classroom',
  'rehearsal',
  'labs',
  'doctor',
  'providers',
  'cluster',
  'artifacts',
  'kubernetes',
  'templates',
  'exec',
  'errors',
  'events',
];

const root = resolve(import.meta.dirname, '..');

interface SourceFile {
  /** Relative to src, such as `exec/local.ts`. */
  readonly path: string;
  readonly text: string;
  /** The text without comments and the insides of strings. */
  readonly code: string;
  readonly imports: readonly string[];
}

const files = readSources();

function readSources(): SourceFile[] {
  const src = join(root, 'src');
  return readTree(src).map((file) => {
    const text = readFileSync(file, 'utf8');
    return { path: relative(src, file), text, code: removeProse(text), imports: findImports(text) };
  });
}

function readTree(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file));
}

function removeComments(text: string): string {
  return text.replaceAll(/\/\*[^]*?\*\//g, '').replaceAll(/^\s*\/\/.*$|(?<=[;,{}()\s])\/\/ .*$/gm, '');
}

function removeProse(text: string): string {
  return removeComments(text).replaceAll(/'(?:[^'\\\n]|\\.)*'/g, "''");
}

function findImports(text: string): string[] {
  const code = removeComments(text);
  const fixed = [...code.matchAll(/^(?:import|export)\b[^;'"`]*?\bfrom\s*['"]([^'"]+)['"]/gm)];
  const bare = [...code.matchAll(/^import\s*['"]([^'"]+)['"]/gm)];
  const late = [...code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g)];
  return [...fixed, ...bare, ...late].map((match) => match[1] ?? '');
}

/** The room of a path relative to src. Files that lie in src itself are the process edge, but for events.ts. */
function roomOf(path: string): string {
  const [first = ''] = path.split('/');
  if (path === 'events.ts') return 'events';
  return path.includes('/') ? first : 'main';
}

function importsOf(file: SourceFile): { readonly target: string; readonly line: string }[] {
  return file.imports
    .filter((target) => target.startsWith('.'))
    .map((target) => join(dirname(file.path), target))
    .map((target) => ({ target, line: `${file.path} imports ${target}` }));
}

describe('the rooms', () => {
  it('are all known', () => {
    expect(files.map(({ path }) => roomOf(path)).filter((room) => !rooms.includes(room))).toEqual([]);
  });

  it('import only downwards', () => {
    const upwards = files.flatMap((file) =>
      importsOf(file).filter(({ target }) => rooms.indexOf(roomOf(target)) < rooms.indexOf(roomOf(file.path))),
    );
    expect(upwards.map(({ line }) => line)).toEqual([]);
  });

  it('keep the two providers apart', () => {
    const provider = (path: string): string | undefined => /^providers\/([^/]+)\//.exec(path)?.[1];
    const across = files.flatMap((file) => {
      const own = provider(file.path);
      return importsOf(file).filter(({ target }) => own !== undefined && ![own, undefined].includes(provider(target)));
    });
    expect(across.map(({ line }) => line)).toEqual([]);
  });

  it.each([
    { library: 'execa', allowed: (path: string) => path === 'exec/local.ts' },
    { library: 'node:child_process', allowed: () => false },
    { library: 'ora', allowed: (path: string) => roomOf(path) === 'ui' },
    { library: '@clack/prompts', allowed: (path: string) => roomOf(path) === 'ui' },
    { library: 'commander', allowed: (path: string) => roomOf(path) === 'commands' },
    { library: 'mustache', allowed: (path: string) => roomOf(path) === 'templates' },
  ])('keep $library in its place', ({ library, allowed }) => {
    const elsewhere = files.filter(({ path, imports }) => imports.includes(library) && !allowed(path));
    expect(elsewhere.map(({ path }) => path)).toEqual([]);
  });

  it('leave colour to the ui', () => {
    // oxlint-disable-next-line no-control-regex -- escapes are what this looks for
    const escape = /\bstyleText\b|\\(?:x1b|u001b|033|e)\[[0-9;]*m|\u001b/i;
    const coloured = files.filter(({ path, text }) => roomOf(path) !== 'ui' && escape.test(text));
    expect(coloured.map(({ path }) => path)).toEqual([]);
  });

  it('leave the process to main.ts', () => {
    // Ending a process group takes process.kill, and there is nobody else to ask.
    const allowed: Record<string, RegExp> = { 'exec/local.ts': /\bprocess\.kill\b/g };
    const touching = files.filter(({ path, code, imports }) => {
      const rest = code.replaceAll(allowed[path] ?? /$^/g, '');
      return path !== 'main.ts' && (/(?<![.\w])process\.[a-zA-Z]/.test(rest) || imports.includes('node:process'));
    });
    expect(touching.map(({ path }) => path)).toEqual([]);
  });

  it('leave the console alone', () => {
    expect(files.filter(({ code }) => /\bconsole\./.test(code)).map(({ path }) => path)).toEqual([]);
  });
});

describe('the house rules', () => {
  it('have no default exports and no barrels', () => {
    const rule = /^export default\b|^export \*|^export (?:type )?\{[^}]*\} from/m;
    expect(files.filter(({ code }) => rule.test(code)).map(({ path }) => path)).toEqual([]);
  });

  it('keep no state in modules', () => {
    expect(files.filter(({ code }) => /^(?:export )?(?:let|var)\b/m.test(code)).map(({ path }) => path)).toEqual([]);
  });

  it('name files in kebab-case, after what is in them', () => {
    const all = [...files.map(({ path }) => `src/${path}`), ...readTree(join(root, 'test')).map((file) => relative(root, file))];
    const wrong = all.filter((path) => {
      const words = path.split('/').map((part) => basename(part).replace(/(\.test|\.d)?\.ts$/, ''));
      return words.some(
        (word) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(word) || /^(utils?|helpers?|managers?|impl|index)$/.test(word),
      );
    });
    expect(wrong).toEqual([]);
  });

  it('keep files short', () => {
    expect(files.filter(({ text }) => text.trimEnd().split('\n').length > 300).map(({ path }) => path)).toEqual([]);
  });
});
