import { statfs } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Capabilities } from '../../cluster/provider.ts';
import { CommandFailed } from '../../errors/errors.ts';
import type { Runner } from '../../exec/runner.ts';
import { missingProgram } from '../../exec/search-path.ts';

export interface HostProbe {
  readonly usable: boolean;
  /** What keeps it from being used, one sentence each. */
  readonly lacks: readonly string[];
  /** Debian packages that would help, where programs are missing. */
  readonly packages: readonly string[];
  readonly capabilities: Capabilities;
}

/** Programs that the provider drives, and the Debian package that has each. */
const programs: readonly (readonly [program: string, package_: string])[] = [
  ['systemd-nspawn', 'systemd-container'],
  ['btrfs', 'btrfs-progs'],
  ['mkfs.btrfs', 'btrfs-progs'],
  ['mmdebstrap', 'mmdebstrap'],
  ['ip', 'iproute2'],
  ['iptables', 'iptables'],
  ['unshare', 'util-linux'],
  ['ssh', 'openssh-client'],
  ['ssh-keygen', 'openssh-client'],
];

/** https://docs.kernel.org/admin-guide/cgroup-v2.html: the magic number that statfs reports of a cgroup v2 tree. */
const cgroup2Magic = 0x63677270;

export interface ProbeContext {
  readonly root: Runner;
  readonly signal: AbortSignal;
  /** PATH of the environment. */
  readonly searchPath: string;
  readonly platform: string;
}

/** Finds out whether this host can run system containers, by trying and not by looking for names. */
export async function probeNspawnHost(context: ProbeContext): Promise<HostProbe> {
  const capabilities = await readCapabilities();
  if (context.platform !== 'linux') return { usable: false, lacks: ['system containers need Linux'], packages: [], capabilities };
  const missing = await missingPrograms(context.searchPath);
  if (missing.length > 0) {
    const lacks = missing.map(([program]) => `${program} is not installed`);
    return { usable: false, lacks, packages: [...new Set(missing.map(([, name]) => name))], capabilities };
  }
  const lacks = await tryKernel(context);
  return { usable: lacks.length === 0, lacks, packages: [], capabilities };
}

/** The Debian packages whose programs are missing. */
export async function missingHostPackages(searchPath: string): Promise<string[]> {
  return [...new Set((await missingPrograms(searchPath)).map(([, name]) => name))];
}

async function missingPrograms(searchPath: string): Promise<(readonly [string, string])[]> {
  const missing = await Promise.all(programs.map(([program]) => missingProgram(program, searchPath)));
  return programs.filter((_, index) => missing[index] === true);
}

async function tryKernel(context: ProbeContext): Promise<string[]> {
  const script = fileURLToPath(new URL('../../../../src/providers/nspawn/probe-host.sh', import.meta.url));
  try {
    const { stdout } = await context.root.run(['sh', script], { timeout: 30_000, signal: context.signal });
    return stdout
      .split('\n')
      .filter((line) => line.startsWith('missing '))
      .map((line) => `the kernel lacks ${line.split(' ').slice(2).join(' ')}`);
  } catch (error) {
    if (error instanceof CommandFailed)
      return [`root is needed, and sudo did not allow it: ${error.stderr.trim().split('\n')[0] ?? error.message}`];
    throw error;
  }
}

/** What system containers have on this host as it is now. Looks at files only, and does not ask whether it can run any. */
export async function readCapabilities(): Promise<Capabilities> {
  const cgroupVersion = await statfs('/sys/fs/cgroup').then(
    ({ type }) => (type === cgroup2Magic ? 2 : 1),
    () => 2 as const,
  );
  return {
    isolation: 'weak',
    // Whatever the host's kernel has: their image has no NFS server.
    kernelNfs: false,
    internet: false,
    cgroupVersion,
    differences: [
      'nodes are system containers: they share the kernel of this host, and their isolation is weak',
      'nodes reach each other and this host, and not the Internet: pods can use the images that the node image has',
      'nodes see the processors and the memory of the host; their limits hold all the same',
      'nodes serve no NFS',
      ...(cgroupVersion === 1 ? ['nodes see cgroup v1, as this host has it; kubelet is told to accept that'] : []),
    ],
    slowness: 1,
  };
}
