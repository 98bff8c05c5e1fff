/** One flag of a command, as data. Its key in the command's `flags` is its name in camelCase: `dryRun` is `--dry-run`. */
export type FlagDefinition =
  | {
      readonly type: 'boolean';
      readonly summary: string;
      readonly short?: string;
      /** Makes it `--no-NAME`: true unless it is given. */
      readonly negated?: boolean;
    }
  | ValueFlag<'string'>
  /** May be given several times. */
  | ValueFlag<'strings'>
  | ValueFlag<'number'>;

interface ValueFlag<Type extends string> {
  readonly type: Type;
  readonly summary: string;
  /** What stands for the value in the help: `--to <version>`. */
  readonly value: string;
  readonly short?: string;
  readonly choices?: readonly string[];
}

/** One argument by position. Only the last may be variadic; optional ones come after required ones. */
export interface ArgumentDefinition {
  readonly summary: string;
  readonly optional?: boolean;
  readonly variadic?: boolean;
}

export type FlagDefinitions = Readonly<Record<string, FlagDefinition>>;
export type ArgumentDefinitions = Readonly<Record<string, ArgumentDefinition>>;

type FlagValue<Flag extends FlagDefinition> = Flag['type'] extends 'boolean'
  ? boolean
  : Flag['type'] extends 'strings'
    ? readonly string[]
    : Flag['type'] extends 'number'
      ? number | undefined
      : Flag extends { readonly choices: readonly (infer Choice)[] }
        ? Choice | undefined
        : string | undefined;

type ArgumentValue<Argument extends ArgumentDefinition> = Argument extends { readonly variadic: true }
  ? readonly string[]
  : Argument extends { readonly optional: true }
    ? string | undefined
    : string;

/** The values of flags: booleans are always there, others are undefined when not given. */
export type FlagValues<Flags extends FlagDefinitions> = { readonly [Name in keyof Flags]: FlagValue<Flags[Name]> };
export type ArgumentValues<Arguments extends ArgumentDefinitions> = {
  readonly [Name in keyof Arguments]: ArgumentValue<Arguments[Name]>;
};

/** The flags that every command takes. */
export const globalFlags = {
  file: { type: 'string', short: 'f', value: 'path', summary: 'the spec, instead of ./kubelab.yaml' },
  yes: { type: 'boolean', short: 'y', summary: 'answer yes to every question but that of --trust' },
  json: { type: 'boolean', summary: 'print lines of JSON: each event, then the result' },
  quiet: { type: 'boolean', short: 'q', summary: 'show no progress' },
  verbose: { type: 'boolean', summary: 'show every progress line, and the stack of errors' },
  color: { type: 'boolean', negated: true, summary: 'no colour (so does NO_COLOR)' },
} as const satisfies FlagDefinitions;

export type GlobalValues = FlagValues<typeof globalFlags>;
