import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { createFixture } from 'fs-fixture';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { localRunner } from '../../../src/exec/local.ts';
import {
  diskCommand,
  diskKey,
  type DiskShape,
  diskTools,
  makeDisk,
  readVirtualSize,
} from '../../../src/providers/vagrant/disk-image.ts';
import { createFakeTools, type FakeTool, type FakeTools } from '../../rig/fake-tool.ts';
import { runnerWith } from './rig.ts';

const shape: DiskShape = { mebibytes: 64, kernelOptions: ['tsc=reliable', 'mitigations=off'] };
const context = { root: localRunner(), signal: new AbortController().signal };
const tree = {
  'boot/vmlinuz-6.1.0-1-cloud-amd64': 'a kernel',
  'boot/initrd.img-6.1.0-1-cloud-amd64': 'its initramfs',
  'etc/hostname': 'debian\n',
};

/** Why no disk can be made here, or false. */
function withoutTools(): string | false {
  const missing = diskTools.filter(([tool]) => !run(`PATH=$PATH:/usr/sbin:/sbin command -v ${tool}`));
  if (missing.length > 0) return `${missing.join(', ')} are not installed here`;
  return run('unshare --mount true && [ -e /dev/loop-control ]') ? false : 'this host allows no mounts';
}

function run(line: string): boolean {
  try {
    execFileSync('sh', ['-c', line], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('a disk', () => {
  it('is made by a script that can be run by hand', async () => {
    const [shell, script = '', ...rest] = diskCommand('/tree', '/disk.qcow2', shape);
    expect(shell).toBe('sh');
    expect(await readFile(script, 'utf8')).toContain('#   make-disk.sh TREE DISK MEBIBYTES [OPTION...]');
    expect(rest).toEqual(['/tree', '/disk.qcow2', '64', 'tsc=reliable', 'mitigations=off']);
  });

  it('has a key for all that it is made from', async () => {
    const key = await diskKey('1.36.4-abc', shape);
    expect(key).toMatch(/^1\.36\.4-abc-[0-9a-f]{8}$/);
    expect(await diskKey('1.36.4-abc', { ...shape })).toBe(key);
    const others: [string, DiskShape][] = [
      ['1.36.4-def', shape],
      ['1.36.4-abc', { ...shape, mebibytes: 65 }],
      ['1.36.4-abc', { ...shape, kernelOptions: [] }],
    ];
    for (const [tree, other] of others) expect(await diskKey(tree, other)).not.toBe(key);
  });
});

const missing = withoutTools();

describe.skipIf(missing)(`a real disk${missing === false ? '' : `: ${missing}`}`, { timeout: 120_000 }, () => {
  it('boots the kernel of the tree from a file system that fills it', async () => {
    await using folder = await createFixture({ tree });
    const disk = folder.getPath('study.qcow2');
    await makeDisk(folder.getPath('tree'), disk, shape, context);
    expect(await readVirtualSize(disk, context.root, context.signal)).toBe(64 * 2 ** 20);

    const raw = folder.getPath('study.raw');
    execFileSync('qemu-img', ['convert', '-O', 'raw', disk, raw]);
    const read = (file: string): string =>
      execFileSync('/sbin/debugfs', ['-R', `cat ${file}`, raw], { encoding: 'utf8', stdio: 'pipe' });
    expect(read('/etc/hostname')).toBe('debian\n');
    expect(read('/etc/fstab')).toMatch(/^LABEL=kubelab-root \/ ext4 /);
    const menu = read('/boot/extlinux/extlinux.conf');
    expect(menu).toContain('LINUX /boot/vmlinuz-6.1.0-1-cloud-amd64');
    expect(menu).toMatch(/APPEND root=LABEL=kubelab-root .*console=ttyS0,115200 net\.ifnames=0 tsc=reliable mitigations=off$/m);
    expect(read('/boot/extlinux/ldlinux.sys').length).toBeGreaterThan(10_000);

    const bytes = await readFile(raw);
    expect(bytes.subarray(3, 11).toString()).toBe('SYSLINUX');
    expect(bytes.readUInt16LE(510)).toBe(0xaa55);
    execFileSync('/sbin/e2fsck', ['-fn', raw], { stdio: 'ignore' });
    // Blocks of 1 KiB in a file system this small.
    const facts = execFileSync('/sbin/dumpe2fs', ['-h', raw], { encoding: 'utf8', stdio: 'pipe' });
    expect(facts).toMatch(/^Block count: +65536$/m);
    expect(facts).toMatch(/^Filesystem volume name: +kubelab-root$/m);
    expect((await readdir(folder.path)).toSorted()).toEqual(['study.qcow2', 'study.raw', 'tree']);
  });

  it('is not there when the tree has no kernel, and nothing else is', async () => {
    await using folder = await createFixture({ tree: { 'boot/vmlinuz-6.1.0-1-cloud-amd64': 'a kernel' } });
    const disk = folder.getPath('study.qcow2');
    await expect(makeDisk(folder.getPath('tree'), disk, shape, context)).rejects.toMatchObject({
      stderr: expect.stringContaining('has no kernel with an initramfs'),
    });
    expect(await readdir(folder.path)).toEqual(['tree']);
  });

  describe('while its file system is mounted', () => {
    let tools: FakeTools;
    let extlinux: FakeTool;
    let folder: Awaited<ReturnType<typeof createFixture>>;
    beforeEach(async () => {
      tools = await createFakeTools();
      extlinux = await tools.add('extlinux');
      folder = await createFixture({ tree });
    });
    afterEach(async () => {
      await tools.remove();
      await folder.rm();
    });
    const make = (signal: AbortSignal): Promise<void> =>
      makeDisk(folder.getPath('tree'), folder.getPath('study.qcow2'), shape, { root: runnerWith(tools), signal });
    const loops = (): string => execFileSync('losetup', ['-a'], { encoding: 'utf8' });

    it('can fail, and leaves neither files nor loop devices', async () => {
      let meanwhile = '';
      extlinux.answer(['--install'], () => {
        meanwhile = loops();
        return { stderr: 'no room for a boot loader\n', exitCode: 1 };
      });
      await expect(make(context.signal)).rejects.toMatchObject({ stderr: 'no room for a boot loader\n' });
      expect(meanwhile).toContain(folder.path);
      expect(loops()).not.toContain(folder.path);
      expect(await readdir(folder.path)).toEqual(['tree']);
    });

    it('can be interrupted, and leaves neither files nor loop devices', async () => {
      const controller = new AbortController();
      extlinux.answer(['--install'], () => {
        setTimeout(() => controller.abort(), 50);
        return { delay: 'forever' };
      });
      await expect(make(controller.signal)).rejects.toMatchObject({ name: 'Interrupted' });
      expect(extlinux.calls.length).toBe(1);
      // The kernel lets go of a mount namespace, and of the loop device that is mounted in it, a moment after its last process.
      await vi.waitFor(() => expect(loops()).not.toContain(folder.path), { timeout: 15_000, interval: 100 });
      expect(await readdir(folder.path)).toEqual(['tree']);
    });
  });
});
