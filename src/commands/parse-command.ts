import { type Command as Parser, Option } from 'commander';
import type { Command, CommandInput, CommandTexts } from './command.ts';
import type { Dispatch } from './dispatch.ts';
import { addFlags, completeFlags, readGivenFlags } from './flag-options.ts';
import { type ArgumentDefinitions, type FlagDefinitions, type GlobalValues, globalFlags } from './flags.ts';
import { catchAnswer, createParser, type HelpPage, type TextAnswer } from './parser.ts';

/** A command with all that it needs to run. */
export type ParsedCommand =
  | {
      readonly kind: 'data';
      readonly command: Extract<Command, { kind: 'data' }>;
      readonly input: CommandInput<ArgumentDefinitions, FlagDefinitions>;
      readonly globals: GlobalValues;
    }
  | {
      readonly kind: 'raw';
      readonly command: Extract<Command, { kind: 'raw' }>;
      readonly args: readonly string[];
      readonly globals: GlobalValues;
    };

/**
 * Reads the words after a command's name as the command defines them.
 * @throws KubelabError `KL-USE` for words that it does not take.
 */
export function parseCommand(command: Command, { path, rest, globals }: Dispatch, page: HelpPage): ParsedCommand | TextAnswer {
  if (command.kind === 'raw') {
    if (rest[0] === '--help' || rest[0] === '-h') return showRawHelp(command, path, page);
    return { kind: 'raw', command, args: rest[0] === '--' ? rest.slice(1) : rest, globals: completeFlags(globalFlags, globals) };
  }
  const parser = createDataParser(command, path, page);
  const answer = catchAnswer(parser, path, () => parser.parse(rest, { from: 'user' }));
  if (answer !== undefined) return answer;
  const args = Object.fromEntries(
    Object.entries(command.args).map(([name, { variadic }], index) => [
      name,
      parser.processedArgs[index] ?? (variadic === true ? [] : undefined),
    ]),
  );
  const flags = completeFlags(command.flags, readGivenFlags(parser, command.flags));
  return {
    kind: 'data',
    command,
    input: { args, flags },
    globals: completeFlags(globalFlags, { ...globals, ...readGivenFlags(parser, globalFlags) }),
  };
}

const globalHeading = 'Flags of every command:';

function showRawHelp(command: Extract<Command, { kind: 'raw' }>, path: string, page: HelpPage): TextAnswer {
  const parser = createTextParser(command, path, command.usage, page);
  const answer = catchAnswer(parser, path, () => parser.help());
  if (answer === undefined) throw new Error(`${path} has no help`);
  return answer;
}

function createDataParser(command: Extract<Command, { kind: 'data' }>, path: string, page: HelpPage): Parser {
  const words = Object.entries(command.args).map(([name, { summary, optional, variadic }]) => {
    const word = variadic === true ? `${name}...` : name;
    return { word: optional === true ? `[${word}]` : `<${word}>`, summary };
  });
  const parser = createTextParser(command, path, ['[flags]', ...words.map(({ word }) => word)].join(' '), page);
  for (const { word, summary } of words) parser.argument(word, summary);
  addFlags(parser, command.flags, 'Flags:');
  addFlags(parser, globalFlags, globalHeading);
  // Without an action commander takes no arguments.
  return parser.action(() => {});
}

function createTextParser(command: CommandTexts, path: string, usage: string, page: HelpPage): Parser {
  const { colour } = page;
  const examples = command.examples.map((example) => `  ${colour.faint(`# ${example.what}`)}\n  ${example.command}`);
  const summary = `${command.summary.charAt(0).toUpperCase()}${command.summary.slice(1)}.`;
  return createParser(path, page)
    .usage(usage)
    .description(command.description === undefined ? summary : `${summary}\n\n${command.description}`)
    .addHelpOption(new Option('-h, --help', 'show this help').helpGroup(globalHeading))
    .addHelpText('after', examples.length === 0 ? '' : `\n${[colour.strong('Examples:'), ...examples].join('\n')}`);
}
