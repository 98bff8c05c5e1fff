import { dispatch } from './commands/dispatch.ts';
import { type Registry, registry } from './commands/registry.ts';
import { exitCodes } from './errors/catalogue.ts';
import type { Host, OutputChoice } from './host.ts';
import { type Language, languageOf } from './labs/language.ts';
import { createColour } from './ui/colour.ts';
import { choosePageWidth } from './ui/width.ts';

/** The whole program: words in, exit code out. Throws nothing. */
export async function run(words: readonly string[], host: Host, commands: Registry = registry): Promise<number> {
  let output: OutputChoice = {
    json: words.includes('--json'),
    verbose: words.includes('--verbose'),
    color: words.includes('--no-color') ? false : undefined,
    language: chooseLanguage(`kubelab ${words[0]}`, host),
  };
  try {
    const page = createHelpPage(host, output);
    const dispatched = dispatch(words, commands, { ...page, version: host.version });
    if (dispatched.kind === 'text') return writeText(dispatched, host);
    output = { ...output, language: chooseLanguage(dispatched.path, host) };
    const [command, { parseCommand }] = await Promise.all([dispatched.entry.load(), import('./commands/parse-command.ts')]);
    const parsed = parseCommand(command, dispatched, page);
    if (parsed.kind === 'text') return writeText(parsed, host);
    const { json, verbose, color } = parsed.globals;
    const language = chooseLanguage(dispatched.path, host, parsed.kind === 'data' ? parsed.input.flags['lang'] : undefined);
    output = { json: json && parsed.kind === 'data', verbose, color: color ? undefined : false, language };
    const { runSession } = await import('./session.ts');
    return await runSession(parsed, host, output);
  } catch (error) {
    const { reportError } = await import('./report-error.ts');
    return reportError(error, host, output);
  }
}

/** Labs are in every language, and so is what goes wrong with them; other commands speak English. */
function chooseLanguage(path: string, { env }: Host, asked?: unknown): Language {
  return /^kubelab lab\b/.test(path) ? languageOf(env, asked) : 'en';
}

function createHelpPage({ streams, env }: Host, { color }: OutputChoice) {
  const colour = createColour({ isTTY: streams.stdout.isTTY === true, env, ...(color === undefined ? {} : { flag: color }) });
  return { colour, width: choosePageWidth(streams.stdout) };
}

function writeText({ text, asked }: { readonly text: string; readonly asked: boolean }, { streams }: Host): number {
  (asked ? streams.stdout : streams.stderr).write(text);
  return asked ? exitCodes.done : exitCodes.wrongUse;
}
