import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, createCluster, type UpData } from './rig/cluster.ts';
import { findLeftovers } from './rig/leftovers.ts';
import { cutPower, killNspawn } from './rig/power.ts';
import { proveNoPulls, proveReady } from './rig/proof.ts';

const minute = 60_000;
const nodes = ['control1', 'worker1', 'worker2'];

describe('a cluster that loses power', () => {
  let cluster: Cluster;
  let up: UpData;

  beforeAll(async () => {
    cluster = await createCluster({
      name: 'power',
      spec: { kubernetes: '1.36.4', source: 'go', workers: { count: 2 }, addons: [] },
      nodes,
    });
    up = await cluster.up();
    await cluster.kubectl(['create', 'configmap', 'kept', '--from-literal=said=before']);
  }, 100 * minute);

  afterAll(() => cluster?.remove());

  const losses = [...nodes.map((node) => [node]), nodes].map((lost) => ({ lost, where: lost.join(' and ') }));
  it.each(losses)('on $where is Ready after up', { timeout: 20 * minute }, async ({ lost }) => {
    for (const node of lost) await cutPower(cluster.identity, node);
    expect(await cluster.running()).toEqual(nodes.filter((node) => !lost.includes(node)));
    await expectReady();
  });

  it('of the whole host, and of kubelab in the middle of bringing it back', { timeout: 20 * minute }, async () => {
    for (const node of nodes) await cutPower(cluster.identity, node);
    const run = cluster.start('up');
    await run.until(
      'the first machine to be up',
      (line) => line.type === 'step' && line.id?.startsWith('boot:') === true && line.state === 'done',
    );
    run.send('SIGKILL');
    await run.ended;
    for (const node of await cluster.running()) await cutPower(cluster.identity, node);
    await expectReady();
  });

  it(
    'is halted whole when the program that runs a machine was killed and the machine was not',
    { timeout: 20 * minute },
    async () => {
      await killNspawn(cluster.identity, 'worker1');
      expect((await cluster.run('halt')).exitCode).toBe(0);
      const left = await findLeftovers(cluster.identity, cluster.before);
      expect(left.filter(({ trace }) => trace === 'process' || trace === 'stray')).toEqual([]);
      await expectReady();
    },
  );

  it('is destroyed without a trace, even without power', { timeout: 15 * minute }, async () => {
    await cluster.up();
    await cutPower(cluster.identity, 'worker2');
    expect(await cluster.destroy()).toEqual([]);
  });

  async function expectReady(): Promise<void> {
    expect(await cluster.up()).toMatchObject({ changed: true });
    expect(await cluster.running()).toEqual(nodes);
    await proveReady(cluster, up);
    expect(await cluster.kubectl(['get', 'configmap', 'kept', '-o', 'jsonpath={.data.said}'])).toBe('before');
    await proveNoPulls(cluster);
  }
});
