/** How far the work on a bundle is, in bytes of what it holds unpacked. */
export interface BundleProgress {
  readonly bytes: number;
  readonly ofBytes: number;
}

/** Milliseconds between two reports. */
const reportEvery = 250;

/** Counts bytes, and reports the sum a few times a second and at the end. */
export function countProgress(ofBytes: number, onProgress?: (progress: BundleProgress) => void): (bytes: number) => void {
  let bytes = 0;
  let last = 0;
  return (more) => {
    bytes += more;
    const now = Date.now();
    if (now - last < reportEvery && bytes < ofBytes) return;
    last = now;
    onProgress?.({ bytes, ofBytes });
  };
}
