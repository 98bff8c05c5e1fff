/** A flag with its value, or an argument that is no flag. */
export interface ShellOption {
  /** `-X` or `--request`; undefined for an argument. */
  readonly flag: string | undefined;
  /** What the flag is given, or the argument. */
  readonly value: string | undefined;
}

/**
 * The words of a command as getopt reads them: `-sXPOST` is `-s` and `-X POST`.
 * @param valued the flags that have values: letters, and names without their hyphens.
 */
export function readOptions(
  words: readonly string[],
  valued: { readonly letters: string; readonly names: readonly string[] },
): ShellOption[] {
  const options: ShellOption[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '--') return [...options, ...words.slice(at + 1).map((value) => ({ flag: undefined, value }))];
    const [, name, given] = /^--([^=]+)(?:=([^]*))?$/.exec(word) ?? [];
    if (name !== undefined) {
      const next = given === undefined && valued.names.includes(name);
      options.push({ flag: `--${name}`, value: next ? words[(at += 1)] : given });
    } else if (/^-./.test(word)) {
      const end = [...word].findIndex((letter, index) => index > 0 && valued.letters.includes(letter));
      const last = end < 0 ? word.length - 1 : end;
      for (const letter of word.slice(1, last)) options.push({ flag: `-${letter}`, value: undefined });
      const rest = word.slice(last + 1);
      options.push({ flag: `-${word[last]}`, value: end < 0 ? undefined : rest === '' ? words[(at += 1)] : rest });
    } else options.push({ flag: undefined, value: word });
  }
  return options;
}
