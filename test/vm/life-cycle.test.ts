import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, createCluster } from '../e2e/rig/cluster.ts';
import { runCommand } from '../e2e/rig/run-command.ts';
import { type LibvirtWorld, startLibvirtWorld } from './libvirt-world.ts';

const minute = 60_000;
const nodes = ['control1', 'worker1'];

/** Two real virtual machines with processors that are emulated, through Vagrant and libvirt. */
describe('a cluster on virtual machines', () => {
  let world: LibvirtWorld;
  let cluster: Cluster;

  beforeAll(async () => {
    world = await startLibvirtWorld();
    cluster = await createCluster({
      name: 'vms',
      spec: {
        kubernetes: '1.36.4',
        source: 'go',
        provider: { name: 'libvirt', accelerator: 'tcg' },
        workers: { count: 1 },
        addons: [],
      },
      nodes,
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
    const seen = JSON.parse(await cluster.kubectl(['get', 'nodes', '-o', 'json'], { timeout: 5 * minute })) as {
      items: { metadata: { name: string }; status: { addresses: { type: string; address: string }[] } }[];
    };
    const addresses = seen.items.map(({ metadata, status }) => [
      metadata.name,
      status.addresses.find(({ type }) => type === 'InternalIP')?.address,
    ]);
    expect(addresses).toEqual(planned.map(({ name, address }) => [name, address]));
  });

  it('is what Vagrant sees in the same folder', { timeout: 10 * minute }, async () => {
    expect(await vagrantStates()).toEqual({ control1: 'running', worker1: 'running' });
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
    expect(await vagrantStates()).toEqual({ control1: 'shutoff', worker1: 'shutoff' });
    expect(await cluster.up()).toMatchObject({ changed: true });
  });

  it('comes back when a machine loses its power', { timeout: 60 * minute }, async () => {
    await world.virsh('destroy', (await domains()).find((name) => name.endsWith('-worker1')) ?? '');
    expect(await machines()).toEqual({ control1: 'running', worker1: 'stopped' });
    expect(await cluster.up()).toMatchObject({ changed: true });
    expect(await machines()).toEqual({ control1: 'running', worker1: 'running' });
  });

  it('leaves nothing in libvirt when it is destroyed', { timeout: 20 * minute }, async () => {
    expect(await cluster.destroy()).toEqual([]);
    expect(await domains()).toEqual([]);
    expect((await world.virsh('net-list', '--all', '--name')).trim().split('\n')).toEqual(['default']);
    const volumes = (await world.virsh('vol-list', 'default')).split('\n').filter((line) => line.includes('kubelab'));
    expect(volumes.every((line) => line.includes('_vagrant_box_image_'))).toBe(true);
  });

  const slow = { timeout: 5 * minute };

  async function machines(): Promise<Record<string, string>> {
    const { nodes: seen } = await cluster.status();
    return Object.fromEntries(seen.map(({ name, machine }) => [name, machine]));
  }

  async function domains(): Promise<string[]> {
    return (await world.virsh('list', '--all', '--name')).split('\n').filter((name) => name !== '');
  }

  async function vagrantStates(): Promise<Record<string, string>> {
    const inFolder = [
      'sh',
      '-c',
      'cd "$1" && exec vagrant status --machine-readable',
      'sh',
      join(cluster.folder, '.kubelab', 'vms'),
    ];
    const environment = Object.entries(world.env).map(([name, value]) => `${name}=${value}`);
    const output = await runCommand([...world.prefix, 'env', ...environment, ...inFolder], { timeout: 5 * minute });
    const states = output.split('\n').flatMap((line) => {
      const [, name, type, state] = line.split(',');
      return type === 'state' ? [[name ?? '', state ?? '']] : [];
    });
    return Object.fromEntries(states) as Record<string, string>;
  }
});
