import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { NodePlan } from '../../src/cluster/plan.ts';
import { CommandFailed, Interrupted, KubelabError } from '../../src/errors/errors.ts';
import { localRunner } from '../../src/exec/local.ts';
import type { Runner } from '../../src/exec/runner.ts';
import { vagrantProvider } from '../../src/providers/vagrant/provider.ts';
import { createVagrantSite, type VagrantSite } from '../rig/vagrant-site.ts';
import { knownMachine, loseVagrantFolder, prefixOf } from '../rig/vagrant-world.ts';

const kinds = ['libvirt', 'virtualbox'] as const;
const options = { timeout: 20_000, signal: new AbortController().signal } as const;

function machine(site: VagrantSite, name: string): NodePlan {
  const found = site.plan.nodes.find((node) => node.name === name);
  if (found === undefined) throw new Error(`no node ${name}`);
  return found;
}

/** The commands that fake vagrant was given, without what all of them have. */
function commands(site: VagrantSite): string[] {
  return site.vagrant.calls.map(({ args }) =>
    args.filter((word) => !['--machine-readable', '--no-provision', '--provider', site.world.provider].includes(word)).join(' '),
  );
}

async function byHand(site: VagrantSite, ...words: string[]): Promise<void> {
  await site.local.run(['vagrant', ...words], { ...options, cwd: site.world.folder });
}

