import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import semver from 'semver';
import type { Acceleration } from './acceleration.ts';
import { ask, findHostProgram, type VagrantProgram } from './vagrant-program.ts';
import type { Lack, VagrantProbeContext, VirtualHostState } from './virtual-host.ts';

/** The first Vagrant that drives a minor of VirtualBox; Vagrant refuses minors that it does not know. From its change log. */
const firstVagrant: Readonly<Record<string, string>> = { '7.1': '2.4.2', '7.2': '2.4.9' };

/** The first VirtualBox with guests on Apple's processors. */
const firstOnAppleSilicon = '7.1.0';

/** From here on VirtualBox asks KVM for the processor's virtualisation, and no longer takes it. VirtualBox's issue 711. */
const firstBesideKvm = '7.2.10';

/** Finds out whether Vagrant can run machines with VirtualBox, which has no emulation: without hardware they don't start. */
export async function probeVirtualBox(
  context: VagrantProbeContext,
  vagrant: VagrantProgram,
  acceleration: Acceleration,
): Promise<VirtualHostState> {
  const lacks: Lack[] = 'version' in vagrant ? [] : [{ lack: vagrant.lacks }];
  const packages = 'missing' in vagrant && vagrant.missing && context.platform === 'linux' ? ['vagrant'] : [];
  const versions: Record<string, string> = 'version' in vagrant ? { vagrant: vagrant.version } : {};
  const found = await findVirtualBox(context);
  if (!('version' in found)) return toProbe([...lacks, found], packages, versions, noHardware(found.lack));
  versions['virtualbox'] = found.version;
  lacks.push(...found.lacks, ...checkVersions(context, found.version, 'version' in vagrant ? vagrant.version : undefined));
  if (context.platform === 'linux') lacks.push(...(await checkKvm(context, found.version)));
  const hardware = trust(await askForHardware(context, found.program), acceleration);
  if (!hardware.works) lacks.push({ lack: hardware.why });
  return toProbe(lacks, packages, versions, hardware);
}

interface Hardware {
  readonly works: boolean;
  readonly why: string;
}

/** KVM having failed in a guest outweighs what VirtualBox reads off the processor: both need the same of it. */
function trust(hardware: Hardware, { finding, why }: Acceleration): Hardware {
  const broken = finding === 'kvm-hangs' || finding === 'kvm-slow' || finding === 'kvm-fails';
  return hardware.works && broken ? noHardware(`hardware virtualisation is there and of no use: ${why}`) : hardware;
}

function noHardware(why: string): Hardware {
  return { works: false, why };
}

function toProbe(
  lacks: readonly Lack[],
  packages: readonly string[],
  versions: Readonly<Record<string, string>>,
  hardware: Hardware,
): VirtualHostState {
  return {
    usable: lacks.length === 0,
    lacks: lacks.map(({ lack }) => lack),
    packages,
    cures: lacks.flatMap(({ cure }) => (cure === undefined ? [] : [cure])),
    acceleration: hardware.works ? 'hardware' : 'none',
    accelerationWhy: hardware.why,
    versions,
  };
}

type Found = { readonly program: string; readonly version: string; readonly lacks: readonly Lack[] };

async function findVirtualBox(context: VagrantProbeContext): Promise<Found | Lack> {
  const program = context.vboxManage ?? (await findHostProgram('VBoxManage', context));
  if (program === undefined)
    return { lack: 'VirtualBox is not installed', cure: 'Install VirtualBox from https://www.virtualbox.org.' };
  const answer = await ask(context, [program, '--version'], 60_000);
  // A warning of some lines may come before it: "7.0.20_Debianr163906", "7.1.6r167084".
  const version = /^(\d+\.\d+\.\d+)\S*r\d+\s*$/m.exec(answer.stdout)?.[1];
  const said = `${answer.stdout}\n${answer.stderr}`;
  const lacks: Lack[] = /vboxdrv kernel module is not loaded|\/dev\/vboxdrv does not exist/.test(said)
    ? [{ lack: "VirtualBox's kernel module vboxdrv is not loaded", cure: 'Run: sudo /sbin/vboxconfig' }]
    : [];
  if (version !== undefined) return { program, version, lacks };
  return lacks[0] ?? { lack: `VBoxManage does not start: ${answer.complaint || 'it gives no version'}` };
}

function checkVersions({ platform, architecture }: VagrantProbeContext, version: string, vagrant: string | undefined): Lack[] {
  const lacks: Lack[] = [];
  if (architecture === 'arm64' && platform !== 'darwin') lacks.push({ lack: 'kubelab drives VirtualBox on arm64 on macOS only' });
  if (architecture === 'arm64' && platform === 'darwin' && semver.lt(version, firstOnAppleSilicon))
    lacks.push({
      lack: `VirtualBox ${version} has no machines for Apple's processors; 7.1 has`,
      cure: 'Install VirtualBox 7.1 or newer.',
    });
  const needed = firstVagrant[`${semver.major(version)}.${semver.minor(version)}`];
  const known = semver.coerce(vagrant);
  if (needed !== undefined && known !== null && semver.lt(known, needed))
    lacks.push({
      lack: `Vagrant ${vagrant} does not know VirtualBox ${version}`,
      cure: `Install Vagrant ${needed} or newer, or VirtualBox 7.0.`,
    });
  return lacks;
}

/** KVM and VirtualBox share a processor's virtualisation badly; what fails is the start of the first machine. */
async function checkKvm(context: VagrantProbeContext, version: string): Promise<Lack[]> {
  const folder = context.modules ?? '/sys/module';
  const read = (name: string): Promise<string | undefined> =>
    readFile(join(folder, name), 'utf8').then(
      (text) => text.trim(),
      () => undefined,
    );
  const atLoad = await read('kvm/parameters/enable_virt_at_load');
  const module = ['kvm_intel', 'kvm_amd'].find((name) => existsSync(join(folder, name)));
  if (module === undefined) return [];
  const error = module === 'kvm_intel' ? 'VERR_VMX_IN_VMX_ROOT_MODE' : 'VERR_SVM_IN_USE';
  const cure = `Run: sudo modprobe -r ${module} kvm`;
  if (semver.gte(version, firstBesideKvm)) {
    if (atLoad !== 'N') return [];
    return [
      { lack: `VirtualBox ${version} needs the option enable_virt_at_load of the module kvm, which is switched off here`, cure },
    ];
  }
  if (atLoad === 'Y')
    return [{ lack: `KVM holds the processor's virtualisation, and VirtualBox ${version} can't share it (${error})`, cure }];
  // What is built in has no count of its users.
  if (['0', undefined].includes(await read(`${module}/refcnt`))) return [];
  return [{ lack: `machines of KVM run, and VirtualBox ${version} can't run beside them (${error})`, cure: 'Stop them.' }];
}

async function askForHardware(context: VagrantProbeContext, program: string): Promise<Hardware> {
  const answer = await ask(context, [program, 'list', 'hostinfo'], 60_000);
  const supports = /^Processor supports HW virtualization:\s*(yes|no)\s*$/m.exec(answer.stdout)?.[1];
  if (supports === 'yes') return { works: true, why: 'VirtualBox finds hardware virtualisation' };
  if (supports === 'no') return noHardware('VirtualBox finds no hardware virtualisation');
  if (answer.exitCode === 0 && context.platform === 'darwin' && context.architecture === 'arm64')
    return { works: true, why: "Apple's processors all have hardware virtualisation" };
  return noHardware(
    `VirtualBox does not say whether it has hardware virtualisation${answer.complaint && `: ${answer.complaint}`}`,
  );
}
