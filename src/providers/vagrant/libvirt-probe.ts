import { fileExists } from '../../exec/file-exists.ts';
import { missingProgram } from '../../exec/search-path.ts';
import type { Acceleration } from './acceleration.ts';
import { type Answer, ask, findHostProgram, type VagrantProgram } from './vagrant-program.ts';
import type { Lack, VagrantProbeContext, VirtualHostState } from './virtual-host.ts';

/** Programs that machines of libvirt need, and the Debian package that has each. */
const programs: readonly (readonly [program: string, package_: string])[] = [
  ['vagrant', 'vagrant'],
  ['virsh', 'libvirt-clients'],
  ['qemu-system-x86_64', 'qemu-system-x86'],
  ['qemu-img', 'qemu-utils'],
  ['dnsmasq', 'dnsmasq-base'],
  ['ssh', 'openssh-client'],
];

/** libvirt in one process, and since version 7 the part of it that runs QEMU. Debian's package has one or the other. */
const daemons = ['libvirtd', 'virtqemud'];

/** Finds out whether Vagrant can run machines with libvirt, as the machines of the whole system (qemu:///system). */
export async function probeLibvirt(
  context: VagrantProbeContext,
  vagrant: VagrantProgram,
  acceleration: Acceleration,
): Promise<VirtualHostState> {
  if (context.platform !== 'linux') return unusable([{ lack: 'kubelab drives libvirt on Linux only' }], acceleration);
  const versions: Record<string, string> = acceleration.qemu === undefined ? {} : { qemu: acceleration.qemu.version };
  const lacks = await findAbsent(context);
  if ('version' in vagrant) {
    versions['vagrant'] = vagrant.version;
    const plugin = await findPlugin(context, vagrant.program);
    if ('version' in plugin) versions['vagrant-libvirt'] = plugin.version;
    else lacks.push(plugin);
  } else if (!vagrant.missing) lacks.push({ lack: vagrant.lacks });
  const virsh = await findHostProgram('virsh', context);
  if (virsh === undefined) lacks.push(...(await findDaemon(context)));
  else lacks.push(...(await askDaemon(context, virsh, versions)));
  if (virsh !== undefined && versions['libvirt'] !== undefined && acceleration.accelerator === 'kvm')
    lacks.push(...(await askForKvm(context, virsh)));
  if (acceleration.accelerator === undefined && acceleration.finding !== 'qemu-missing') lacks.push({ lack: acceleration.why });
  return { ...unusable(lacks, acceleration), usable: lacks.length === 0, versions };
}

function unusable(lacks: readonly Lack[], { accelerator, why, cures }: Acceleration): VirtualHostState {
  const kinds = { kvm: 'hardware', tcg: 'emulated' } as const;
  const all = lacks.flatMap(({ cure }) => (cure === undefined ? [] : [cure]));
  return {
    usable: false,
    lacks: lacks.map(({ lack }) => lack),
    packages: [...new Set(lacks.flatMap(({ packages }) => packages ?? []))],
    cures: [...new Set([...all, ...(accelerator === 'tcg' ? cures : [])])],
    acceleration: accelerator === undefined ? 'none' : kinds[accelerator],
    accelerationWhy: why,
    versions: {},
  };
}

async function findAbsent(context: VagrantProbeContext): Promise<Lack[]> {
  const arm = context.architecture === 'arm64';
  const wanted = programs.map(([program, name]) =>
    arm && program === 'qemu-system-x86_64' ? (['qemu-system-aarch64', 'qemu-system-arm'] as const) : ([program, name] as const),
  );
  const missing = await Promise.all(wanted.map(([program]) => missingProgram(program, context.searchPath)));
  return wanted
    .filter((_, index) => missing[index] === true)
    .map(([program, name]): Lack => ({ lack: `${program} is not installed`, packages: [name] }));
}

/** The lack of a daemon, where none is installed. */
async function findDaemon(context: VagrantProbeContext): Promise<Lack[]> {
  const missing = await Promise.all(daemons.map((name) => missingProgram(name, context.searchPath)));
  return missing.includes(false) ? [] : [{ lack: 'libvirtd is not installed', packages: ['libvirt-daemon-system'] }];
}

