import type { Milliseconds } from '../exec/runner.ts';

/** How long a request to an API server on an ordinary node may take. */
export const usualDeadline: Milliseconds = 10_000;

/** How to reach an API server, and as whom. All but the address are PEM texts. */
export interface ApiAccess {
  /** `https://HOST:PORT` */
  readonly server: string;
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
  readonly signal: AbortSignal;
  /** How long a request may take. Default: `usualDeadline`. */
  readonly deadline?: Milliseconds;
}
