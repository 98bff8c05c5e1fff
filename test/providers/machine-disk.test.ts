import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { copySystemDisk } from '../../src/providers/vagrant/machine-disk.ts';
import { createVagrantSite } from '../rig/vagrant-site.ts';

/** A cluster of which one machine was made, and a tool that converts disks. */
async function createSite(name: 'libvirt' | 'virtualbox') {
  const site = await createVagrantSite(name);
  const qemuImg = await site.tools.add('qemu-img');
  qemuImg.answer(['convert'], ({ args }) => {
    const [from = '', to = ''] = args.slice(-2);
    writeFileSync(to, existsSync(from) ? readFileSync(from) : `from ${from}`);
    return {};
  });
  const [machine] = site.plan.nodes;
  if (machine === undefined) throw new Error('a plan without nodes');
  const provider = site.provider();
  await provider.prepare();
  await provider.start(machine);
  const target = join(site.settings.folder, 'copy.qcow2');
  const context = { local: site.local, root: site.local, signal: new AbortController().signal };
  const copy = (): Promise<void> => copySystemDisk(machine.name, target, site.settings, context);
  return { ...site, provider, qemuImg, machine, target, copy };
}

describe.each(['libvirt', 'virtualbox'] as const)('the system disk of a machine of %s', (name) => {
  it('is copied with all that it was cloned from, and nothing else is left', async () => {
    const { provider, machine, target, copy, world } = await createSite(name);
    await provider.stop(machine.name);
    await copy();
    const own = [...world.machines.values()][0]?.name ?? '';
    expect(readFileSync(target, 'utf8')).toBe(
      name === 'libvirt' ? `from /var/lib/libvirt/images/${own}.img` : `the disk of ${own}`,
    );
    expect((await readdir(dirname(target))).filter((file) => file.startsWith('copy'))).toEqual(['copy.qcow2']);
  });

  it('is not copied while the machine runs', async () => {
    const { qemuImg, copy } = await createSite(name);
    await expect(copy()).rejects.toMatchObject({ code: 'KL-MACHINE-FAILED' });
    expect(qemuImg.calls).toEqual([]);
  });

  it('leaves nothing where the copy fails', async () => {
    const { provider, machine, target, copy, qemuImg } = await createSite(name);
    await provider.stop(machine.name);
    qemuImg.answer(['convert'], { stderr: 'qemu-img: error while writing: No space left on device\n', exitCode: 1 });
    await expect(copy()).rejects.toMatchObject({ stderr: expect.stringContaining('No space left') });
    expect((await readdir(dirname(target))).filter((file) => file.startsWith('copy'))).toEqual([]);
  });
});
