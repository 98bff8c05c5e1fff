import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { clusterId, locateCluster } from '../../src/cluster/cluster-folder.ts';
import type { Plan } from '../../src/cluster/plan.ts';
import { type Provider, virtualMachine } from '../../src/cluster/provider.ts';
import { managementNetwork } from '../../src/cluster/vagrantfile-view.ts';
import { writeClusterFolder } from '../../src/cluster/write-folder.ts';
import { localRunner } from '../../src/exec/local.ts';
import type { Runner } from '../../src/exec/runner.ts';
import { vagrantProvider } from '../../src/providers/vagrant/provider.ts';
import type { VagrantSettings } from '../../src/providers/vagrant/settings.ts';
import { makePlan } from '../golden/vagrant-plans.ts';
import { createFakeTools, type FakeTool, type FakeTools } from './fake-tool.ts';
import { packageFolder } from './program.ts';
import { addVirsh, addVirtualBox } from './vagrant-hypervisors.ts';
import { addSsh, addVagrant, createVagrantWorld, type VagrantWorld } from './vagrant-world.ts';

/** A rendered cluster, and a host with fake tools that can run it. */
export interface VagrantSite {
  readonly world: VagrantWorld;
  readonly plan: Plan;
  readonly settings: VagrantSettings;
  readonly vagrant: FakeTool;
  readonly ssh: FakeTool;
  readonly hypervisor: FakeTool;
  readonly tools: FakeTools;
  /** This host with the fakes on its PATH. */
  readonly local: Runner;
  /** A provider as a new run of kubelab has it. */
  provider(fields?: Partial<VagrantSettings>, signal?: AbortSignal): Provider;
}

export async function createVagrantSite(name: 'libvirt' | 'virtualbox', base?: string): Promise<VagrantSite> {
  const place = base ?? (await mkdtemp(join(tmpdir(), 'kubelab vagrant-')));
  const tools = await createFakeTools();
  onTestFinished(async () => {
    await tools.remove();
    await rm(place, { recursive: true, force: true });
  });
  const plan = planFor(name);
  const folder = locateCluster(place, plan.name);
  const real = localRunner();
  const local: Runner = {
    run: (command, options) => real.run(command, { ...options, env: { ...options.env, PATH: tools.path(process.env['PATH']) } }),
  };
  const host = { cgroupVersion: 2, sharedKernel: false, swap: false } as const;
  const signal = new AbortController().signal;
  await writeClusterFolder(plan, { folder, packageFolder, specFolder: place, host, local, signal });
  const world = createVagrantWorld(name, folder.root);
  for (const node of plan.nodes) world.addresses.set(node.name, node.address);
  const settings: VagrantSettings = {
    provider: name,
    cluster: clusterId(folder, plan.name),
    folder: folder.root,
    network: {
      nodes: plan.network.nodes,
      gateway: plan.network.gateway,
      bridge: 'klab-12345678',
      management: managementNetwork(plan.network),
    },
    sshConfig: join(folder.root, 'ssh_config'),
    authorizedKey: () => readFile(folder.sshPublicKey, 'utf8'),
    capabilities: virtualMachine,
    emulated: false,
  };
  return {
    world,
    plan,
    settings,
    tools,
    local,
    vagrant: await addVagrant(tools, world),
    ssh: await addSsh(tools, world),
    hypervisor: await (name === 'libvirt' ? addVirsh : addVirtualBox)(tools, world),
    provider: (fields = {}, stop = signal) => vagrantProvider({ ...settings, ...fields }, { local, signal: stop }),
  };
}

function planFor(name: 'libvirt' | 'virtualbox'): Plan {
  const full = makePlan({ controlPlanes: 1, workers: 2 }, { provider: { name, why: '', differences: [] }, addons: [] });
  const plan: Plan = { ...full, network: { ...full.network, plugin: 'none' } };
  if (name === 'libvirt') return plan;
  const move = (text: string): string => text.replace('10.83.7.', '192.168.56.');
  return {
    ...plan,
    network: { ...plan.network, nodes: move(plan.network.nodes), gateway: move(plan.network.gateway) },
    endpoint: { ...plan.endpoint, address: move(plan.endpoint.address) },
    nodes: plan.nodes.map((node) => ({ ...node, address: move(node.address) })),
  };
}
