import type { ShellCommand } from './shell-script.ts';

/**
 * The commands of a script that succeed whatever comes before them, so that nobody hears that it failed: `true` and `:` after
 * `||`, and at the end those and `exit 0`. A command whose output is taken fails unheard anyway, unless all that happens with
 * the output is that a variable gets it; and where the variable is read later, what it holds tells.
 */
export function findHidden(commands: readonly ShellCommand[]): ShellCommand[] {
  const takers = findTakers(commands);
  const reads = findLastReads(commands);
  return commands.filter((command, index) => {
    const [word, argument] = command.words;
    const isLast = index === commands.length - 1;
    const isTrue = word === 'true' || word === ':';
    if (!isTrue && !(isLast && word === 'exit' && argument === '0')) return false;
    if (command.before !== '||') return isLast && isTrue && command.before === ';';
    const taker = command.captured === true ? takers[index] : undefined;
    return taker === undefined || isForgotten(commands[taker]!, taker, reads);
  });
}

/** For each command whose output is taken the index of the one that takes it, outside of all substitutions. */
function findTakers(commands: readonly ShellCommand[]): (number | undefined)[] {
  let taker: number | undefined;
  return commands
    .map((command, index): readonly [ShellCommand, number] => [command, index])
    .toReversed()
    .map(([command, index]) => {
      if (command.captured !== true) taker = index;
      return taker;
    })
    .toReversed();
}

/** The index of the last command that reads each variable. */
function findLastReads(commands: readonly ShellCommand[]): ReadonlyMap<string, number> {
  const reads = new Map<string, number>();
  for (const [index, { words, redirects }] of commands.entries())
    for (const word of [...words, ...redirects.map(({ target }) => target)]) {
      // In arithmetic a variable needs no $.
      const names = word.includes('$((') ? /([A-Za-z_]\w*)/g : /\$\{?#?([A-Za-z_]\w*)/g;
      for (const [, name = ''] of word.matchAll(names)) reads.set(name, index);
    }
  return reads;
}

/** Whether a command only gives values to variables, none of which is read after it. */
function isForgotten({ words }: ShellCommand, at: number, reads: ReadonlyMap<string, number>): boolean {
  const names = words.map((word) => /^([A-Za-z_]\w*)=/.exec(word)?.[1]);
  return names.every((name) => name !== undefined && (reads.get(name) ?? -1) <= at);
}
