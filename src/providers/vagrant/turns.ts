/** One caller's turn. */
export interface Turn {
  /** What must not be done twice at once is done: the next may begin. */
  passed(): void;
  /** The turn is over, whatever came of it. Does nothing more where it was already. */
  end(): void;
}

export interface Turns {
  /** Waits until it is the caller's turn. */
  enter(): Promise<Turn>;
}

/**
 * Keeps apart what must not happen at the same time, in the order of asking.
 * @param alone who has to be alone until `passed`: only the first who gets there, or each.
 */
export function createTurns(alone: 'first' | 'each'): Turns {
  let last: Promise<void> = Promise.resolve();
  let open = false;
  return {
    enter: async () => {
      const before = last;
      let resolve = (): void => undefined;
      last = new Promise((done) => {
        resolve = done;
      });
      await before;
      // Those who wait stand in a row, so that each lets in the one behind.
      if (open) resolve();
      return {
        passed: () => {
          open ||= alone === 'first';
          resolve();
        },
        end: resolve,
      };
    },
  };
}
