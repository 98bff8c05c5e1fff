import type { ExitCode } from '../errors/catalogue.ts';
import type { Block } from '../ui/block.ts';
import type { Context } from './context.ts';
import type { ArgumentDefinitions, ArgumentValues, FlagDefinitions, FlagValues } from './flags.ts';

export interface CommandResult {
  /** What the command found or did: plain data, printed whole with `--json`. */
  readonly data: unknown;
  /** The same for people. A string is printed as it is. Without it, `data` is printed as indented JSON. */
  human?(): readonly Block[] | string;
  /** Other than 0 for an answer that scripts must see, such as a check not yet passed. */
  readonly exitCode?: ExitCode;
}

/** What help says about every kind of command. */
export interface CommandTexts {
  readonly name: string;
  /** A line for the list of commands. Starts in lower case and has no full stop. */
  readonly summary: string;
  /** Further sentences for the command's own help. */
  readonly description?: string;
  readonly examples: readonly { readonly command: string; readonly what: string }[];
}

/** A command whose arguments and flags are data, and which returns data. */
export interface DataCommand<Arguments extends ArgumentDefinitions, Flags extends FlagDefinitions> extends CommandTexts {
  readonly kind: 'data';
  readonly args: Arguments;
  readonly flags: Flags;
  /** It changes or probes the host as root: sudo's password is asked for before it begins. */
  readonly needsRoot?: true;
  /** Must end when `context.signal` is aborted. */
  run(input: CommandInput<Arguments, Flags>, context: Context): Promise<CommandResult>;
}

export interface CommandInput<Arguments extends ArgumentDefinitions, Flags extends FlagDefinitions> {
  readonly args: ArgumentValues<Arguments>;
  readonly flags: FlagValues<Flags>;
}

/**
 * A command that hands what follows its name to another tool, with the terminal. Flags of kubelab stand before its
 * name; only `--help` as the first word after it is kubelab's own. A first `--` is dropped.
 */
export interface RawCommand extends CommandTexts {
  readonly kind: 'raw';
  /** What stands after the name in the help: `<node> [-- command...]`. */
  readonly usage: string;
  /** Returns the exit code of the program. Ctrl-C is left to the tool; SIGTERM aborts `context.signal`. */
  run(args: readonly string[], context: Context): Promise<number>;
}

// Methods take their parameters both ways, so every DataCommand is one of these.
export type Command = DataCommand<ArgumentDefinitions, FlagDefinitions> | RawCommand;

export function defineCommand<const Arguments extends ArgumentDefinitions, const Flags extends FlagDefinitions>(
  definition: Omit<DataCommand<Arguments, Flags>, 'kind'>,
): DataCommand<Arguments, Flags> {
  return { kind: 'data', ...definition };
}

export function defineRawCommand(definition: Omit<RawCommand, 'kind'>): RawCommand {
  return { kind: 'raw', ...definition };
}
