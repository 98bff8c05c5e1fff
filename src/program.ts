import { dispatch } from './commands/dispatch.ts';
import { type Registry, registry } from './commands/registry.ts';
import { exitCodes } from './errors/catalogue.ts';
import type { Host, OutputChoice } from './host.ts';
import { createColour } from './ui/colour.ts';
import { choosePageWidth } from './ui/width.ts';

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
