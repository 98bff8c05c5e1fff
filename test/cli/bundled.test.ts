import { copyFile, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readBundleInfo } from '../../src/artifacts/bundle/open.ts';
import { createBundleRig, listFiles } from '../artifacts/bundle-rig.ts';
import { leaveCluster } from '../rig/existing-cluster.ts';
import { createProgramRig, type ProgramRig } from '../rig/program.ts';

/** A spec that a bundle serves, so that nothing here needs a network. */
async function createBundledRig(spec = ''): Promise<ProgramRig> {
  const { bundle } = await createBundleRig();
  const rig = await createProgramRig({ architecture: 'x64' });
  await copyFile(bundle, rig.path('class.kubelab'));
  await writeFile(rig.path('kubelab.yaml'), `name: study\nsource: {bundle: ./class.kubelab}\n${spec}`);
  return rig;
}

describe('render', () => {
  it('writes what vagrant needs', async () => {
    const rig = await createBundledRig('box: debian-13\n');
    const { exitCode, stdout } = await rig.run('render');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('.kubelab/study holds Kubernetes 1.36.4 on 3 virtual machines.');
    const root = rig.path('.kubelab', 'study');
    expect(await readFile(`${root}/Vagrantfile`, 'utf8')).toContain('name: "worker2"');
    expect((await readdir(`${root}/provision`)).length).toBeGreaterThan(10);
    const kubeadm = await readFile(`${root}/nodes/control1/kubeadm.yaml`, 'utf8');
    expect(kubeadm).not.toContain('failCgroupV1');
    // Rendering is not bringing up.
    await expect(stat(`${root}/state.json`)).rejects.toThrow('ENOENT');
    await expect(stat(rig.path('kubelab.lock'))).rejects.toThrow('ENOENT');
  });

  it('gives emulated machines patience where the spec asks for them', async () => {
    const rig = await createBundledRig('provider: {name: libvirt, accelerator: tcg}\n');
    expect((await rig.run('render')).exitCode).toBe(0);
    const root = rig.path('.kubelab', 'study');
    expect(await readFile(`${root}/Vagrantfile`, 'utf8')).toContain('ENV.fetch("KUBELAB_LIBVIRT_DRIVER", "qemu")');
    expect(await readFile(`${root}/nodes/control1/kubeadm.yaml`, 'utf8')).toContain('controlPlaneComponentHealthCheck: 30m0s');
  });

  it('writes into another folder, again and again, and nowhere else', async () => {
    const rig = await createBundledRig();
    const first = await rig.run('render', '--to', 'out/lab', '--json');
    expect(JSON.parse(first.stdout)).toMatchObject({
      data: { folder: '<folder>/out/lab', nodes: ['control1', 'worker1', 'worker2'] },
    });
    const token = await readFile(rig.path('out/lab/pki/token'), 'utf8');
    expect((await rig.run('render', '--to', 'out/lab')).exitCode).toBe(0);
    expect(await readFile(rig.path('out/lab/pki/token'), 'utf8')).toBe(token);
    expect((await readdir(rig.folder)).toSorted()).toEqual(['.keep', 'class.kubelab', 'kubelab.yaml', 'out']);
    expect(await readdir(rig.path('out'))).toEqual(['lab']);
  });

  it('touches no folder that holds something else', async () => {
    const rig = await createBundledRig();
    expect(await rig.run('render', '--to', '.')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('is not empty') });
    expect((await rig.run('render', '--to', 'kubelab.yaml')).stderr).toContain('is not a folder');
    await leaveCluster(rig, []);
    await writeFile(rig.path('kubelab.yaml'), 'name: study\nsource: {bundle: ./class.kubelab}\n');
    expect((await rig.run('render')).stderr).toContain('study was brought up here');
  });
});

describe('bundle create', () => {
  it('makes the same bundle from a bundle', async () => {
    const rig = await createBundledRig();
    const { exitCode, stdout } = await rig.run('bundle', 'create', 'copy.kubelab');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('copy.kubelab holds Kubernetes 1.36.4 for amd64, with the base box debian-12-abc');
    const [first, copy] = await Promise.all(['class.kubelab', 'copy.kubelab'].map((name) => readBundleInfo(rig.path(name))));
    expect(copy).toEqual({ ...first, provision: copy?.provision });
    // No work of it is left in the cache.
    expect((await listFiles(`${rig.home}/.cache/kubelab`)).map((file) => basename(file))).not.toContain('base.tar');
    expect((await readdir(`${rig.home}/.cache/kubelab`)).filter((name) => name.startsWith('bundle-'))).toEqual([]);
  });

  it('leaves the base box out, has a name for the file, and replaces none unasked', async () => {
    const rig = await createBundledRig();
    const { stdout } = await rig.run('bundle', 'create', '--no-base', '--json');
    expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
      data: { created: true, file: '<folder>/study-1.36.4.kubelab' },
    });
    expect((await readBundleInfo(rig.path('study-1.36.4.kubelab'))).base).toBeUndefined();
    const refused = await rig.run('bundle', 'create', '--no-base');
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('Replace study-1.36.4.kubelab') });
    expect((await rig.run('bundle', 'create', '--no-base', '--yes')).exitCode).toBe(0);
  });

  it('says what the bundle does not hold', async () => {
    const rig = await createBundledRig('addons: [local-path]\n');
    expect((await rig.run('bundle', 'create', 'copy.kubelab')).stderr).toContain('local-path: the bundle does not hold it');
    await rm(rig.path('class.kubelab'));
    expect((await rig.run('bundle', 'create', 'copy.kubelab')).stderr).toContain('KL-BUNDLE-INVALID');
  });
});

describe('versions', () => {
  it('lists what the source has, with what the table knows of it', async () => {
    const rig = await createBundledRig();
    const { stdout } = await rig.run('versions');
    expect(stdout.replaceAll(/\b(yes|ended)$/gm, '<yes or ended>')).toMatchInlineSnapshot(`
      "Kubernetes versions of the source bundle (the spec names it).

      MINOR  NEWEST  PATCHES  RELEASED    END OF LIFE  SUPPORTED
      1.36   1.36.4        1  2026-04-22  2027-06-28   <yes or ended>
      "
    `);
    const { stdout: json } = await rig.run('versions', '1.36', '--json');
    expect(JSON.parse(json)).toMatchObject({
      data: { source: 'bundle', minors: [{ minor: '1.36', released: '2026-04-22', patches: ['1.36.4'] }] },
    });
  });

  it('marks the one that is locked', async () => {
    const rig = await createBundledRig();
    const { lock } = await readBundleInfo(rig.path('class.kubelab'));
    const held = { apiVersion: 'kubelab/v1', nodes: '10.83.7.0/24', lock: { ...lock, source: 'bundle', origin: 'go' } };
    await writeFile(rig.path('kubelab.lock'), JSON.stringify(held));
    expect((await rig.run('versions', '1.36')).stdout).toContain('- 1.36.4 (locked)');
    expect((await rig.run('versions')).stdout).toContain('locked at 1.36.4');
  });

  it('says what can be had instead', async () => {
    const rig = await createBundledRig();
    const { exitCode, stderr } = await rig.run('versions', '1.35');
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('nearest: 1.36.4') });
    expect((await rig.run('versions', '1.2')).stderr).toContain('KL-VERSION-UNKNOWN');
    expect((await rig.run('versions', '--source', 'mirror')).stderr).toContain('KL-USE');
  });
});
