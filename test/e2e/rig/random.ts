/** Numbers from 0 to 1 that follow from a seed, so that a failure can be had again. Mulberry32. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The seed of this run: `KUBELAB_SEED`, or one that is new each time. */
export function readSeed(): number {
  const given = process.env['KUBELAB_SEED'];
  return given === undefined ? Date.now() % 2 ** 31 : Number(given);
}
