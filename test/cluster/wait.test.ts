import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/cluster/wait.ts';
import { Interrupted } from '../../src/errors/errors.ts';

const wait = { what: 'the node', hint: 'See its journal.', deadline: 60_000 };
const { signal } = new AbortController();

describe('a wait', () => {
  it('leaves a machine that is slow to answer as much time as it took to look', async () => {
    const begins: number[] = [];
    const ready = async (): Promise<true | string> => {
      begins.push(performance.now());
      await sleep(begins.length === 1 ? 400 : 0);
      return begins.length === 3 ? true : 'not yet';
    };
    await waitFor({ ...wait, every: 50, ready }, signal);
    const [first = 0, second = 0, third = 0] = begins;
    expect(second - first).toBeGreaterThan(790);
    expect(third - second).toBeGreaterThan(48);
    expect(third - second).toBeLessThan(2000);
  });

  it('that runs out is a failure, with what it said last and where to look', async () => {
    const said: string[] = [];
    const ready = () => Promise.resolve('not yet');
    await expect(waitFor({ ...wait, deadline: 1, every: 20, ready }, signal, (text) => said.push(text))).rejects.toMatchObject({
      code: 'KL-WAIT-DEADLINE',
      message: 'waited 0 s for the node: not yet',
      cure: 'See its journal.',
    });
    expect(new Set(said)).toEqual(new Set(['the node: not yet']));
  });

  it('ends at once when it is interrupted', async () => {
    const abort = new AbortController();
    const failed = waitFor({ ...wait, every: 50_000, ready: () => Promise.resolve('not yet') }, abort.signal);
    setTimeout(() => abort.abort(), 50);
    await expect(failed).rejects.toThrow(Interrupted);
  });
});
