import type { Round } from '../../src/labs/check/check-result.ts';
import type { Benchmark } from './bench.ts';
import { listValues, median } from './measurement.ts';

const repeats = 5;
const lab = 'emptydir';

/** What it costs to look at all checks of a lab's step, once they all pass. */
export const checkRound: Benchmark = {
  name: 'check',
  title: `kubelab lab check, on the first step of ${lab}`,
  run: async (bench) => {
    await bench.firstUp();
    const site = await bench.cluster();
    bench.progress(`kubelab lab start ${lab}, and its first step solved`);
    await site.kubelab('lab', 'start', lab);
    await site.kubelab('lab', 'solve', '--yes');
    const rounds: Round[] = [];
    const runs: number[] = [];
    for (let count = 0; count < repeats; count += 1) {
      bench.progress('kubelab lab check');
      const { data, seconds } = await site.kubelab('lab', 'check');
      rounds.push(data as Round);
      runs.push(seconds);
    }
    await site.kubelab('lab', 'stop', '--yes');
    const [first] = rounds;
    if (first === undefined) throw new Error('no round was measured');
    const times = rounds.map(({ milliseconds }) => milliseconds / 1000);
    return [
      { what: 'checks', value: first.results.length, unit: 'count', note: first.results.map(({ check }) => check).join(', ') },
      {
        what: 'requests to the API server',
        value: first.calls,
        unit: 'count',
        note: 'one list per kind, and one per command in a pod',
      },
      { what: 'the round', value: median(times), unit: 'seconds', note: `median of ${listValues(times, 2)}` },
      { what: 'the whole command', value: median(runs), unit: 'seconds', note: `median of ${listValues(runs, 1)}` },
    ];
  },
};
