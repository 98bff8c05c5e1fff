import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { Interrupted } from '../../src/errors/errors.ts';
import type { Benchmark } from './bench.ts';
import { below, median } from './measurement.ts';
import { packageFolder } from './site.ts';

const pairs = 21;

/** How long `kubelab --help` takes, against Node.js doing nothing: one of each in turn. */
export const commandStart: Benchmark = {
  name: 'start',
  title: 'start of the program',
  run: async ({ signal, progress }) => {
    progress('starting kubelab --help and node -e 0 in turn');
    const nothing: number[] = [];
    const help: number[] = [];
    const launcher = path.join(packageFolder, 'bin', 'kubelab.js');
    // The first of each fills the file cache.
    for (let count = 0; count <= pairs; count += 1) {
      const one = startNode(['-e', '0']);
      const other = startNode([launcher, '--help']);
      // spawnSync keeps signals from being seen until there is a turn for them.
      await new Promise((resolve) => void setImmediate(resolve));
      if (signal.aborted) throw new Interrupted();
      if (count === 0) continue;
      nothing.push(one);
      help.push(other);
    }
    const ratios = help.map((milliseconds, index) => milliseconds / (nothing[index] ?? Number.NaN));
    return [
      { what: 'node -e 0', value: median(nothing), unit: 'milliseconds', note: `median of ${pairs}` },
      { what: 'kubelab --help', value: median(help), unit: 'milliseconds', note: `median of ${pairs}` },
      {
        what: 'kubelab --help / node -e 0',
        value: median(ratios),
        unit: 'times',
        aim: below(3),
        note: `median of ${pairs} pairs, ${Math.min(...ratios).toFixed(1)} to ${Math.max(...ratios).toFixed(1)}`,
      },
    ];
  },
};

function startNode(args: readonly string[]): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { stdio: 'pipe', timeout: 60_000 });
  const milliseconds = performance.now() - started;
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}: ${stderr.toString()}`);
  return milliseconds;
}
