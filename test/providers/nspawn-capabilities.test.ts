import { statfsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readCapabilities } from '../../src/providers/nspawn/host-probe.ts';

it.runIf(process.platform === 'linux')(
  'system containers have the cgroups of the host, its kernel, no NFS server and no Internet',
  async () => {
    const cgroupVersion = statfsSync('/sys/fs/cgroup').type === 0x63_67_72_70 ? 2 : 1;
    const found = await readCapabilities();
    expect(found).toMatchObject({ isolation: 'weak', kernelNfs: false, internet: false, cgroupVersion });
    expect(found.differences.some((line) => line.includes('cgroup v1'))).toBe(cgroupVersion === 1);
  },
);
