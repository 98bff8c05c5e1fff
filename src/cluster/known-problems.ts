import { CommandFailed, KubelabError } from '../errors/errors.ts';
import type { ErrorCode } from '../errors/catalogue.ts';

/** What a tool says when something well known is wrong, and the error that names its cure. */
export interface KnownProblem {
  readonly code: ErrorCode;
  /** In the tool's own words; matched against its output line by line. */
  readonly says: RegExp;
}

/** In the order of looking: what causes others comes first. */
export const knownProblems: readonly KnownProblem[] = [
  { code: 'KL-HOST-DISK-FULL', says: /no space left on device/i },
  { code: 'KL-HOST-ROOT', says: /^sudo: (a password is required|a terminal is required|.* is not allowed to)/ },
  { code: 'KL-HOST-PORT', says: /\[ERROR Port-\d+\]: Port \d+ is in use|bind: address already in use/ },
  {
    code: 'KL-HOST-KERNEL',
    says: /unknown filesystem type|RTNETLINK answers: Operation not supported|can't initialize iptables table/i,
  },
];

/** The error with a name and a cure, where the failure of a tool is a known one; otherwise the failure as it is. */
export function recognise(error: unknown): unknown {
  if (!(error instanceof CommandFailed)) return error;
  const lines = `${error.stderr}\n${error.stdout}`.split('\n');
  for (const { code, says } of knownProblems) {
    const line = lines.find((candidate) => says.test(candidate));
    if (line !== undefined)
      return new KubelabError(code, `${error.place}: ${line.trim().slice(0, 300)}`, {
        details: [`while running: ${error.command.slice(0, 3).join(' ')}`],
        cause: error,
      });
  }
  return error;
}
