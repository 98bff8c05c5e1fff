import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Plan } from '../../src/cluster/plan.ts';
import { makesImageInMachine } from '../../src/commands/machine-box.ts';
import { createMac } from '../rig/mac.ts';
import { knownMachine, type WorldMachine } from '../rig/vagrant-world.ts';

afterEach(() => void vi.unstubAllEnvs());

const build = ['box', 'build', '--node', '--provider', 'virtualbox'] as const;

/** A Mac, where no node image is made natively, with the tool that converts disks. */
async function createBench() {
  const mac = await createMac();
  const { rig, world, tools } = mac;
  const qemuImg = await tools.add('qemu-img');
  qemuImg.answer(['info'], { stdout: JSON.stringify({ 'virtual-size': 20 * 2 ** 30, format: 'qcow2' }) });
  qemuImg.answer(['convert'], ({ args }) => {
    const [from = '', to = ''] = args.slice(-2);
    writeFileSync(to, readFileSync(from));
    return {};
  });
  const home = join(rig.home, '.cache', 'kubelab', 'image-machine');
  world.folder = join(home, '.kubelab', 'image');
  const dataOf = async (...words: readonly string[]): Promise<Record<string, unknown>> => {
    const { exitCode, stdout, stderr } = await rig.run(...words, '--json');
    if (exitCode !== 0) throw new Error(stderr + stdout);
    return (JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { data: Record<string, unknown> }).data;
  };
  const boxOf = (name: string): string => join(rig.home, '.vagrant.d', 'boxes', name.replace('/', '-VAGRANTSLASH-'));
  const lines = (): string[] => mac.ssh.calls.map(({ args }) => args.at(-1) ?? '');
  return { ...mac, home, dataOf, boxOf, lines };
}

