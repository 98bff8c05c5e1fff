import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, createCluster } from '../e2e/rig/cluster.ts';
import { emulatedSpec, emulatedWorkers } from './emulated-spec.ts';
import { type LibvirtWorld, startLibvirtWorld } from './libvirt-world.ts';

const minute = 60_000;

interface KubernetesNode {
  readonly metadata: { readonly name: string };
  readonly status: { readonly addresses: readonly { readonly type: string; readonly address: string }[] };
}

/** Two real virtual machines with processors that are emulated, through Vagrant and libvirt. */
describe('a cluster on virtual machines', () => {
  let world: LibvirtWorld;
  let cluster: Cluster;

  beforeAll(async () => {
    world = await startLibvirtWorld();
    cluster = await createCluster({
      name: 'vms',
      spec: emulatedSpec(1),
      nodes: ['control1', 'worker1', 'worker2'],
      prefix: world.prefix,
      env: world.env,
    });
  });

  afterAll(async () => {
    await cluster?.remove();
    await world?.end();
  });

  it('comes up Ready', { timeout: 120 * minute }, async () => {
    const up = await cluster.up();
    expect(up).toMatchObject({ changed: true, kubernetes: '1.36.4' });
    expect(await machines()).toEqual({ control1: 'running', worker1: 'running' });
  });

  it('has every node at its address on the private network', { timeout: 10 * minute }, async () => {
    const { nodes: planned } = await cluster.status();
    const addresses = (await readNodes()).map(({ metadata, status }) => [
      metadata.name,
      status.addresses.find(({ type }) => type === 'InternalIP')?.address,
    ]);
    expect(addresses).toEqual(planned.map(({ name, address }) => [name, address]));
  });

  it('is what Vagrant sees in the same folder, and lets in', { timeout: 15 * minute }, async () => {
    expect(await world.vagrantStates(vagrantFolder())).toEqual({ control1: 'running', worker1: 'running' });
    await world.vagrant(vagrantFolder(), ['ssh', 'control1', '-c', 'true']);
  });

  it('has kernels of its own, which serve NFS and mount it', { timeout: 15 * minute }, async () => {
    const { nodes: planned } = await cluster.status();
    const [server] = planned;
    const share = 'mkdir -p /srv/share && echo kept >/srv/share/word && echo "/srv/share *(rw,no_subtree_check)" >/etc/exports';
    expect(
      await cluster.ssh('control1', ['sh', '-c', `${share} && systemctl start nfs-server && exportfs -ra`], slow),
    ).toMatchObject({
      exitCode: 0,
    });
    const mount = `mkdir -p /mnt/share && mount -t nfs ${server?.address}:/srv/share /mnt/share && cat /mnt/share/word && umount /mnt/share`;
    expect(await cluster.ssh('worker1', ['sh', '-c', mount], slow)).toMatchObject({ exitCode: 0, stdout: 'kept\n' });
  });

  it('changes nothing when up runs again', { timeout: 20 * minute }, async () => {
    expect(await cluster.up()).toMatchObject({ changed: false });
  });

  it('is halted, also in the eyes of Vagrant, and comes back', { timeout: 60 * minute }, async () => {
    expect((await cluster.run('halt')).exitCode).toBe(0);
    expect(await machines()).toEqual({ control1: 'stopped', worker1: 'stopped' });
    expect(await world.vagrantStates(vagrantFolder())).toEqual({ control1: 'shutoff', worker1: 'shutoff' });
    expect(await cluster.up()).toMatchObject({ changed: true });
  });

  it('brings back what was halted by hand, with one worker more', { timeout: 90 * minute }, async () => {
    await world.vagrant(vagrantFolder(), ['halt', 'worker1'], { timeout: 10 * minute });
    expect(await machines()).toEqual({ control1: 'running', worker1: 'stopped' });
    await cluster.changeSpec({ workers: emulatedWorkers(2) });
    expect(await cluster.up()).toMatchObject({ changed: true });
    await hasExactly('control1', 'worker1', 'worker2');
  });

  it('brings back what lost its power, with one worker less', { timeout: 90 * minute }, async () => {
    await world.virsh('destroy', (await world.domains()).find((name) => name.endsWith('-worker1')) ?? '');
    expect(await machines()).toEqual({ control1: 'running', worker1: 'stopped', worker2: 'running' });
    await cluster.changeSpec({ workers: emulatedWorkers(1) });
    expect(await cluster.up()).toMatchObject({ changed: true });
    await hasExactly('control1', 'worker1');
  });

  it('leaves nothing in libvirt when it is destroyed', { timeout: 20 * minute }, async () => {
    expect(await cluster.destroy()).toEqual([]);
    expect(await world.domains()).toEqual([]);
    expect((await world.virsh('net-list', '--all', '--name')).trim().split('\n')).toEqual(['default']);
    const volumes = (await world.virsh('vol-list', 'default')).split('\n').filter((line) => line.includes('kubelab'));
    expect(volumes.every((line) => line.includes('_vagrant_box_image_'))).toBe(true);
  });

  const slow = { timeout: 5 * minute };

  async function machines(): Promise<Record<string, string>> {
    const { nodes: seen } = await cluster.status();
    return Object.fromEntries(seen.map(({ name, machine }) => [name, machine]));
  }

  /** kubelab, libvirt, Vagrant and Kubernetes agree on which nodes there are, and all of them run. */
  async function hasExactly(...names: readonly string[]): Promise<void> {
    const running = Object.fromEntries(names.map((name) => [name, 'running']));
    expect(await machines()).toEqual(running);
    expect(await world.vagrantStates(vagrantFolder())).toEqual(running);
    const domains = (await world.domains()).map((name) => name.replace(/^kubelab-vms-[0-9a-f]{6}-/, ''));
    expect(domains.toSorted()).toEqual(names);
    expect((await readNodes()).map(({ metadata }) => metadata.name).toSorted()).toEqual(names);
  }

  async function readNodes(): Promise<readonly KubernetesNode[]> {
    return (JSON.parse(await cluster.kubectl(['get', 'nodes', '-o', 'json'], slow)) as { items: KubernetesNode[] }).items;
  }

  function vagrantFolder(): string {
    return join(cluster.folder, '.kubelab', 'vms');
  }
});
