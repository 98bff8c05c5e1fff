import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type Cluster, createCluster } from '../e2e/rig/cluster.ts';
import { proveTest } from '../e2e/rig/prove-lab.ts';
import { emulatedSpec } from './emulated-spec.ts';
import { type LibvirtWorld, startLibvirtWorld } from './libvirt-world.ts';

const minute = 60_000;

/** What only nodes with kernels of their own can do: serve NFS and mount it. */
describe('labs on virtual machines', () => {
  let world: LibvirtWorld;
  let cluster: Cluster;
  let state: string;

  beforeAll(async () => {
    world = await startLibvirtWorld();
    state = await mkdtemp(join(tmpdir(), 'kubelab-vm-labs-'));
    cluster = await createCluster({
      name: 'vmlabs',
      spec: emulatedSpec(2),
      nodes: ['control1', 'worker1', 'worker2'],
      prefix: world.prefix,
      env: { ...world.env, XDG_STATE_HOME: state },
    });
    await cluster.up();
  }, 120 * minute);

  afterAll(async () => {
    await cluster?.remove();
    await world?.end();
    await rm(state, { recursive: true, force: true });
  }, 30 * minute);

  it.for(['nfs', 'storageclass-nfs'])('%s', { timeout: 180 * minute }, async (id) =>
    proveTest(await cluster.run('lab', 'test', id)),
  );
});
