import { KubelabError } from './errors.ts';

/** Turns the system's word for a full disk or a used up quota into the error that says so; leaves any other as it is. */
export function explainWriteError(error: unknown, path: string): unknown {
  const code = errorCode(error);
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new KubelabError('KL-HOST-DISK-FULL', `there is no room left to write ${path}`, { cause: error });
}

/** The system's name of an error, such as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
