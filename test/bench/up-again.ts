import type { Bench, Benchmark } from './bench.ts';
import { below, listValues, median } from './measurement.ts';

const repeats = 3;

/** What `up` costs on a cluster that is as it should be, and what brings a halted one back. */
export const upAgain: Benchmark = {
  name: 'again',
  title: 'up again',
  run: async (bench) => {
    await bench.firstUp();
    const site = await bench.cluster();
    const idle: number[] = [];
    for (let count = 0; count < repeats; count += 1) idle.push(await upUnchanged(bench));
    bench.progress('kubelab halt, and up again');
    const halt = await site.kubelab('halt');
    const back = await site.kubelab('up');
    assertChanged(back.data, true);
    return [
      {
        what: 'up that changes nothing',
        value: median(idle),
        unit: 'seconds',
        aim: below(5),
        note: `median of ${listValues(idle, 1)}`,
      },
      { what: 'halt', value: halt.seconds, unit: 'seconds', note: 'all three nodes shut down in order' },
      { what: 'up after halt, to Ready', value: back.seconds, unit: 'seconds', note: 'Ready proved anew' },
    ];
  },
};

async function upUnchanged(bench: Bench): Promise<number> {
  bench.progress('kubelab up, with nothing to do');
  const run = await (await bench.cluster()).kubelab('up');
  assertChanged(run.data, false);
  return run.seconds;
}

function assertChanged(data: unknown, expected: boolean): void {
  const { changed } = data as { changed: boolean };
  if (changed !== expected)
    throw new Error(`up ${changed ? 'changed something' : 'changed nothing'}, which is not what is measured`);
}
