import type { EventSink } from '../events.ts';

/** Shows events while kubelab works. */
export interface Renderer {
  readonly report: EventSink;
  /** Takes its moving part off the terminal so that something else can have it, such as a question. */
  pause(): void;
  resume(): void;
  /** Shows what is still to be shown, takes its moving part away for good and leaves the terminal as it was. May be called twice. */
  end(): Promise<void>;
}

/** A stream to write to, and what is known of the terminal behind it. */
export interface OutputStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}
