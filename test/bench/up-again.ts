import type { Bench, Benchmark } from './bench.ts';
import type { UpData } from './first-up.ts';
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
      { what: 'up after halt, to Ready', value: back.seconds, unit: 'seconds', note: listPhases(back.data as UpData) },
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
  const { changed } = data as UpData;
  if (changed !== expected)
    throw new Error(`up ${changed ? 'changed something' : 'changed nothing'}, which is not what is measured`);
}

/** What the run did, each phase with its longest node: `boot 1.7, ready 12.0`. */
function listPhases({ phases }: UpData): string {
  const longest = new Map<string, number>();
  for (const { phase, seconds } of phases) longest.set(phase, Math.max(longest.get(phase) ?? 0, seconds));
  return [...longest].map(([phase, seconds]) => `${phase} ${seconds.toFixed(1)}`).join(', ');
}
