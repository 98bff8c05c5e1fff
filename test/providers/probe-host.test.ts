import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { createFixture } from 'fs-fixture';
import { describe, expect, it } from 'vitest';

const script = join(import.meta.dirname, '../../src/providers/nspawn/probe-host.sh');
const setting = '/proc/sys/net/bridge/bridge-nf-call-iptables';

/** Why no kernel can be played here, or false. */
function withoutNamespaces(): string | false {
  try {
    execFileSync('unshare', ['--mount', '--net', 'mount', '-t', 'tmpfs', 'tmpfs', '/proc/sys'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'this host allows no mounts in a namespace';
  }
}

/** What the probe says of br_netfilter where the kernel's settings are those that `modprobe` leaves. */
async function probeBridgeFilter(modprobe: string): Promise<string | undefined> {
  await using folder = await createFixture({ 'bin/modprobe': `#!/bin/sh\n${modprobe}\n` });
  const play = `mount -t tmpfs tmpfs /proc/sys && chmod +x "$1/modprobe" && PATH="$1:$PATH" exec sh "$2"`;
  const output = execFileSync(
    'unshare',
    ['--mount', '--propagation', 'private', 'sh', '-c', play, 'sh', folder.getPath('bin'), script],
    { encoding: 'utf8', stdio: 'pipe' },
  );
  return output.split('\n').find((line) => line.includes(' bridge-filter'));
}

const missing = withoutNamespaces();

describe.skipIf(missing)(`the probe of the host's kernel${missing === false ? '' : `: ${missing}`}`, () => {
  it('loads br_netfilter, which nodes can not do themselves', async () => {
    const load = `[ "$*" = br_netfilter ] && mkdir -p ${setting.replace(/\/[^/]*$/, '')} && echo 1 >${setting}`;
    expect(await probeBridgeFilter(load)).toBe('ok bridge-filter');
  });

  it('misses it where the kernel has none', async () => {
    expect(await probeBridgeFilter('exit 1')).toMatch(/^missing bridge-filter .*br_netfilter/);
  });
});
