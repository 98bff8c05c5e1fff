import { access, constants, lstat, stat } from 'node:fs/promises';
import path from 'node:path';
import { KubelabError } from '../errors/errors.ts';
import { errorCode } from '../errors/system-error.ts';

/**
 * Looks before anything is made whether files can be written to a folder, which need not be there yet.
 * @param cure what else the user can do.
 * @throws KubelabError `KL-USE` when something is in its way, or it is not for this user to write to.
 */
export async function checkTargetFolder(folder: string, cure: string): Promise<void> {
  const there = await nearestThere(folder);
  const facts = await stat(there).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errorCode(error) ?? ''))
      throw new KubelabError('KL-USE', `${there} is a link that leads nowhere.`, { cure });
    throw explain(error, there, cure);
  });
  if (!facts.isDirectory()) throw new KubelabError('KL-USE', `${there} is no folder.`, { cure });
  await access(there, constants.W_OK | constants.X_OK).catch((error: unknown) => {
    throw explain(error, there, cure);
  });
}

/** The folder, or the first thing above it that is there, whatever it is. */
async function nearestThere(folder: string): Promise<string> {
  for (let at = folder; ; at = path.dirname(at))
    try {
      await lstat(at);
      return at;
    } catch (error) {
      // What lies below a link that leads nowhere is not there; above all of it there is always the root.
      if (!['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES'].includes(errorCode(error) ?? '') || at === path.dirname(at)) throw error;
    }
}

function explain(error: unknown, folder: string, cure: string): unknown {
  if (!['EACCES', 'EPERM', 'EROFS'].includes(errorCode(error) ?? '')) return error;
  return new KubelabError('KL-USE', `This user may not write to ${folder}.`, { cure });
}
