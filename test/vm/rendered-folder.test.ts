import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, createCluster, explainFailure } from '../e2e/rig/cluster.ts';
import { eventually } from '../e2e/rig/eventually.ts';
import { emulatedSpec } from './emulated-spec.ts';
import { type LibvirtWorld, startLibvirtWorld } from './libvirt-world.ts';

const minute = 60_000;
const emulated = { KUBELAB_LIBVIRT_DRIVER: 'qemu' };

interface KubernetesNode {
  readonly metadata: { readonly name: string };
  readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string }[] };
}

/** What `kubelab render` writes and `kubelab box build --node` makes is all that Vagrant gets: there is no network. */
describe('a rendered folder', () => {
  let world: LibvirtWorld;
  let spec: Cluster;
  let folder: string;

  beforeAll(async () => {
    world = await startLibvirtWorld();
    folder = await realpath(await mkdtemp(join(tmpdir(), 'kubelab-rendered-')));
    spec = await createCluster({
      name: 'alone',
      spec: emulatedSpec(1),
      nodes: ['control1', 'worker1'],
      prefix: world.prefix,
      env: world.env,
    });
  });

  afterAll(async () => {
    await spec?.remove();
    await world?.end();
    await rm(folder, { recursive: true, force: true });
  });

  it('asks for the box that one command makes', { timeout: 120 * minute }, async () => {
    const rendered = await spec.run('render', '--to', folder);
    if (rendered.exitCode !== 0) throw explainFailure(rendered);
    const built = await spec.run('box', 'build', '--node');
    if (built.exitCode !== 0) throw explainFailure(built);
    const { name } = built.data as { name: string };
    expect(built.data).toMatchObject({ provider: 'libvirt', made: true });
    expect(rendered.data).toMatchObject({ alone: true, box: name });
    expect(await world.vagrant(folder, ['box', 'list'])).toContain(`${name} (libvirt, 1.0.0)`);
  });

  it('is brought up by Vagrant alone, which installs nothing', { timeout: 120 * minute }, async () => {
    const said = await world.vagrant(folder, ['up'], { env: emulated, timeout: 110 * minute });
    for (const node of ['control1', 'worker1'])
      expect(said).toContain(`    ${node}: already: the node image of Kubernetes 1.36.4`);
    expect(said).not.toMatch(/installing:|== 10-base\.sh/);
    expect(await world.vagrantStates(folder)).toEqual({ control1: 'running', worker1: 'running' });
  });

  it('has all of its nodes Ready', { timeout: 40 * minute }, async () => {
    const ready = await eventually('both nodes to be Ready', 30 * minute, async () => {
      const nodes = await readNodes();
      const isReady = ({ status }: KubernetesNode): boolean =>
        status.conditions.some(({ type, status: state }) => type === 'Ready' && state === 'True');
      if (nodes.length === 2 && nodes.every(isReady)) return nodes.map(({ metadata }) => metadata.name);
      throw new Error(JSON.stringify(nodes.map(({ metadata, status }) => [metadata.name, status.conditions])));
    });
    expect(ready.toSorted()).toEqual(['control1', 'worker1']);
  });

  it('leaves nothing but the box when Vagrant destroys it', { timeout: 20 * minute }, async () => {
    await world.vagrant(folder, ['destroy', '-f'], { timeout: 15 * minute });
    expect(await world.domains()).toEqual([]);
    expect((await world.virsh('net-list', '--all', '--name')).trim().split('\n')).toEqual(['default']);
    const volumes = (await world.virsh('vol-list', 'default')).split('\n').filter((line) => line.includes('kubelab'));
    expect(volumes.every((line) => line.includes('_vagrant_box_image_'))).toBe(true);
    expect(await world.vagrantStates(folder)).toEqual({ control1: 'not_created', worker1: 'not_created' });
  });

  async function readNodes(): Promise<readonly KubernetesNode[]> {
    const kubectl = 'sudo kubectl --kubeconfig /etc/kubernetes/admin.conf get nodes -o json';
    const output = await world.vagrant(folder, ['ssh', 'control1', '-c', kubectl]);
    return (JSON.parse(output) as { items: KubernetesNode[] }).items;
  }
});
