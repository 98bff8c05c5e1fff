/**
 * A file of `KEY='value'` lines that any POSIX shell reads back unchanged, in the order of the record.
 * @throws RangeError for a key that is not a shell variable in capitals, and for a value with a NUL byte, which no
 * shell variable can hold.
 */
export function renderEnv(record: Readonly<Record<string, string>>): string {
  return Object.entries(record)
    .map(([key, value]) => {
      if (!/^[A-Z][A-Z0-9_]*$/.test(key)) throw new RangeError(`${JSON.stringify(key)} can not name a variable in an env file`);
      if (value.includes('\0')) throw new RangeError(`the value of ${key} holds a NUL byte`);
      return `${key}='${value.replaceAll("'", `'\\''`)}'\n`;
    })
    .join('');
}
