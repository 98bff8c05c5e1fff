import { StepsFailed } from './cluster/run-steps.ts';
import { type ExitCode, exitCodes } from './errors/catalogue.ts';
import { CommandFailed, Interrupted, KubelabError } from './errors/errors.ts';
import type { Host, OutputChoice } from './host.ts';
import { createColour } from './ui/colour.ts';
import { renderError } from './ui/error.ts';
import { renderJsonError } from './ui/json-error.ts';
import { chooseSymbols } from './ui/symbols.ts';
import { choosePageWidth } from './ui/width.ts';

/** Shows an error in the form that was asked for, and returns the exit code that it stands for. */
export function reportError(error: unknown, host: Host, { json, verbose, color, language, logs }: OutputChoice): ExitCode {
  const { cwd, env, home, packageFolder, streams } = host;
  const exitCode = exitCodeOf(error);
  const surroundings = { cwd, home, packageFolder, versions: `kubelab ${host.version}, ${host.platform}` };
  if (json) {
    streams.stdout.write(renderJsonError(error, exitCode, surroundings, logs));
    return exitCode;
  }
  const colour = createColour({ isTTY: streams.stderr.isTTY === true, env, ...(color === undefined ? {} : { flag: color }) });
  const page = {
    ...surroundings,
    colour,
    verbose,
    language,
    width: choosePageWidth(streams.stderr),
    mark: chooseSymbols(env).failed,
  };
  streams.stderr.write(renderError(error, logs === undefined ? page : { ...page, logs }));
  return exitCode;
}

/** Whether it says only that the run was stopped on purpose. */
export function isInterruption(error: unknown): boolean {
  return error instanceof Interrupted || (error instanceof Error && error.name === 'AbortError');
}

function exitCodeOf(error: unknown): ExitCode {
  const known = [KubelabError, CommandFailed, Interrupted, StepsFailed].find((kind) => error instanceof kind);
  return known === undefined ? exitCodes.bug : (error as InstanceType<typeof known>).exitCode;
}
