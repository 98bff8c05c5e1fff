import { join, resolve } from 'node:path';
import type { Context } from './commands/context.ts';
import { cleanText } from './cluster/plain-text.ts';
import type { ParsedCommand } from './commands/parse-command.ts';
import { exitCodes } from './errors/catalogue.ts';
import { Interrupted } from './errors/errors.ts';
import type { Runner } from './exec/runner.ts';
import type { Host, OutputChoice } from './host.ts';
import { isInterruption, reportError } from './report-error.ts';
import { askToConfirm } from './ui/ask.ts';
import { renderBlocks } from './ui/block.ts';
import { chooseRenderer } from './ui/choose-renderer.ts';
import { createColour } from './ui/colour.ts';
import { renderJsonResult, writeJson } from './ui/json.ts';
import type { CommandResult } from './commands/command.ts';
import type { Renderer } from './ui/renderer.ts';
import { choosePageWidth } from './ui/width.ts';

/** Runs one command from its first event to its result or error, and returns the exit code. */
export async function runSession(parsed: ParsedCommand, host: Host, output: OutputChoice): Promise<number> {
  const { stdout, stderr } = host.streams;
  const renderer = chooseRenderer({ stdout, stderr, env: host.env, ...output, quiet: parsed.globals.quiet });
  const abort = new AbortController();
  const forgetSignals = host.onSignal(handleSignals(parsed.kind, renderer, abort, host));
  let logs: string | undefined;
  const context = createContext(parsed, host, renderer, abort.signal, (path) => (logs = path));
  try {
    if (parsed.kind === 'raw') return await parsed.command.run(parsed.args, context);
    const result = await runCommand(parsed, context);
    await renderer.end();
    stdout.write(renderResult(result, host, output));
    return result.exitCode ?? exitCodes.done;
  } catch (error) {
    await renderer.end();
    // Node's own functions say AbortError where kubelab's say Interrupted.
    const shown = abort.signal.aborted && !(error instanceof Interrupted) && isInterruption(error) ? new Interrupted() : error;
    return reportError(shown, host, logs === undefined ? output : { ...output, logs });
  } finally {
    forgetSignals();
  }
}

async function runCommand(
  { command, input }: Extract<ParsedCommand, { kind: 'data' }>,
  context: Context,
): Promise<CommandResult> {
  if (command.needsRoot !== true) return command.run(input, context);
  const { withRootAccess } = await import('./commands/root-access.ts');
  return withRootAccess(context, () => command.run(input, context));
}

function handleSignals(kind: ParsedCommand['kind'], renderer: Renderer, abort: AbortController, host: Host) {
  return (signal: 'SIGINT' | 'SIGTERM'): void => {
    // The terminal sends Ctrl-C to the tool as well, which decides what it means.
    if (kind === 'raw' && signal === 'SIGINT') return;
    if (abort.signal.aborted) {
      renderer.pause();
      host.exit(exitCodes.interrupted);
      return;
    }
    renderer.report({ type: 'warning', text: 'stopping… (once more stops at once)' });
    abort.abort(new Interrupted());
  };
}

function createContext(
  { globals }: ParsedCommand,
  host: Host,
  renderer: Renderer,
  signal: AbortSignal,
  showLogsAt: (path: string) => void,
): Context {
  const { cwd, env, streams, userId, machine, version } = host;
  return {
    cwd,
    env,
    streams,
    machine,
    version,
    signal,
    events: renderer.report,
    runner: createRunner(),
    folders: {
      home: host.home,
      cache: join(env['XDG_CACHE_HOME'] || join(host.home, '.cache'), 'kubelab'),
      state: join(env['XDG_STATE_HOME'] || join(host.home, '.local', 'state'), 'kubelab'),
      package: host.packageFolder,
    },
    userId,
    specFile: resolve(cwd, globals.file ?? 'kubelab.yaml'),
    globals,
    ask: async (question) => {
      if (globals.yes && question.apart !== true) return true;
      renderer.pause();
      try {
        return await askToConfirm(question, { stdin: streams.stdin, stderr: streams.stderr, signal });
      } finally {
        renderer.resume();
      }
    },
    showLogsAt,
  };
}

/** The runner of this host, loaded when the first command runs. */
function createRunner(): Runner {
  let local: Promise<Runner> | undefined;
  return {
    run: async (command, options) => {
      local ??= import('./exec/local.ts').then(({ localRunner }) => localRunner());
      return (await local).run(command, options);
    },
  };
}

function renderResult(result: CommandResult, { streams, env }: Host, { json, color }: OutputChoice): string {
  if (json) return renderJsonResult(result.data, result.exitCode ?? exitCodes.done);
  const shown = result.human?.();
  if (shown === undefined) return `${writeJson(result.data, 2)}\n`;
  if (typeof shown === 'string') {
    const text = cleanText(shown);
    return text === '' || text.endsWith('\n') ? text : `${text}\n`;
  }
  const colour = createColour({ isTTY: streams.stdout.isTTY === true, env, ...(color === undefined ? {} : { flag: color }) });
  return renderBlocks(shown, { colour, width: choosePageWidth(streams.stdout) });
}
