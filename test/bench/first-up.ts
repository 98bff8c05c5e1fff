import type { Benchmark } from './bench.ts';
import { below, type Measurement } from './measurement.ts';

/** `data` of `up`. */
export interface UpData {
  readonly changed: boolean;
  readonly phases: readonly { readonly phase: string; readonly node: string; readonly seconds: number }[];
  readonly seconds: number;
}

/** `up` of one control plane and two workers where the node image is there: its phases, and all of it. */
export const firstUp: Benchmark = {
  name: 'up',
  title: 'up: 1 control plane + 2 workers, node image present',
  run: async (bench) => {
    const run = await bench.firstUp();
    const { phases, seconds } = run.data as UpData;
    const names = [...new Set(phases.map(({ phase }) => phase))];
    if (names.includes('node image')) throw new Error('provision/ or a source changed while this ran: up made a node image');
    return [
      ...names.map((name): Measurement => {
        const rows = phases.filter(({ phase }) => phase === name);
        const nodes = rows.map((row) => `${row.node} ${row.seconds.toFixed(1)}`).join(', ');
        return {
          what: `phase ${name}`,
          value: Math.max(...rows.map((row) => row.seconds)),
          unit: 'seconds',
          ...(rows.length > 1 ? { note: `the longest of ${nodes}, all at the same time` } : { note: `on ${rows[0]?.node}` }),
        };
      }),
      {
        what: 'total to Ready',
        value: run.seconds,
        unit: 'seconds',
        aim: below(45),
        note: `the whole process; ${seconds.toFixed(1)} s of it in steps, which overlap`,
      },
    ];
  },
};
