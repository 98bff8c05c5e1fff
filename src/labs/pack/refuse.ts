import { KubelabError } from '../../errors/errors.ts';

/** The error for an archive that can not be read, or not be a pack. */
export function invalidPack(what: string, details: readonly string[] = []): KubelabError {
  return new KubelabError('KL-PACK-INVALID', what, { details });
}

/** The error for something that no pack may hold. */
export function unsafePack(what: string): KubelabError {
  return new KubelabError('KL-PACK-UNSAFE', what);
}
