/** One piece of work in the graph that brings a cluster up. */
export interface Step {
  /** Unique in its graph, such as `boot:worker1`. */
  readonly id: string;
  /** What it does, in the words of a progress line. */
  readonly title: string;
  /** The phase that the table at the end counts it under. */
  readonly phase: string;
  readonly node?: string;
  /** Ids of the steps that must have ended well before this one starts. */
  readonly needs: readonly string[];
  /**
   * Ids of steps that this one waits for while it runs, on the node itself. Where one of them can no longer end well,
   * this one is cancelled rather than left to wait for nothing.
   */
  readonly awaits?: readonly string[];
  /** Whether there is nothing to do. Looks, and never changes anything. */
  done(): Promise<boolean>;
  /** @param signal aborted when the run is, and when what it awaits can not come. */
  run(progress: (text: string) => void, signal: AbortSignal): Promise<void>;
}