async function startAll(site: VagrantSite, ...names: string[]): Promise<void> {
  const provider = site.provider();
  await provider.prepare();
  await Promise.all(names.map((name) => provider.start(machine(site, name))));
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe.each(kinds)('machines of %s', (kind) => {
  it('live as one: start side by side, stop, start, lose power, are destroyed, and leave nothing', async () => {
    const site = await createVagrantSite(kind);
    const { world } = site;
    // None is ready before all of them boot, which they do only when they boot side by side.
    world.onStage = async (stage) => {
      if (stage === 'started') while (world.mostBooting < 3) await sleep(20);
      return undefined;
    };
    await startAll(site, 'control1', 'worker1', 'worker2');
    expect(world.networks.size).toBe(kind === 'libvirt' ? 2 : 1);
    const all = await site.provider().inspect();
    expect(all.map(({ name, state }) => [name, state]).sort()).toEqual([
      ['control1', 'running'],
      ['worker1', 'running'],
      ['worker2', 'running'],
    ]);
    const node = site.provider().connect(machine(site, 'worker1'));
    expect(await node.run(['id'], options)).toMatchObject({ stdout: 'worker1 as root\n' });

    await site.provider().stop('worker1');
    expect(knownMachine(world, 'worker1')?.state).toBe('off');
    knownMachine(world, 'control1')!.state = 'off';
    expect((await site.provider().inspect()).filter(({ state }) => state === 'stopped')).toHaveLength(2);
    const before = [...world.machines.keys()];
    await startAll(site, 'control1', 'worker1');
    expect([...world.machines.keys()]).toEqual(before);

    const provider = site.provider();
    await Promise.all(all.map(({ name }) => provider.destroy(name)));
    expect(await provider.inspect()).toEqual([]);
    expect(await provider.removeShared()).toEqual([]);
    expect([world.machines.size, world.networks.size, world.volumes.size]).toEqual([0, 0, 0]);
    expect(existsSync(join(world.folder, '.vagrant'))).toBe(false);
    expect(readdirSync(join(world.folder, 'machines'))).toEqual([]);
  });

  it('agree with a Vagrant that is used by hand', async () => {
    const site = await createVagrantSite(kind);
    await startAll(site, 'control1');
    await byHand(site, 'halt', 'control1');
    expect(await site.provider().inspect()).toEqual([{ name: 'control1', state: 'stopped' }]);
    await byHand(site, 'up', 'worker1');
    expect(await site.provider().inspect()).toContainEqual({ name: 'worker1', state: 'running' });
    const own = knownMachine(site.world, 'worker1')?.id;
    // What was made by hand is taken as it is, and made reachable.
    const node = await site.provider().start(machine(site, 'worker1'));
    expect(knownMachine(site.world, 'worker1')?.id).toBe(own);
    expect((await node.run(['true'], options)).exitCode).toBe(0);
    await byHand(site, 'destroy', 'worker1');
    expect(await site.provider().inspect()).toEqual([{ name: 'control1', state: 'stopped' }]);
    // Made anew by hand it has other host keys.
    await byHand(site, 'up', 'worker1');
    await site.provider().start(machine(site, 'worker1'));
    expect((await node.run(['true'], options)).exitCode).toBe(0);
  });

  it('are made anew when their making was cut off', async () => {
    const site = await createVagrantSite(kind);
    const { world } = site;
    const stop = new AbortController();
    world.onStage = async (stage, _, run) => {
      if (stage !== 'started') return undefined;
      stop.abort();
      await new Promise((resolve) => run.killed.addEventListener('abort', resolve));
      return undefined;
    };
    const provider = site.provider({}, stop.signal);
    await expect(provider.start(machine(site, 'worker1'))).rejects.toBeInstanceOf(Interrupted);
    const half = knownMachine(world, 'worker1');
    expect(half?.whole).toBe(false);
    world.onStage = () => undefined;
    await site.provider().start(machine(site, 'worker1'));
    expect(world.machines.size).toBe(1);
    expect(knownMachine(world, 'worker1')?.id).not.toBe(half?.id);
    expect(await site.provider().inspect()).toEqual([{ name: 'worker1', state: 'running' }]);
  });

  it('keep one whose making a person finished by hand', async () => {
    const site = await createVagrantSite(kind);
    await startAll(site, 'worker1');
    const data = join(site.world.folder, '.vagrant', 'machines', 'worker1', kind);
    writeFileSync(join(site.world.folder, 'machines', 'worker1.making'), '');
    writeFileSync(join(data, 'action_provision'), `1.5:${knownMachine(site.world, 'worker1')?.id}`);
    const own = knownMachine(site.world, 'worker1')?.id;
    await site.provider().start(machine(site, 'worker1'));
    expect(knownMachine(site.world, 'worker1')?.id).toBe(own);
  });

  it('wait for another Vagrant that works on the same machine', async () => {
    const site = await createVagrantSite(kind);
    site.world.locked.add('worker1');
    const starting = site.provider().start(machine(site, 'worker1'));
    await expect.poll(() => site.vagrant.calls.length, { timeout: 10_000 }).toBeGreaterThan(1);
    site.world.locked.delete('worker1');
    expect((await starting).name).toBe('worker1');
  });

  it('lose their power when they do not halt', async () => {
    const site = await createVagrantSite(kind);
    await startAll(site, 'worker1');
    site.world.haltsNothing = true;
    await site.provider().stop('worker1');
    expect(knownMachine(site.world, 'worker1')?.state).toBe('off');
    expect(commands(site).at(-1)).toBe('halt worker1');
    const calls = site.vagrant.calls.length;
    await site.provider().stop('worker1');
    await site.provider().stop('worker2');
    expect(site.vagrant.calls).toHaveLength(calls);
  });

  it('are broken when paused or crashed, and come back from a crash', async () => {
    const site = await createVagrantSite(kind);
    await startAll(site, 'worker1');
    const crashed = knownMachine(site.world, 'worker1')!;
    for (const state of ['paused', 'crashed'] as const) {
      crashed.state = state;
      expect(await site.provider().inspect()).toEqual([{ name: 'worker1', state: 'broken' }]);
    }
    site.world.onStage = () => undefined;
    await site.provider().start(machine(site, 'worker1'));
    const cut = site.hypervisor.calls.map(({ args }) => args.join(' ')).filter((line) => /\bdestroy|poweroff/.test(line));
    expect(cut).toHaveLength(1);
    expect(crashed.state).toBe('running');
  });

  it('are found and destroyed when Vagrant has forgotten them, but never made over', async () => {
    const site = await createVagrantSite(kind);
    await startAll(site, 'control1', 'worker1');
    loseVagrantFolder(site.world);
    expect((await site.provider().inspect()).map(({ state }) => state)).toEqual(['broken', 'broken']);
    expect(await failureOf(site.provider().start(machine(site, 'worker1')))).toMatchObject({ code: 'KL-MACHINE-STRAY' });
    const provider = site.provider();
    expect(await provider.removeShared()).toContain(
      `machine ${prefixOf(site.world)}worker1 in ${kind === 'libvirt' ? 'libvirt' : 'VirtualBox'}`,
    );
    await provider.destroy('worker1');
    // Nor is the Vagrantfile needed.
    const prefix = prefixOf(site.world);
    rmSync(join(site.world.folder, 'Vagrantfile'));
    await provider.destroy('control1');
    expect(site.world.machines.size).toBe(0);
    writeFileSync(join(site.world.folder, 'Vagrantfile'), `cluster = "${prefix.slice('kubelab-'.length, -1)}"\n`);
    expect(await provider.removeShared()).toEqual([]);
  });

  it('are destroyed when the spec has them no more', async () => {
    const site = await createVagrantSite(kind);
    await startAll(site, 'worker2');
    const file = join(site.world.folder, 'Vagrantfile');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^.*name: "worker2".*\n/m, ''));
    await site.provider().destroy('worker2');
    expect(await site.provider().inspect()).toEqual([]);
    expect([...site.world.volumes]).toEqual([]);
    expect(existsSync(join(site.world.folder, '.vagrant', 'machines', 'worker2'))).toBe(false);
  });

  it('do not touch those of a cluster with the same name in another folder', async () => {
    const site = await createVagrantSite(kind);
    await startAll(site, 'worker1');
    const { world } = site;
    const stranger = { id: '99999999-2222-4333-8444-555555555555', node: 'worker1', whole: true, rootKeys: [], hostKey: '' };
    for (const name of ['kubelab-study-ffffff-worker1', `${prefixOf(world)}ffffff-worker1`]) {
      world.machines.set(stranger.id, { ...stranger, name, state: 'off' });
      world.volumes.add(`${name}.img`);
      expect(await site.provider().inspect()).toEqual([{ name: 'worker1', state: 'running' }]);
      const provider = site.provider();
      await provider.destroy('worker1');
      expect(await provider.removeShared()).not.toContainEqual(expect.stringContaining(name));
      expect([...world.machines.values()].map((found) => found.name)).toEqual([name]);
      expect([...world.volumes]).toEqual([`${name}.img`]);
      world.machines.clear();
      world.volumes.clear();
      await startAll(site, 'worker1');
    }
  });

  it('are reached the way that Vagrant goes where the host does not reach their network', async () => {
    const site = await createVagrantSite(kind);
    site.world.reachesNodes = false;
    const node = await site.provider().start(machine(site, 'worker1'));
    expect(await node.run(['true'], options)).toMatchObject({ stdout: 'worker1 as root\n' });
    const seen = execFileSync('/usr/bin/ssh', ['-G', '-F', site.settings.sshConfig, 'worker1'], { encoding: 'utf8' });
    expect(seen).toContain(kind === 'libvirt' ? 'hostname 192.168.241.101\n' : 'hostname 127.0.0.1\n');
    expect(seen).toContain(kind === 'libvirt' ? 'port 22\n' : 'port 2201\n');
    expect(seen).toContain('user root\n');
    // Back on its network, it is reached there again.
    site.world.reachesNodes = true;
    await site.provider().destroy('worker1');
    await site.provider().start(machine(site, 'worker1'));
    const again = execFileSync('/usr/bin/ssh', ['-G', '-F', site.settings.sshConfig, 'worker1'], { encoding: 'utf8' });
    expect(again).toContain(`hostname ${machine(site, 'worker1').address}\n`);
  });

  it('are not waited for when they let root not in', async () => {
    const site = await createVagrantSite(kind);
    site.world.rootMayLogIn = false;
    const failure = await failureOf(site.provider().start(machine(site, 'worker1')));
    expect(failure).toBeInstanceOf(KubelabError);
    expect((failure as KubelabError).message).toBe('the sshd of worker1 lets root not in');
  });

  it("fail in Vagrant's own words", async () => {
    const site = await createVagrantSite(kind);
    site.world.onStage = () => "Couldn't open file /boxes/none.box, or so\nit seems";
    const failure = await failureOf(site.provider().start(machine(site, 'worker1')));
    expect(failure).toBeInstanceOf(CommandFailed);
    expect((failure as CommandFailed).stdout).toMatch(/\nCouldn't open file \/boxes\/none.box, or so\nit seems\n$/);
    expect((failure as CommandFailed).command).toEqual(['vagrant', 'up', 'worker1', '--no-provision', '--provider', kind]);
    // The next one may try.
    site.world.onStage = () => undefined;
    site.world.box = 'absent';
    await site.provider().destroy('worker1');
    await site.provider().start(machine(site, 'worker1'));
  });
});

