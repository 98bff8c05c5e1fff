import { readdir, readFile, writeFile } from 'node:fs/promises';
import * as fc from 'fast-check';
import { createFixture } from 'fs-fixture';
import { describe, expect, it } from 'vitest';
import type { StepReport } from '../../src/cluster/run-steps.ts';
import type { Step } from '../../src/cluster/step.ts';
import { forecastTotal, locateTimings, openTimings } from '../../src/cluster/timings.ts';

function entry(id: string, seconds: number, fields: Partial<StepReport> = {}): StepReport {
  return { id, phase: 'p', title: 't', state: 'done', startedAt: 0, seconds, ...fields };
}

function step(id: string, needs: readonly string[] = []): Step {
  return { id, title: id, phase: 'p', needs, done: async () => false, run: async () => {} };
}

describe('openTimings', () => {
  it('forecasts the median of the last five, for a step of any node', async () => {
    await using folder = await createFixture({});
    const file = locateTimings(folder.getPath('cache'));
    const timings = await openTimings(file, 'nspawn go');
    for (const seconds of [100, 100, 1, 2, 3, 4, 30]) timings.record(entry('boot:worker1', seconds, { node: 'worker1' }));
    expect(timings.forecast({ id: 'boot:worker1', node: 'worker1' })).toBeUndefined();
    await timings.save();
    const later = await openTimings(file, 'nspawn go');
    expect(later.forecast({ id: 'boot:worker2', node: 'worker2' })).toBe(3);
    expect(later.forecast({ id: 'boot' })).toBe(3);
    expect(later.forecast({ id: 'join:worker2', node: 'worker2' })).toBeUndefined();
    expect((await openTimings(file, 'libvirt go')).forecast({ id: 'boot' })).toBeUndefined();
  });

  it('takes the middle of two', async () => {
    await using folder = await createFixture({ 'timings.json': '{"init x": [10, 20]}' });
    expect((await openTimings(folder.getPath('timings.json'), 'x')).forecast({ id: 'init' })).toBe(15);
  });

  it('records only what ran to its end', async () => {
    await using folder = await createFixture({});
    const timings = await openTimings(folder.getPath('timings.json'), 'x');
    for (const state of ['already', 'failed', 'cancelled'] as const) timings.record(entry('init', 1, { state }));
    await timings.save();
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('adds to what another cluster saved in the meantime, and saves nothing twice', async () => {
    await using folder = await createFixture({});
    const file = folder.getPath('timings.json');
    const [one, two] = [await openTimings(file, 'x'), await openTimings(file, 'x')];
    one.record(entry('init', 1));
    two.record(entry('init', 3));
    await one.save();
    await two.save();
    await two.save();
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ 'init x': [1, 3] });
  });

  it.each(['', '{"init x": [1', '[]', 'null', '{"init x": ["1"]}', '{"init x": 5}', '{"init x": [-1]}', '\0\0\0'])(
    'counts a file that holds %j as empty, and mends it',
    async (content) => {
      await using folder = await createFixture({});
      const file = folder.getPath('timings.json');
      await writeFile(file, content);
      const timings = await openTimings(file, 'x');
      expect(timings.forecast({ id: 'init' })).toBeUndefined();
      timings.record(entry('init', 7));
      await timings.save();
      expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ 'init x': [7] });
    },
  );
});

describe('forecastTotal', () => {
  const seconds: Readonly<Record<string, number>> = { a: 10, b: 5, c: 1, d: 20 };
  const forecast = ({ id }: Step): number | undefined => seconds[id];

  it('is the longest path', () => {
    expect(forecastTotal([step('c', ['a', 'b']), step('b', ['a']), step('a')], forecast)).toBe(16);
    expect(forecastTotal([step('c', ['a']), step('a'), step('d')], forecast)).toBe(20);
  });

  it('counts what is not known as nothing, and knows nothing when no step does', () => {
    expect(forecastTotal([step('x', ['a']), step('a')], forecast)).toBe(10);
    expect(forecastTotal([step('x'), step('y')], forecast)).toBeUndefined();
    expect(forecastTotal([], forecast)).toBeUndefined();
  });

  it('is the sum for a chain and the longest for steps that need nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1 }), (all) => {
        const known = ({ id }: Step): number | undefined => all[Number(id)];
        const chain = all.map((_, index) => step(String(index), index === 0 ? [] : [String(index - 1)]));
        expect(forecastTotal(chain, known)).toBe(all.reduce((sum, one) => sum + one, 0));
        const flat = all.map((_, index) => step(String(index)));
        expect(forecastTotal(flat, known)).toBe(Math.max(...all));
      }),
    );
  });
});
