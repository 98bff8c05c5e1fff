import { inspect } from 'node:util';
import { redact } from '../cluster/redact.ts';
import type { Colour } from './colour.ts';
import { cleanText } from '../cluster/plain-text.ts';
import { wrapText } from './width.ts';

/** What a stack may name that is nobody else's business, and what helps to find the bug. */
export interface Surroundings {
  readonly cwd: string;
  readonly home: string;
  /** The folder that kubelab is installed in. */
  readonly packageFolder: string;
  /** "kubelab 0.1.0, node v20.20.2, linux x64" */
  readonly versions: string;
}

export interface BugPage extends Surroundings {
  readonly colour: Colour;
  readonly width: number;
  readonly mark: string;
}

/** The face of an error that nobody foresaw: everything that is needed to report it, and nothing private. */
export function renderBug(error: unknown, page: BugPage): string[] {
  const ask = 'Please report it where you got kubelab from, with these lines and what you ran.';
  return [
    `${page.colour.bad(page.mark)} ${page.colour.strong('This is a bug in kubelab')}`,
    '',
    ...renderStack(error, page).map((line) => `  ${line}`),
    '',
    `  ${page.versions}`,
    ...wrapText(ask, page.width - 2).map((line) => `  ${line}`),
  ];
}

/** The stack of an error and of its causes, line by line, without folders of this host or secrets. */
export function renderStack(error: unknown, surroundings: Surroundings): string[] {
  return scrubPaths(redact(cleanText(listStacks(error).join('\ncaused by ')), []), surroundings).split('\n');
}

function listStacks(error: unknown): string[] {
  if (!(error instanceof Error)) return [`thrown: ${inspect(error)}`];
  return [error.stack ?? error.message, ...(error.cause === undefined ? [] : listStacks(error.cause))];
}

/** Replaces the folders of this host by names, also where they stand in a file URL. */
export function scrubPaths(text: string, { cwd, home, packageFolder }: Surroundings): string {
  const names = [
    { folder: packageFolder, name: '<kubelab>' },
    { folder: cwd, name: '<cwd>' },
    { folder: home, name: '~' },
  ];
  return names
    .filter(({ folder }) => folder.length > 1)
    .toSorted((one, other) => other.folder.length - one.folder.length)
    .reduce((scrubbed, { folder, name }) => scrubbed.replaceAll(`file://${folder}`, name).replaceAll(folder, name), text);
}
