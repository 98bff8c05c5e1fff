import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Whether no folder of a PATH, nor those where administrators' programs lie, has the program. */
export async function missingProgram(program: string, searchPath: string | undefined): Promise<boolean> {
  return (await findProgram(program, searchPath)) === undefined;
}

/** The full path of a program, looked for in a PATH and then where administrators' programs lie. */
export async function findProgram(program: string, searchPath: string | undefined): Promise<string | undefined> {
  for (const folder of [...(searchPath ?? '').split(delimiter), '/usr/sbin', '/sbin']) {
    if (folder === '') continue;
    const file = join(folder, program);
    const there = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (there) return file;
  }
  return undefined;
}
