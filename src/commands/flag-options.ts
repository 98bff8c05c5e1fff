import { type Command, InvalidArgumentError, Option } from 'commander';
import type { FlagDefinition, FlagDefinitions, FlagValues } from './flags.ts';

/** Adds flags to a parser, under a heading of its help. */
export function addFlags(parser: Command, flags: FlagDefinitions, heading: string): void {
  for (const [key, flag] of Object.entries(flags)) parser.addOption(createOption(key, flag).helpGroup(heading));
}

/** The flags that were really given, by key. */
export function readGivenFlags<Flags extends FlagDefinitions>(parser: Command, flags: Flags): Partial<FlagValues<Flags>> {
  const given = Object.keys(flags).filter((key) => parser.getOptionValueSource(key) === 'cli');
  // Commander's values are untyped; the parsers of createOption give them the types of FlagValues.
  return Object.fromEntries(given.map((key) => [key, parser.getOptionValue(key)])) as Partial<FlagValues<Flags>>;
}

/** Every flag of the definitions, with what it means when it is not given. */
export function completeFlags<Flags extends FlagDefinitions>(flags: Flags, given: Partial<FlagValues<Flags>>): FlagValues<Flags> {
  const absent = Object.entries(flags).map(([key, flag]) => [key, valueWhenAbsent(flag)]);
  return { ...Object.fromEntries(absent), ...given } as FlagValues<Flags>;
}

/** `dryRun` as it is typed: `dry-run`. */
export function spellFlag(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function valueWhenAbsent(flag: FlagDefinition): unknown {
  if (flag.type === 'boolean') return flag.negated === true;
  return flag.type === 'strings' ? [] : undefined;
}

function createOption(key: string, flag: FlagDefinition): Option {
  const short = flag.short === undefined ? '' : `-${flag.short}, `;
  if (flag.type === 'boolean')
    return new Option(`${short}--${flag.negated === true ? 'no-' : ''}${spellFlag(key)}`, flag.summary);
  const option = new Option(`${short}--${spellFlag(key)} <${flag.value}>`, flag.summary);
  if (flag.choices !== undefined) option.argChoices = [...flag.choices];
  // Commander types what a parser returns as the type of what it got before.
  return option.argParser<unknown>((value, previous) => parseValue(flag, value, previous));
}

function parseValue(flag: Exclude<FlagDefinition, { type: 'boolean' }>, value: string, previous: unknown): unknown {
  if (flag.choices !== undefined && !flag.choices.includes(value))
    throw new InvalidArgumentError(`It must be one of ${flag.choices.join(', ')}.`);
  if (flag.type === 'string') return value;
  if (flag.type === 'strings') return [...(Array.isArray(previous) ? previous : []), value];
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number)) throw new InvalidArgumentError('It must be a number.');
  return number;
}
