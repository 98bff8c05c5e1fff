/** What a bundle may hold at most; a real one stays far below. */
export const bundleLimits = {
  artifacts: 900,
  entries: 1_000,
  infoBytes: 4 * 1024 * 1024,
  sumsBytes: 1024 * 1024,
  /** Of one file; also the most that a plain tar header can say. */
  contentBytes: 8 * 1024 ** 3 - 1,
  /** Of all files, unpacked. */
  totalBytes: 32 * 1024 ** 3,
} as const;
