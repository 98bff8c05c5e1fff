import { type Command as Parser, Option } from 'commander';
import { addFlags, readGivenFlags } from './flag-options.ts';
import { type GlobalValues, globalFlags } from './flags.ts';
import { catchAnswer, createParser, type HelpPage, type TextAnswer } from './parser.ts';
import type { CommandEntry, CommandFamily, Registry } from './registry.ts';

/** A command that was named, with the words after its name, which nobody has read yet. */
export interface Dispatch {
  readonly kind: 'command';
  readonly entry: CommandEntry;
  /** The words that lead to it: `kubelab bundle create`. */
  readonly path: string;
  readonly rest: readonly string[];
  /** The global flags that stood before its name. */
  readonly globals: Partial<GlobalValues>;
}

/**
 * Finds the command that the words ask for, without loading any.
 * @throws KubelabError `KL-USE` when there is no such command or flag.
 */
export function dispatch(
  words: readonly string[],
  registry: Registry,
  page: HelpPage & { readonly version: string },
): Dispatch | TextAnswer {
  let found: Omit<Dispatch, 'globals'> | undefined;
  const program = createProgram(registry, page, (next) => (found = next));
  const helpWords = words[0] === 'help' ? [...words.slice(1), '--help'] : words;
  const answer = catchAnswer(program, 'kubelab', () => {
    if (helpWords.length === 0) program.help();
    program.parse(helpWords, { from: 'user' });
  });
  if (answer !== undefined) return answer;
  if (found === undefined) throw new Error(`no command was found in: ${words.join(' ')}`);
  return { ...found, globals: readGivenFlags(program, globalFlags) };
}

type OnFound = (found: Omit<Dispatch, 'globals'>) => void;

function createProgram(registry: Registry, page: HelpPage & { readonly version: string }, onFound: OnFound): Parser {
  const program = createParser('kubelab', page)
    .description('A real multi-node Kubernetes cluster on real machines with one command.')
    .usage('[flags] <command> [arguments]')
    .enablePositionalOptions()
    .optionsGroup('Flags:')
    .version(page.version, '-V, --version', 'print the version of kubelab')
    .addHelpOption(new Option('-h, --help', 'show help; after a command, the help of that command').helpGroup('Flags:'))
    .addHelpText('after', `\n${describeFirstSteps(registry, page)}`);
  addFlags(program, globalFlags, 'Flags:');
  for (const { heading, entries } of registry.groups)
    for (const entry of entries) program.addCommand(createEntry(entry, 'kubelab', page, onFound).helpGroup(heading));
  return program;
}

function createEntry(entry: CommandEntry | CommandFamily, before: string, page: HelpPage, onFound: OnFound): Parser {
  const path = `${before} ${entry.name}`;
  const parser = createParser(entry.name, page).summary(entry.summary).description(entry.summary);
  if ('commands' in entry) {
    parser
      .enablePositionalOptions()
      .usage('<command> [arguments]')
      .addHelpOption(new Option('-h, --help', 'show this help').helpGroup('Flags:'));
    for (const command of entry.commands) parser.addCommand(createEntry(command, path, page, onFound));
    return parser;
  }
  // The words after the name are read once the command is loaded, so that nothing else need be.
  return parser
    .argument('[words...]')
    .allowUnknownOption()
    .passThroughOptions()
    .helpOption(false)
    .action(() => onFound({ kind: 'command', entry, path, rest: parser.parent?.args.slice(1) ?? [] }));
}

function describeFirstSteps({ groups, firstSteps }: Registry, { colour }: HelpPage): string {
  const known = new Set(groups.flatMap(({ entries }) => entries.map(({ name }) => name)));
  const steps = firstSteps.filter(({ command }) => known.has(command));
  const lines = steps.map(({ command, what }) => `  ${colour.accent(`kubelab ${command}`.padEnd(24))}${what}`);
  const more = `Every command says more with --help: ${colour.accent('kubelab <command> --help')}`;
  return [...(lines.length === 0 ? [] : [colour.strong('To begin:'), ...lines, '']), more].join('\n');
}
