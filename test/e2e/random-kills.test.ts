import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, createCluster } from './rig/cluster.ts';
import { killAfter } from './rig/kubelab-run.ts';
import { proveReady } from './rig/proof.ts';
import { createRandom, readSeed } from './rig/random.ts';

const minute = 60_000;
const wanted = 20;
const seed = readSeed();

describe(`kubelab that is killed again and again (KUBELAB_SEED=${seed})`, () => {
  const random = createRandom(seed);
  let cluster: Cluster;
  /** Milliseconds that an undisturbed up takes here: kills fall anywhere in it. */
  let span = 0;
  let kills = 0;

  beforeAll(async () => {
    cluster = await createCluster({
      name: 'kills',
      spec: { kubernetes: '1.36.4', source: 'go', workers: { count: 1 }, addons: [] },
      nodes: ['control1', 'worker1'],
    });
    // Builds what is not in the cache, so that the span is that of a cluster alone.
    await cluster.up();
    await cluster.destroy();
    const started = Date.now();
    await cluster.up();
    span = Date.now() - started;
    expect(await cluster.destroy()).toEqual([]);
  }, 100 * minute);

  afterAll(() => cluster?.remove());

  it(`comes up whole each time, over ${wanted} kills`, { timeout: 120 * minute }, async () => {
    for (let round = 1; kills < wanted; round++) {
      const chain = 1 + Math.floor(random() * 4);
      for (let kill = 0; kill < chain && kills < wanted; kill++) {
        // What an earlier try did is not done again, so that later kills have to come sooner to hit anything.
        const after = Math.round((random() * span) / (kill + 1));
        const killed = await killAfter(cluster.start('up'), after);
        process.stderr.write(`    round ${round}: kill -9 after ${after} ms${killed ? '' : ', when it was done'}\n`);
        if (killed) kills += 1;
      }
      await proveReady(cluster, await cluster.up());
      await killAfter(cluster.start('destroy', '--yes'), Math.round(random() * 3_000));
      expect(await cluster.destroy(), `round ${round} with KUBELAB_SEED=${seed}`).toEqual([]);
    }
  });
});