/** Vagrant takes 1 to 3 s to list its plugins. Debian's is a `system` plugin; those of a user say `global` or `local`. */
async function findPlugin(context: VagrantProbeContext, vagrant: string): Promise<Lack | { readonly version: string }> {
  const answer = await ask(context, [vagrant, 'plugin', 'list'], 60_000);
  const version = /^vagrant-libvirt \((\d+(?:\.\d+)+)/m.exec(answer.stdout)?.[1];
  if (version !== undefined) return { version };
  if (answer.exitCode !== 0) return { lack: `vagrant could not list its plugins: ${answer.complaint}` };
  return { lack: 'the plugin vagrant-libvirt is not installed', packages: ['vagrant-libvirt'] };
}

const connect = ['-c', 'qemu:///system'] as const;

/** Whether libvirt answers this user, and whether machines find a place for their disks. Notes its version. */
async function askDaemon(context: VagrantProbeContext, virsh: string, versions: Record<string, string>): Promise<Lack[]> {
  const answer = await ask(context, [virsh, ...connect, 'version'], 30_000);
  if (answer.exitCode !== 0) return [await explainSilence(context, answer)];
  versions['libvirt'] = /^Using library: libvirt (\S+)/m.exec(answer.stdout)?.[1] ?? 'unknown';
  const pools = await ask(context, [virsh, ...connect, 'pool-list', '--all'], 30_000);
  if (pools.exitCode !== 0) return [{ lack: `libvirt can not list its storage pools: ${pools.complaint}` }];
  // Where there is none, vagrant-libvirt makes it; one that is there and not active it leaves as it is, and fails later.
  if (!/^\s*default\s+inactive\b/m.test(pools.stdout)) return [];
  return [{ lack: "libvirt's storage pool default is not active", cure: 'Run: virsh -c qemu:///system pool-start default' }];
}

async function explainSilence(context: VagrantProbeContext, answer: Answer): Promise<Lack> {
  const said = answer.stderr;
  if (/Permission denied|polkit|authentication (unavailable|failed|cancelled)|access denied/i.test(said))
    return {
      lack: 'libvirt does not let this user manage machines: it is not in the group libvirt',
      cure: 'Run: sudo usermod --append --groups libvirt USER, then log in again.',
    };
  if (/Unable to get system bus connection/.test(said))
    return {
      lack: 'libvirt can not ask whether this user may manage machines, as D-Bus does not run; root may',
      cure: 'Run as root.',
    };
  if (!/Failed to connect socket .*(No such file or directory|Connection refused)/.test(said))
    return { lack: `libvirt does not answer: ${answer.complaint}` };
  const systemd = await fileExists(context.systemd ?? '/run/systemd/system');
  const byHand = 'As root, as this host has no systemd, run: virtlogd -d; libvirtd -d';
  const absent = (await findDaemon(context))[0];
  if (absent !== undefined) return systemd ? absent : { ...absent, cure: byHand };
  return { lack: 'libvirtd does not run', cure: systemd ? 'Run: sudo systemctl enable --now libvirtd' : byHand };
}

/** Whether KVM is open to the user that libvirt runs QEMU as. libvirt starts QEMU several times to find out: up to a minute. */
async function askForKvm(context: VagrantProbeContext, virsh: string): Promise<Lack[]> {
  const answer = await ask(context, [virsh, ...connect, 'domcapabilities', '--virttype', 'kvm'], 120_000);
  if (answer.exitCode === 0) return [];
  if (!/KVM is not supported by/.test(answer.stderr))
    return [{ lack: `libvirt does not say whether it can use KVM: ${answer.complaint}` }];
  return [
    {
      lack: 'KVM works, but not for the user that libvirt runs QEMU as',
      cure: 'Let the group kvm open /dev/kvm, put that user in it (sudo usermod --append --groups kvm libvirt-qemu), and restart libvirtd.',
    },
  ];
}
