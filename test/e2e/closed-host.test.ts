import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, createCluster } from './rig/cluster.ts';
import { proveReady } from './rig/proof.ts';
import { runCommand, tryCommand } from './rig/run-command.ts';

const minute = 60_000;
const name = `kubelab-e2e-closed-${process.pid}`;
const inside = ['nsenter', `--net=/run/netns/${name}`, '--'];
const listRules = async (): Promise<string> => runCommand([...inside, 'iptables', '-S', 'FORWARD']);

/** A host with Docker, or with a firewall: what is on a bridge goes through FORWARD, which drops what it is not told of. */
describe('a host that forwards nothing', () => {
  let cluster: Cluster;
  let before: string;

  beforeAll(async () => {
    await runCommand(['ip', 'netns', 'add', name]);
    await runCommand([...inside, 'ip', 'link', 'set', 'lo', 'up']);
    await runCommand([...inside, 'iptables', '-P', 'FORWARD', 'DROP']);
    await runCommand([...inside, 'sysctl', '-q', '-w', 'net.bridge.bridge-nf-call-iptables=1']);
    before = await listRules();
    cluster = await createCluster({
      name: 'closed',
      spec: { kubernetes: '1.36.4', source: 'go', workers: { count: 2 }, addons: [] },
      nodes: ['control1', 'worker1', 'worker2'],
      prefix: inside,
    });
  });

  afterAll(async () => {
    await cluster?.remove();
    await tryCommand(['ip', 'netns', 'delete', name]);
  });

  it('lets the machines of a cluster talk to each other', { timeout: 100 * minute }, async () => {
    expect(before.trim()).toBe('-P FORWARD DROP');
    const up = await cluster.up();
    await proveReady(cluster, up);
    const { bridge } = cluster.identity;
    expect((await listRules()).trim().split('\n').slice(1)).toEqual([
      `-A FORWARD -i ${bridge} -o ${bridge} -m comment --comment "kubelab ${bridge}" -j ACCEPT`,
    ]);
  });

  it('is asked for it once, however often up runs', { timeout: 10 * minute }, async () => {
    expect(await cluster.up()).toMatchObject({ changed: false });
    expect((await listRules()).trim().split('\n')).toHaveLength(2);
  });

  it('is asked for it again when its firewall was loaded anew', { timeout: 10 * minute }, async () => {
    const { bridge } = cluster.identity;
    const reach = async (): Promise<boolean> =>
      (await cluster.ssh('worker1', ['ping', '-c', '1', '-W', '2', 'worker2'])).exitCode === 0;
    expect(await reach()).toBe(true);
    await runCommand([...inside, 'iptables', '-F', 'FORWARD']);
    expect(await reach(), `without a rule for ${bridge}`).toBe(false);
    await cluster.up();
    expect(await reach()).toBe(true);
  });

  it('is as before when the cluster is gone', { timeout: 5 * minute }, async () => {
    expect(await cluster.destroy()).toEqual([]);
    expect(await listRules()).toBe(before);
  });
});
