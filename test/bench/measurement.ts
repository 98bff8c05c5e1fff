/** What a number has to be. */
export interface Aim {
  readonly kind: 'below' | 'at-least';
  readonly limit: number;
}

export interface Measurement {
  readonly what: string;
  readonly value: number;
  readonly unit: 'seconds' | 'milliseconds' | 'bytes' | 'times' | 'count';
  readonly aim?: Aim;
  /** How it came about, or what it is made of. */
  readonly note?: string;
}

/** Whether the aim was met; undefined where there is none. */
export function isMet({ value, aim }: Measurement): boolean | undefined {
  if (aim === undefined) return undefined;
  return aim.kind === 'below' ? value < aim.limit : value >= aim.limit;
}

export function below(limit: number): Aim {
  return { kind: 'below', limit };
}

export function atLeast(limit: number): Aim {
  return { kind: 'at-least', limit };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new RangeError('there is no median of nothing');
  return (lower + upper) / 2;
}

/** Every value, for the note beside its median: `0.9, 1.0, 1.2`. */
export function listValues(values: readonly number[], digits: number): string {
  return values.map((value) => value.toFixed(digits)).join(', ');
}

/** Runs work and tells how long it took. */
export async function timed<T>(work: () => Promise<T>): Promise<{ readonly seconds: number; readonly result: T }> {
  const started = performance.now();
  const result = await work();
  return { seconds: (performance.now() - started) / 1000, result };
}
