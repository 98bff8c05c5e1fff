import { Command as Parser, CommanderError } from 'commander';
import { KubelabError } from '../errors/errors.ts';
import type { Colour } from '../ui/colour.ts';

export interface HelpPage {
  readonly colour: Colour;
  readonly width: number;
}

/** Text to print instead of running a command: help, or the version. */
export interface TextAnswer {
  readonly kind: 'text';
  readonly text: string;
  /** False when the words given lead nowhere, so that help is all there is to say. */
  readonly asked: boolean;
}

/** A commander command that neither prints nor exits, for `catchAnswer`. */
export function createParser(name: string, page: HelpPage): Parser {
  const { colour, width } = page;
  return new Parser(name)
    .exitOverride()
    .helpCommand(false)
    .configureOutput({
      getOutHasColors: () => colour.enabled,
      getErrHasColors: () => colour.enabled,
      getOutHelpWidth: () => width,
      getErrHelpWidth: () => width,
      outputError: () => {},
    })
    .configureHelp({
      styleTitle: colour.strong,
      styleSubcommandTerm: colour.accent,
      styleOptionTerm: colour.accent,
      styleArgumentTerm: colour.accent,
      subcommandTerm: (command) => command.name(),
    });
}

/**
 * Runs a parse and turns what commander answers by throwing into a value.
 * @param path the words that lead to the parser, such as `kubelab bundle create`.
 * @throws KubelabError `KL-USE` for words that it does not understand.
 */
export function catchAnswer(parser: Parser, path: string, parse: () => void): TextAnswer | undefined {
  const written: string[] = [];
  const write = (text: string): void => void written.push(text);
  configureOutputs(parser, write);
  try {
    parse();
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed' || error.code === 'commander.version' || error.code === 'commander.help')
      return { kind: 'text', text: written.join(''), asked: error.exitCode === 0 };
    throw explainUsage(error, path);
  }
}

function configureOutputs(parser: Parser, write: (text: string) => void): void {
  parser.configureOutput({ writeOut: write, writeErr: write });
  for (const command of parser.commands) configureOutputs(command, write);
}

function explainUsage(error: CommanderError, path: string): KubelabError {
  const [what = '', ...suggestions] = error.message.replace(/^error: /, '').split('\n');
  const message = /[.!?]$/.test(what) ? capitalise(what) : `${capitalise(what)}.`;
  return new KubelabError('KL-USE', message, {
    details: suggestions.map((line) => line.replace(/^\((.*)\)$/, '$1')),
    cure: `Run ${path} --help.`,
    ko: { message, cure: `${path} --help를 실행해 보세요.` },
  });
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
