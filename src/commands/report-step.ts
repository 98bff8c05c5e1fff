import type { Context } from './context.ts';

/** Does a piece of work that people see as one step, with its start, what it is doing and its end. */
export async function reportStep<T>(
  { events, signal }: Pick<Context, 'events' | 'signal'>,
  { id, title }: { readonly id: string; readonly title: string },
  work: (progress: (text: string) => void) => Promise<T>,
): Promise<T> {
  const started = Date.now();
  const seconds = (): number => (Date.now() - started) / 1000;
  events({ type: 'step', id, title, state: 'started' });
  try {
    const result = await work((text) => events({ type: 'progress', id, text }));
    events({ type: 'step', id, title, state: 'done', seconds: seconds() });
    return result;
  } catch (error) {
    events({ type: 'step', id, title, state: signal.aborted ? 'cancelled' : 'failed', seconds: seconds() });
    throw error;
  }
}
