import { StepsFailed, StepsInterrupted, type StepsRest } from '../cluster/run-steps.ts';
import { catalogue } from '../errors/catalogue.ts';
import { CommandFailed, Interrupted, KubelabError } from '../errors/errors.ts';
import { renderStack, type Surroundings } from './bug.ts';
import { endOfOutput } from './error.ts';
import { writeJson } from './json.ts';
import { cleanText } from '../cluster/plain-text.ts';

/** The line that ends a run that failed: `{"type":"error","exitCode":...,"kind":...}`. */
export function renderJsonError(error: unknown, exitCode: number, surroundings: Surroundings, logs?: string): string {
  return `${writeJson({ type: 'error', exitCode, ...describeError(error, surroundings), logs })}\n`;
}

function describeError(error: unknown, surroundings: Surroundings): Record<string, unknown> {
  if (error instanceof StepsInterrupted)
    return { kind: 'interrupted', message: error.message, ...describeRest(error.rest, surroundings) };
  if (error instanceof Interrupted) return { kind: 'interrupted', message: error.message };
  if (error instanceof StepsFailed)
    return { kind: 'steps', message: cleanText(error.message), ...describeRest(error, surroundings) };
  if (error instanceof KubelabError) {
    const { title, why } = catalogue[error.code];
    const cause = error.cause instanceof CommandFailed ? { cause: describeError(error.cause, surroundings) } : {};
    return {
      kind: 'fixable',
      code: error.code,
      title,
      message: error.message,
      details: error.details,
      why,
      cure: error.cure,
      ...cause,
    };
  }
  if (error instanceof CommandFailed) {
    const { command, place, commandExitCode, timedOut } = error;
    return {
      kind: 'tool',
      message: cleanText(error.message),
      command,
      place,
      commandExitCode,
      timedOut,
      output: endOfOutput(error),
    };
  }
  return { kind: 'bug', stack: renderStack(error, surroundings), versions: surroundings.versions };
}

function describeRest({ failures, left, done }: StepsRest, surroundings: Surroundings): Record<string, unknown> {
  const described = failures.map(({ cause, ...failure }) => ({ ...failure, error: describeError(cause, surroundings) }));
  return { failures: described, left, done };
}
