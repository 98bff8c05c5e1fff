import { dispatch } from './commands/dispatch.ts';
import type { Machine, Streams } from './commands/context.ts';
import { type Registry, registry } from './commands/registry.ts';
import { exitCodes } from './errors/catalogue.ts';
import { createColour } from './ui/colour.ts';
import { choosePageWidth } from './ui/width.ts';

/** What the program needs of the process that it runs in. */
export interface Host {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly streams: Streams;
  readonly home: string;
  /** 0 for root. */
  readonly userId: number;
  readonly machine: Machine;
  /** The folder that kubelab is installed in, and its version. */
  readonly packageFolder: string;
  readonly version: string;
  /** "node v20.20.2, linux x64": what a report of a bug has to say besides the version. */
  readonly platform: string;
  /** Tells of each SIGINT and SIGTERM until the returned function is called. */
  onSignal(listener: (signal: 'SIGINT' | 'SIGTERM') => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
}

/** What decides how output looks. */
export interface OutputChoice {
  readonly json: boolean;
  readonly verbose: boolean;
  /** Undefined: the terminal and the environment decide. */
  readonly color: boolean | undefined;
  /** Where the logs of the run lie. */
  readonly logs?: string;
}

/** The whole program: words in, exit code out. Throws nothing. */
export async function run(words: readonly string[], host: Host, commands: Registry = registry): Promise<number> {
  let output: OutputChoice = {
    json: words.includes('--json'),
    verbose: words.includes('--verbose'),
    color: words.includes('--no-color') ? false : undefined,
  };
  try {
    const page = createHelpPage(host, output);
    const dispatched = dispatch(words, commands, { ...page, version: host.version });
    if (dispatched.kind === 'text') return writeText(dispatched, host);
    const [command, { parseCommand }] = await Promise.all([dispatched.entry.load(), import('./commands/parse-command.ts')]);
    const parsed = parseCommand(command, dispatched, page);
    if (parsed.kind === 'text') return writeText(parsed, host);
    const { json, verbose, color } = parsed.globals;
    output = { json: json && parsed.kind === 'data', verbose, color: color ? undefined : false };
    const { runSession } = await import('./session.ts');
    return await runSession(parsed, host, output);
  } catch (error) {
    const { reportError } = await import('./report-error.ts');
    return reportError(error, host, output);
  }
}

function createHelpPage({ streams, env }: Host, { color }: OutputChoice) {
  const colour = createColour({ isTTY: streams.stdout.isTTY === true, env, ...(color === undefined ? {} : { flag: color }) });
  return { colour, width: choosePageWidth(streams.stdout) };
}

function writeText({ text, asked }: { readonly text: string; readonly asked: boolean }, { streams }: Host): number {
  (asked ? streams.stdout : streams.stderr).write(text);
  return asked ? exitCodes.done : exitCodes.wrongUse;
}
