import { KubelabError } from '../errors/errors.ts';
import type { Context } from './context.ts';

/** sudo forgets after some minutes, and builds take longer; in milliseconds. */
const refreshEvery = 60_000;

/**
 * Makes sure that single commands can be run as root until `work` ends: at once for root, else through sudo, whose
 * password is asked for once and before any work.
 * @throws KubelabError `KL-HOST-ROOT` when sudo does not allow it.
 */
export async function withRootAccess<T>(context: Context, work: () => Promise<T>): Promise<T> {
  if (context.userId === 0 || context.machine.platform !== 'linux') return work();
  if (!(await sudoIsOpen(context))) await openSudo(context);
  const timer = setInterval(() => void sudoIsOpen(context).catch(() => false), refreshEvery);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

async function sudoIsOpen(context: Context): Promise<boolean> {
  const options = { timeout: 20_000, signal: context.signal, accept: 'any' } as const;
  const answer = await context.runner.run(['sudo', '-n', 'true'], options).catch(() => undefined);
  return answer?.exitCode === 0;
}

async function openSudo(context: Context): Promise<void> {
  if (context.streams.stdin.isTTY === true) {
    context.events({ type: 'note', text: 'Machines, mounts and bridges are made by root: sudo asks for your password once.' });
    const { runAttached } = await import('../exec/local.ts');
    if ((await runAttached(['sudo', '-v'], { signal: context.signal })) === 0) return;
  }
  throw new KubelabError('KL-HOST-ROOT', 'sudo did not allow this user to run commands as root');
}