describe('machines of libvirt', () => {
  it('have networks with bridges of their own, which are started again after a boot of the host', async () => {
    const site = await createVagrantSite('libvirt');
    await site.provider().prepare();
    const own = `kubelab-${site.settings.cluster}`;
    expect(site.world.networks.get(own)?.text).toContain("<bridge name='klab-12345678'");
    expect(site.world.networks.get(own)?.text).toContain("<ip address='10.83.7.1' netmask='255.255.255.0'></ip>");
    const management = site.world.networks.get('kubelab-192-168-241-0');
    expect(management?.text).toContain("<range start='192.168.241.2' end='192.168.241.254'/>");
    expect(/<bridge name='([^']*)'/.exec(management?.text ?? '')?.[1]?.length).toBeLessThanOrEqual(15);
    for (const network of site.world.networks.values()) network.active = false;
    await site.provider().prepare();
    expect([...site.world.networks.values()].map(({ active }) => active)).toEqual([true, true]);
    const calls = site.hypervisor.calls.length;
    await site.provider().prepare();
    expect(site.hypervisor.calls.slice(calls).every(({ args }) => !/define|start/.test(args[3] ?? ''))).toBe(true);
  });

  it('do not take a network with another range for theirs', async () => {
    const site = await createVagrantSite('libvirt');
    site.world.networks.set(`kubelab-${site.settings.cluster}`, { text: "<ip address='10.1.1.1'/>", active: true });
    expect(await failureOf(site.provider().prepare())).toMatchObject({ code: 'KL-NET-CLASH' });
  });

  it('leave the network of all clusters to another that is halted', async () => {
    const site = await createVagrantSite('libvirt');
    await startAll(site, 'worker1');
    const other = { id: '99999999-2222-4333-8444-555555555555', name: 'kubelab-other-ffffff-worker1', node: 'worker1' };
    site.world.machines.set(other.id, { ...other, state: 'off', whole: true, rootKeys: [], hostKey: '' });
    await site.provider().destroy('worker1');
    await site.provider().removeShared();
    expect([...site.world.networks.keys()]).toEqual(['kubelab-192-168-241-0']);
  });

  it('are made again over the disk that a cut off making left', async () => {
    const site = await createVagrantSite('libvirt');
    site.world.volumes.add(`${prefixOf(site.world)}worker1.img`);
    site.world.volumes.add(`${prefixOf(site.world)}worker1-vdb.qcow2`);
    site.world.volumes.add(`${prefixOf(site.world)}control1.img`);
    await site.provider().start(machine(site, 'worker1'));
    expect([...site.world.volumes].sort()).toEqual([`${prefixOf(site.world)}control1.img`, `${prefixOf(site.world)}worker1.img`]);
  });

  it('try again when they meet another on the way, but not for ever', async () => {
    const site = await createVagrantSite('libvirt');
    const text =
      "Error occurred while creating new network: Call to virNetworkDefineXML failed: operation failed: network 'kubelab-192-168-241-0' already exists with uuid 8f6e0f2c.";
    let left = 2;
    site.world.onStage = (stage) => (stage === 'disk' && (left -= 1) >= 0 ? text : undefined);
    await site.provider().start(machine(site, 'worker1'));
    expect(commands(site).filter((line) => line.startsWith('up'))).toHaveLength(3);
    site.world.onStage = (stage) => (stage === 'disk' ? text : undefined);
    expect(await failureOf(site.provider().start(machine(site, 'worker2')))).toBeInstanceOf(CommandFailed);
    expect(commands(site).filter((line) => line === 'up worker2')).toHaveLength(4);
  });

  it('are told to be emulated, and are given time', async () => {
    const site = await createVagrantSite('libvirt');
    await site.provider({ emulated: true, vagrantHome: '/boxes' }).start(machine(site, 'worker1'));
    expect(site.vagrant.calls[0]?.env).toMatchObject({
      KUBELAB_LIBVIRT_DRIVER: 'qemu',
      KUBELAB_LIBVIRT_CPU_MODE: 'maximum',
      VAGRANT_DEFAULT_PROVIDER: 'libvirt',
      VAGRANT_CHECKPOINT_DISABLE: '1',
      VAGRANT_HOME: '/boxes',
    });
    const seen = execFileSync('/usr/bin/ssh', ['-G', '-F', site.settings.sshConfig, 'worker1'], { encoding: 'utf8' });
    expect(seen).toContain('connecttimeout 30\n');
    expect(seen).toContain('hostname 10.83.7.21\n');
  });

  it('get five times as long for each command when they are emulated', async () => {
    const site = await createVagrantSite('libvirt');
    const asked: number[] = [];
    const run: Runner['run'] = async (_, { timeout }) => {
      asked.push(timeout);
      return { exitCode: 0, stdout: '', stderr: '', milliseconds: 0 };
    };
    for (const emulated of [false, true]) {
      const provider = vagrantProvider({ ...site.settings, emulated }, { local: { run }, signal: options.signal });
      await provider.connect(machine(site, 'worker1')).run(['true'], options);
    }
    expect(asked).toEqual([20_000, 100_000]);
  });
});

