import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { describeCapabilities, readCapabilities } from '../../src/providers/nspawn/host-probe.ts';

const usual = 'nodev\tsysfs\nnodev\ttmpfs\n\text4\nnodev\toverlay\n\tbtrfs\n';
const noNfs = 'there is no kernel NFS, as this host has none';

describe('what system containers have', () => {
  it.each([
    ['nodev\tnfs\nnodev\tnfs4\nnodev\tnfsd\n', true],
    ['nodev\tnfs4\nnodev\tnfsd\n', true],
    ['nodev\tnfsd\n', false],
    ['nodev\tnfs\nnodev\tnfs4\n', false],
    ['nodev\tnfsdx\nnodev\txnfs\n', false],
    ['', false],
  ])('is kernel NFS where the host serves and mounts it: %j', (lines, has) => {
    const { kernelNfs, differences } = describeCapabilities(usual + lines, 2);
    expect([kernelNfs, differences.includes(noNfs)]).toEqual([has, !has]);
  });

  it('is the cgroup version of the host, its kernel, and no Internet', () => {
    expect(describeCapabilities(usual, 2)).toMatchObject({ cgroupVersion: 2, isolation: 'weak', internet: false });
    expect(describeCapabilities(usual, 1).differences.join('\n')).toContain('cgroup v1');
  });

  it.runIf(process.platform === 'linux')('is asked of the host as it is now', async () => {
    const found = await readCapabilities();
    expect(found).toEqual(describeCapabilities(await readFile('/proc/filesystems', 'utf8'), found.cgroupVersion));
  });
});
