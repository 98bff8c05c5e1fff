import type { EventSink } from '../events.ts';

/** A piece of work, as people see it. */
export interface ReportedStep {
  readonly id: string;
  readonly title: string;
  /** Absent for what belongs to the whole cluster. */
  readonly node?: string;
}

/** Does a piece of work that people see as one step, with its start, what it is doing and its end. */
export async function reportStep<T>(
  { events, signal }: { readonly events: EventSink; readonly signal: AbortSignal },
  step: ReportedStep,
  work: (progress: (text: string) => void) => Promise<T>,
): Promise<T> {
  const started = Date.now();
  const end = (state: 'done' | 'failed' | 'cancelled'): void =>
    events({ type: 'step', ...step, state, seconds: (Date.now() - started) / 1000 });
  const { title: _, ...place } = step;
  events({ type: 'step', ...step, state: 'started' });
  try {
    const result = await work((text) => events({ type: 'progress', ...place, text }));
    end('done');
    return result;
  } catch (error) {
    end(signal.aborted ? 'cancelled' : 'failed');
    throw error;
  }
}

/** Shows as progress what a command prints, line by line. */
export function showLines(progress: (text: string) => void): (line: string) => void {
  return (line) => progress(line.trim().slice(0, 160));
}