describe('machines of VirtualBox', () => {
  it.each([
    ['2.3.4', 'disks'],
    ['2.4.1', undefined],
    [undefined, 'disks'],
  ])('with Vagrant %s: VAGRANT_EXPERIMENTAL is %s', async (vagrantVersion, flag) => {
    const site = await createVagrantSite('virtualbox');
    const fields = vagrantVersion === undefined ? {} : { vagrantVersion };
    await site.provider(fields).start(machine(site, 'worker1'));
    expect(site.vagrant.calls[0]?.env['VAGRANT_EXPERIMENTAL']).toBe(flag);
  });

  it('do not take a host-only network from another machine that has it', async () => {
    const site = await createVagrantSite('virtualbox');
    await startAll(site, 'worker1');
    const other = { id: '99999999-2222-4333-8444-555555555555', name: 'mine', node: 'mine' };
    site.world.machines.set(other.id, { ...other, state: 'off', whole: true, rootKeys: [], hostKey: '' });
    await site.provider().destroy('worker1');
    expect(await site.provider().removeShared()).toEqual(['host-only network vboxnet0 in VirtualBox']);
    expect([...site.world.networks.keys()]).toEqual(['vboxnet0']);
  });
});

describe('a host without the tools', () => {
  it.each(kinds)('is named for %s', async (kind) => {
    const site = await createVagrantSite(kind);
    const real = localRunner();
    const local: Runner = { run: (command, given) => real.run(command, { ...given, env: { ...given.env, PATH: '/nowhere' } }) };
    const provider = vagrantProvider(site.settings, { local, signal: options.signal });
    expect(await failureOf(provider.inspect())).toMatchObject({ code: 'KL-HOST-TOOL-MISSING' });
    // With the hypervisor and without Vagrant, it is Vagrant.
    const virtual: Runner = { run: (command, given) => (command[0] === 'vagrant' ? local : site.local).run(command, given) };
    const half = vagrantProvider(site.settings, { local: virtual, signal: options.signal });
    expect(await failureOf(half.start(machine(site, 'worker1')))).toMatchObject({ message: 'Vagrant could not be started' });
  });
});
