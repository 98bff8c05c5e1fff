import { mkdirSync, writeFileSync } from 'node:fs';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { vi } from 'vitest';
import { createBundleRig } from '../artifacts/bundle-rig.ts';
import type { FakeTools } from './fake-tool.ts';
import { createProgramRig } from './program.ts';
import { addVirtualBox } from './vagrant-hypervisors.ts';
import { addSsh, addVagrant, createVagrantWorld } from './vagrant-world.ts';

const addresses = { control1: '192.168.56.11', worker1: '192.168.56.21' };

/**
 * A Mac with VirtualBox, whose machines answer to ssh and do as they are told, but run no Kubernetes. It changes the PATH of
 * this process.
 */
export async function createMac() {
  const { bundle } = await createBundleRig();
  const rig = await createProgramRig({ platform: 'darwin', architecture: 'x64', fakesOnly: true });
  vi.stubEnv('PATH', `${rig.toolFolder}:${process.env['PATH']}`);
  await copyFile(bundle, rig.path('class.kubelab'));
  await writeFile(rig.path('mine.box'), 'a box');
  const spec = 'name: study\nsource: {bundle: ./class.kubelab}\nbox: ./mine.box\nworkers: {count: 1}\n';
  await writeFile(rig.path('kubelab.yaml'), spec);
  const world = createVagrantWorld('virtualbox', rig.path('.kubelab', 'study'));
  for (const [name, address] of Object.entries(addresses)) world.addresses.set(name, address);
  const tools = { add: rig.fakeTool } as FakeTools;
  const vagrant = await addVagrant(tools, world);
  vagrant.answer(['--version'], { stdout: 'Vagrant 2.4.9\n' });
  vagrant.answer(['box', 'add'], ({ args, env }) => {
    const name = (args[args.indexOf('--name') + 1] ?? '').replace('/', '-VAGRANTSLASH-');
    const folder = join(env['VAGRANT_HOME'] ?? '', 'boxes', name, '0', 'amd64', 'virtualbox');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'metadata.json'), '{}');
    return {};
  });
  const hypervisor = await addVirtualBox(tools, world);
  hypervisor.answer(['--version'], { stdout: '7.1.6r167084\n' });
  hypervisor.answer(['list', 'hostinfo'], { stdout: 'Processor supports HW virtualization: yes\n' });
  const ssh = await addSsh(tools, world);
  return { rig, world, vagrant, hypervisor, ssh, tools };
}
