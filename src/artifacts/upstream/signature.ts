import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandFailed, KubelabError } from '../../errors/errors.ts';
import type { Runner } from '../../exec/runner.ts';

export interface SignedFile {
  /** What it is, for errors. */
  readonly what: string;
  readonly content: Uint8Array;
  /** The detached signature. */
  readonly signature: Uint8Array;
  /** The public keys, in ASCII armour. */
  readonly keys: string;
}

/**
 * Checks a detached OpenPGP signature with gpgv. A key that has expired or was revoked does not count.
 * @param folder where a temporary folder may be made.
 * @throws KubelabError `KL-SOURCE-DIGEST` when the signature is not good, `KL-HOST-TOOL-MISSING` without gpgv.
 */
export async function verifySignature(signed: SignedFile, runner: Runner, signal: AbortSignal, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(folder, 'signature-'));
  try {
    await writeFile(join(work, 'keys.gpg'), removeArmour(signed.keys), { mode: 0o600 });
    await writeFile(join(work, 'content'), signed.content);
    await writeFile(join(work, 'signature'), signed.signature);
    const status = await runGpgv(work, runner, signal);
    const lines = status.split('\n').filter((line) => line.startsWith('[GNUPG:] '));
    const has = (word: string): boolean => lines.some((line) => line.startsWith(`[GNUPG:] ${word}`));
    const bad = ['EXPKEYSIG', 'REVKEYSIG', 'EXPSIG', 'BADSIG', 'ERRSIG', 'NO_PUBKEY'].filter(has);
    if (has('GOODSIG ') && has('VALIDSIG ') && bad.length === 0) return;
    throw new KubelabError('KL-SOURCE-DIGEST', `the signature of ${signed.what} is not good: ${explain(bad)}`, {
      details: lines,
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function runGpgv(work: string, runner: Runner, signal: AbortSignal): Promise<string> {
  try {
    const result = await runner.run(
      [
        'gpgv',
        '--homedir',
        work,
        '--status-fd',
        '1',
        '--keyring',
        join(work, 'keys.gpg'),
        join(work, 'signature'),
        join(work, 'content'),
      ],
      { timeout: 30_000, signal, accept: 'any' },
    );
    return result.stdout;
  } catch (error) {
    if (!(error instanceof CommandFailed) || error.timedOut || error.commandExitCode !== undefined) throw error;
    throw new KubelabError('KL-HOST-TOOL-MISSING', 'gpgv is not installed, and without it nobody knows who signed the packages', {
      cure: 'Install it (apt-get install gpgv, or dnf install gnupg2), or write install: binaries in the spec.',
      cause: error,
    });
  }
}

function explain(bad: readonly string[]): string {
  if (bad.includes('EXPKEYSIG')) return 'the key that made it has expired, and the source offers no newer one';
  if (bad.includes('REVKEYSIG')) return 'the key that made it was revoked';
  if (bad.includes('EXPSIG')) return 'it has expired';
  if (bad.includes('BADSIG')) return 'the file was changed after it was signed';
  if (bad.includes('NO_PUBKEY')) return 'it was made with another key than the one that the source publishes';
  return 'gpgv does not accept it';
}

/** gpgv reads key rings in binary form only. */
function removeArmour(keys: string): Buffer {
  const blocks = keys.matchAll(
    /-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(?:[^\r\n]*: [^\r\n]*\r?\n)*\r?\n([A-Za-z0-9+/=\r\n]+?)(?:\r?\n=[A-Za-z0-9+/]{4})?\r?\n-----END/g,
  );
  return Buffer.concat([...blocks].map(([, body = '']) => Buffer.from(body, 'base64')));
}
