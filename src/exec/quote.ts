/** Quotes one argument for a POSIX shell, so that the shell hands it on unchanged. */
export function quoteArgument(argument: string): string {
  if (argument.includes('\0')) throw new RangeError('an argument can not hold a NUL byte');
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}

/** A command as one line that a person can paste into a POSIX shell. */
export function quoteCommand(command: readonly string[]): string {
  return command.map(quoteArgument).join(' ');
}