describe('a node image made in a machine', { timeout: 60_000 }, () => {
  it('is installed, sealed and copied while the machine is off, which is then gone', async () => {
    const { world, home, dataOf, boxOf, lines } = await createBench();
    const made = await dataOf(...build);
    expect(made).toMatchObject({ provider: 'virtualbox', version: '1.0.0', made: true });
    const folder = join(boxOf(String(made['name'])), '1.0.0', 'virtualbox');
    expect(await readFile(join(folder, 'box-disk001.vmdk'), 'utf8')).toMatch(/^the disk of kubelab-image-[0-9a-f]{6}-control1$/);
    expect(await readFile(join(folder, 'node-image'), 'utf8')).toContain('1.36.4-');
    const order = ['run.sh image', 'run.sh seal'].map((word) => lines().findIndex((line) => line.includes(word)));
    expect(order).toEqual(order.toSorted((one, other) => one - other));
    expect(order).not.toContain(-1);
    expect([world.machines.size, world.networks.size, existsSync(home)]).toEqual([0, 0, false]);
    expect(await dataOf(...build)).toEqual({ ...made, made: false });
  });

  it('is given no key of any cluster', async () => {
    const { dataOf, ssh } = await createBench();
    await dataOf(...build);
    const files = ssh.calls.find(({ args }) => args.at(-1)?.includes('tar -x'));
    expect(files?.stdin).toContain('node/env');
    expect(files?.stdin).toContain('KUBELAB_VAGRANT_KEY');
    expect(files?.stdin.match(/node\/[a-z.]+(?=\0)/g)).toEqual(['node/env']);
    expect(files?.stdin).not.toContain('PRIVATE KEY');
  });

  it('is what up makes machines of, which then install nothing, and what a rendered folder asks for', async () => {
    const { rig, world, dataOf, lines } = await createBench();
    const { name } = await dataOf(...build);
    expect(await dataOf('plan')).toMatchObject({ plan: { nodeBox: name }, image: { present: true } });
    expect(await dataOf('render', '--to', rig.path('rendered'))).toMatchObject({ alone: true, box: name });
    const before = lines().length;
    world.folder = rig.path('.kubelab', 'study');
    // What answers for the control plane here has no kubeconfig.
    expect((await rig.run('up', '--yes')).stderr).toContain('kubeconfig');
    expect(readFileSync(rig.path('.kubelab/study/Vagrantfile'), 'utf8')).toContain(`config.vm.box = "${String(name)}"`);
    expect(knownMachine(world, 'worker1')?.state).toBe('running');
    expect(
      lines()
        .slice(before)
        .some((line) => line.includes('run.sh image')),
    ).toBe(false);
    expect(await rig.run('destroy', '--yes')).toMatchObject({ exitCode: 0 });
  });

  it('is written into a file, and laid as well, so that folders rendered here ask for it', async () => {
    const { rig, dataOf, boxOf } = await createBench();
    const { name } = await dataOf(...build, '--to', 'node.box');
    expect(execFileSync('tar', ['--list', '--file', rig.path('node.box')], { encoding: 'utf8' })).toContain('box.ovf');
    expect(existsSync(join(boxOf(String(name)), '1.0.0'))).toBe(true);
    expect(await dataOf('render', '--to', rig.path('rendered'))).toMatchObject({ box: name });
  });

  it('is not for machines that are there already, on which all is installed or will be', async () => {
    const { rig, world, home, dataOf, lines } = await createBench();
    world.folder = rig.path('.kubelab', 'study');
    await rig.run('up', '--yes');
    await rig.run('halt');
    world.folder = join(home, '.kubelab', 'image');
    const { nodes } = JSON.parse(await readFile(rig.path('kubelab.lock'), 'utf8')) as { nodes: string };
    await dataOf(...build);
    expect(await dataOf('plan')).not.toHaveProperty('plan.nodeBox');
    expect(JSON.parse(await readFile(rig.path('kubelab.lock'), 'utf8'))).toMatchObject({ nodes });
    const before = lines().length;
    world.folder = rig.path('.kubelab', 'study');
    await rig.run('up', '--yes');
    expect(
      lines()
        .slice(before)
        .some((line) => line.includes('/opt/kubelab/installed')),
    ).toBe(true);
    expect(await rig.run('destroy', '--yes')).toMatchObject({ exitCode: 0 });
    expect(await dataOf('plan')).toHaveProperty('plan.nodeBox');
  });

  it.each([
    ['virtualbox', 'arm64', false],
    ['virtualbox', 'amd64', true],
    ['libvirt', 'arm64', true],
  ] as const)('is made for %s on %s: %s', (name, architecture, made) => {
    const [provider, lock] = [{ name }, { architecture }] as unknown as [Plan['provider'], Plan['lock']];
    expect(makesImageInMachine({ provider, lock })).toBe(made);
  });

  it('is not asked for by a folder whose box none can be made of, which then does not work alone', async () => {
    const { rig, dataOf } = await createBench();
    await writeFile(rig.path('kubelab.yaml'), 'name: study\nsource: {bundle: ./class.kubelab}\nbox: ./rootfs\n');
    expect(await dataOf('render', '--to', rig.path('rendered'))).toMatchObject({ alone: false, box: './rootfs' });
    expect((await rig.run('render', '--to', 'rendered')).stdout).toContain('vagrant up alone can not get them');
  });

  it.each(['run.sh image', 'run.sh seal'])('leaves no machine where %s fails, and says why', async (script) => {
    const { rig, world, home, ssh, boxOf } = await createBench();
    ssh.answer(({ args }) => args.at(-1)?.includes(script) === true, { stderr: 'error: no room is left\n', exitCode: 1 });
    const { exitCode, stderr } = await rig.run(...build);
    expect(exitCode).toBeGreaterThan(0);
    expect(stderr).toContain('no room is left');
    expect([world.machines.size, world.networks.size, existsSync(home)]).toEqual([0, 0, false]);
    expect(existsSync(boxOf('kubelab'))).toBe(false);
  });

  it('clears away what a run left that was killed', async () => {
    const { rig, world, home, ssh, dataOf } = await createBench();
    let left: WorldMachine | undefined;
    ssh.answer(
      ({ args }) => left === undefined && args.at(-1)?.includes('run.sh image') === true,
      () => {
        // As it is at this moment: what is cleared away after it is put back.
        left = knownMachine(world, 'control1');
        cpSync(home, rig.path('left'), { recursive: true });
        return { exitCode: 1 };
      },
    );
    await rig.run(...build);
    if (left === undefined) throw new Error('the machine never was');
    world.machines.set(left.id, left);
    cpSync(rig.path('left'), home, { recursive: true });
    expect(await dataOf(...build)).toMatchObject({ made: true });
    expect([world.machines.size, existsSync(home)]).toEqual([0, false]);
  });
});
