import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localRunner } from '../../src/exec/local.ts';
import { probeVagrantHost, type VagrantHostProbe } from '../../src/providers/vagrant/host-probe.ts';
import type { VagrantProbeContext } from '../../src/providers/vagrant/virtual-host.ts';
import { createFakeTools, type FakeTool, type FakeTools } from '../rig/fake-tool.ts';

const libvirtVersion = `Compiled against library: libvirt 9.0.0
Using library: libvirt 9.0.0
Using API: QEMU 9.0.0
Running hypervisor: QEMU 7.2.22

`;
const pools = (row: string): string => ` Name           State    Autostart
------------------------------------
${row}
`;
const hostInfo = `Host Information:

Processor count: 20
Processor supports HW virtualization: yes
Processor supports long mode: yes
Processor supports nested paging: yes
`;
const noVboxdrv = `WARNING: The vboxdrv kernel module is not loaded. Either there is no module
         available for the current kernel (5.15.167.4-microsoft-standard-WSL2) or it failed to
         load. Please recompile the kernel module and install it by

           sudo /sbin/vboxconfig

         You will not be able to start VMs until this problem is fixed.
`;
const noConnection = (why: string): string => `error: failed to connect to the hypervisor\nerror: ${why}\n`;

type ToolName = 'vagrant' | 'virsh' | 'qemu-system-x86_64' | 'VBoxManage';

let tools: FakeTools;
let folder: string;
let fakes: Record<ToolName, FakeTool>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubelab-vagrant-'));
  await fill([]);
});

afterEach(async () => {
  await tools.remove();
  await rm(folder, { recursive: true, force: true });
});

/** A host where everything works, but for the programs left out. */
async function fill(without: readonly string[]): Promise<void> {
  tools = await createFakeTools();
  const add = async (name: string): Promise<FakeTool> => (without.includes(name) ? noTool : tools.add(name));
  for (const name of ['qemu-img', 'dnsmasq', 'ssh', 'libvirtd']) await add(name);
  fakes = {
    vagrant: await add('vagrant'),
    virsh: await add('virsh'),
    'qemu-system-x86_64': await add('qemu-system-x86_64'),
    VBoxManage: await add('VBoxManage'),
  };
  fakes.vagrant.answer(['--version'], { stdout: 'Vagrant 2.3.4\n' });
  fakes.vagrant.answer(['plugin', 'list'], { stdout: 'vagrant-libvirt (0.11.2, system)\n' });
  fakes.virsh.answer(['-c', 'qemu:///system', 'version'], { stdout: libvirtVersion });
  fakes.virsh.answer(['-c', 'qemu:///system', 'pool-list', '--all'], { stdout: pools(' default-pool   active   no') });
  fakes.virsh.answer(['-c', 'qemu:///system', 'domcapabilities', '--virttype', 'kvm'], { stdout: '<domainCapabilities/>\n' });
  fakes['qemu-system-x86_64'].answer(['--version'], { stdout: 'QEMU emulator version 10.0.3 (Debian 1:10.0.3+ds-0+deb13u1)\n' });
  fakes['qemu-system-x86_64'].answer(/-accel (kvm|tcg) /, { stdout: 'rlcmsi', exitCode: 33 });
  fakes.VBoxManage.answer(['--version'], { stdout: '7.0.20_Debianr163906\n' });
  fakes.VBoxManage.answer(['list', 'hostinfo'], { stdout: hostInfo });
}

const noTool: FakeTool = { calls: [], unexpected: [], answer: () => {} };

async function refill(without: readonly string[]): Promise<void> {
  await tools.remove();
  await fill(without);
}

async function probe(changes: Partial<VagrantProbeContext> = {}): Promise<VagrantHostProbe> {
  return probeVagrantHost({
    runner: localRunner(),
    signal: new AbortController().signal,
    searchPath: tools.folder,
    platform: 'linux',
    architecture: 'x64',
    folder,
    deadline: 15_000,
    modules: join(folder, 'modules'),
    systemd: join(folder, 'systemd'),
    ...changes,
  });
}

function breakKvm(): void {
  const stderr = 'qemu-system-x86_64: -accel kvm: failed to initialize kvm: No such file or directory\n';
  fakes['qemu-system-x86_64'].answer(/-accel kvm /, { stderr, exitCode: 1 });
}

async function modules(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, 'modules', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

describe('a host where everything is there', () => {
  it('runs machines with both', async () => {
    const { libvirt, virtualbox, acceleration } = await probe();
    expect(acceleration.finding).toBe('kvm-works');
    expect(libvirt).toMatchObject({
      usable: true,
      lacks: [],
      packages: [],
      acceleration: 'hardware',
      versions: { vagrant: '2.3.4', 'vagrant-libvirt': '0.11.2', libvirt: '9.0.0', qemu: '10.0.3' },
      capabilities: { isolation: 'strong', kernelNfs: true, internet: true, cgroupVersion: 2, differences: [], slowness: 1 },
    });
    expect(virtualbox).toMatchObject({ usable: true, lacks: [], acceleration: 'hardware', versions: { virtualbox: '7.0.20' } });
    expect(Object.values(fakes).flatMap(({ unexpected }) => unexpected)).toEqual([]);
  });

  it('emulates where KVM does not work, and says what that means', async () => {
    breakKvm();
    const { libvirt } = await probe();
    expect(libvirt).toMatchObject({ usable: true, acceleration: 'emulated' });
    expect(libvirt.capabilities.differences.join()).toContain('ten times slower');
    expect(libvirt.capabilities.slowness).toBe(5);
    expect(libvirt.accelerationWhy).toContain('no KVM');
  });
});

describe('what libvirt may lack', () => {
  it('is programs, whose packages are named', async () => {
    await refill(['vagrant', 'virsh', 'qemu-system-x86_64', 'qemu-img']);
    const { libvirt } = await probe();
    expect(libvirt).toMatchObject({ usable: false, acceleration: 'none' });
    expect(libvirt.packages).toEqual(expect.arrayContaining(['vagrant', 'libvirt-clients', 'qemu-system-x86', 'qemu-utils']));
    expect(libvirt.lacks).toContain('virsh is not installed');
  });

  it('is the plugin', async () => {
    fakes.vagrant.answer(['plugin', 'list'], { stdout: 'No plugins installed.\n' });
    expect((await probe()).libvirt).toMatchObject({
      usable: false,
      lacks: ['the plugin vagrant-libvirt is not installed'],
      packages: ['vagrant-libvirt'],
    });
  });

  it('is a Vagrant that starts', async () => {
    fakes.vagrant.answer(['--version'], {
      stderr: '/usr/bin/vagrant: cannot load such file -- vagrant (LoadError)\n',
      exitCode: 1,
    });
    const { libvirt, virtualbox } = await probe();
    expect(libvirt.lacks).toEqual([expect.stringContaining('LoadError')]);
    expect(virtualbox.lacks).toEqual([expect.stringContaining('LoadError')]);
  });

  it.each([
    { systemd: true, cure: 'systemctl enable --now libvirtd' },
    { systemd: false, cure: 'virtlogd -d; libvirtd -d' },
  ])('is a daemon that runs, systemd: $systemd', async ({ systemd, cure }) => {
    if (systemd) await mkdir(join(folder, 'systemd'));
    const stderr = noConnection("Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory");
    fakes.virsh.answer(['-c', 'qemu:///system', 'version'], { stderr, exitCode: 1 });
    const { libvirt } = await probe();
    expect(libvirt).toMatchObject({ usable: false, lacks: ['libvirtd does not run'] });
    expect(libvirt.cures.join()).toContain(cure);
  });

  it('is a daemon that is installed', async () => {
    await refill(['libvirtd']);
    const stderr = noConnection("Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory");
    fakes.virsh.answer(['-c', 'qemu:///system', 'version'], { stderr, exitCode: 1 });
    const { libvirt } = await probe();
    // Where libvirt is installed for real, its daemon lies in /usr/sbin, which is looked at too.
    const installed = existsSync('/usr/sbin/libvirtd') || existsSync('/usr/sbin/virtqemud');
    expect(libvirt.lacks).toEqual([installed ? 'libvirtd does not run' : 'libvirtd is not installed']);
    expect(libvirt.packages).toEqual(installed ? [] : ['libvirt-daemon-system']);
  });

  it('is a Vagrant that can list its plugins', async () => {
    // Vagrant 2.3.4, run by a user whose home folder can not be written.
    const stderr = `Vagrant failed to initialize at a very early stage:

The home directory you specified is not accessible. The home
directory that Vagrant uses must be both readable and writable.
`;
    fakes.vagrant.answer(['plugin', 'list'], { stderr, exitCode: 1 });
    expect((await probe()).libvirt.lacks).toEqual([expect.stringContaining('very early stage: The home directory')]);
  });

  it.each([
    "Failed to connect socket to '/var/run/libvirt/libvirt-sock': Permission denied",
    "authentication unavailable: no polkit agent available to authenticate action 'org.libvirt.unix.manage'",
  ])('is leave for this user: %s', async (why) => {
    fakes.virsh.answer(['-c', 'qemu:///system', 'version'], { stderr: noConnection(why), exitCode: 1 });
    const { libvirt } = await probe();
    expect(libvirt.lacks).toEqual([expect.stringContaining('not in the group libvirt')]);
    expect(libvirt.cures.join()).toContain('usermod --append --groups libvirt');
  });

  it('is D-Bus, without which libvirt lets only root in', async () => {
    const why = 'internal error: Unable to get system bus connection: Could not connect: No such file or directory';
    fakes.virsh.answer(['-c', 'qemu:///system', 'version'], { stderr: noConnection(why), exitCode: 1 });
    expect((await probe()).libvirt.lacks).toEqual([expect.stringContaining('D-Bus does not run; root may')]);
  });

  it('is a reason that nobody foresaw, in its own words', async () => {
    const stderr = noConnection('internal error: no QEMU driver');
    fakes.virsh.answer(['-c', 'qemu:///system', 'version'], { stderr, exitCode: 1 });
    expect((await probe()).libvirt.lacks).toEqual(['libvirt does not answer: internal error: no QEMU driver']);
  });

  it('is a storage pool that is active', async () => {
    fakes.virsh.answer(['-c', 'qemu:///system', 'pool-list'], { stdout: pools(' default        inactive   no') });
    const { libvirt } = await probe();
    expect(libvirt).toMatchObject({ usable: false, lacks: ["libvirt's storage pool default is not active"] });
    expect(libvirt.cures.join()).toContain('pool-start default');
  });

  it('is KVM for its own user', async () => {
    const stderr =
      "error: failed to get emulator capabilities\nerror: invalid argument: KVM is not supported by '/usr/bin/qemu-system-x86_64' on this host\n";
    fakes.virsh.answer(['-c', 'qemu:///system', 'domcapabilities'], { stderr, exitCode: 1 });
    expect((await probe()).libvirt.lacks).toEqual(['KVM works, but not for the user that libvirt runs QEMU as']);
  });

  it('is a QEMU that works', async () => {
    fakes['qemu-system-x86_64'].answer(/-accel/, { stderr: "qemu: could not load PC BIOS 'bios-256k.bin'\n", exitCode: 1 });
    expect((await probe()).libvirt).toMatchObject({ usable: false, lacks: ['QEMU does not even run its own emulation'] });
  });

  it('is Linux', async () => {
    expect((await probe({ platform: 'darwin' })).libvirt).toMatchObject({ usable: false, acceleration: 'none' });
  });
});

describe('what VirtualBox may lack', () => {
  it('is all of it, and Vagrant', async () => {
    await refill(['VBoxManage', 'vagrant']);
    const { virtualbox } = await probe();
    expect(virtualbox).toMatchObject({
      usable: false,
      lacks: ['vagrant is not installed', 'VirtualBox is not installed'],
      packages: ['vagrant'],
    });
  });

  it('is its kernel module', async () => {
    fakes.VBoxManage.answer(['--version'], { stdout: `${noVboxdrv}7.0.22r165102\n` });
    const { virtualbox } = await probe();
    expect(virtualbox.lacks).toEqual(["VirtualBox's kernel module vboxdrv is not loaded"]);
    expect(virtualbox.versions['virtualbox']).toBe('7.0.22');
  });

  it('is hardware virtualisation', async () => {
    fakes.VBoxManage.answer(['list', 'hostinfo'], {
      stdout: hostInfo.replace('HW virtualization: yes', 'HW virtualization: no'),
    });
    expect((await probe()).virtualbox).toMatchObject({ usable: false, acceleration: 'none' });
  });

  it.each([
    { module: 'kvm_intel', atLoad: 'Y', users: '0', says: 'VERR_VMX_IN_VMX_ROOT_MODE' },
    { module: 'kvm_amd', atLoad: 'Y', users: '0', says: 'VERR_SVM_IN_USE' },
    { module: 'kvm_intel', atLoad: 'N', users: '3', says: 'machines of KVM run' },
  ])('is a processor that $module does not hold: $says', async ({ module, atLoad, users, says }) => {
    await modules({ 'kvm/parameters/enable_virt_at_load': `${atLoad}\n`, [`${module}/refcnt`]: `${users}\n` });
    expect((await probe()).virtualbox.lacks).toEqual([expect.stringContaining(says)]);
  });

  it('is not KVM that is loaded and idle, nor KVM that VirtualBox asks', async () => {
    await modules({ 'kvm/parameters/enable_virt_at_load': 'N\n', 'kvm_intel/refcnt': '0\n' });
    expect((await probe()).virtualbox.usable).toBe(true);
    await modules({ 'kvm/parameters/enable_virt_at_load': 'Y\n' });
    fakes.vagrant.answer(['--version'], { stdout: 'Vagrant 2.4.9\n' });
    fakes.VBoxManage.answer(['--version'], { stdout: '7.2.10r175200\n' });
    expect((await probe()).virtualbox).toMatchObject({ usable: true, lacks: [] });
  });

  it('is a Vagrant that knows it', async () => {
    fakes.VBoxManage.answer(['--version'], { stdout: '7.1.6r167084\n' });
    expect((await probe()).virtualbox.lacks).toEqual(['Vagrant 2.3.4 does not know VirtualBox 7.1.6']);
  });

  it("is support for Apple's processors", async () => {
    const apple = { platform: 'darwin', architecture: 'arm64' };
    expect((await probe(apple)).virtualbox.lacks).toEqual([expect.stringContaining('7.1 has')]);
    fakes.vagrant.answer(['--version'], { stdout: 'Vagrant 2.4.3\n' });
    fakes.VBoxManage.answer(['--version'], { stdout: '7.1.6r167084\n' });
    expect((await probe(apple)).virtualbox).toMatchObject({ usable: true, acceleration: 'hardware' });
  });

  it('is not believed where KVM showed that the processor does not virtualise after all', async () => {
    fakes['qemu-system-x86_64'].answer(/-accel kvm /, { stdout: 'r', delay: 'forever' });
    const { virtualbox, acceleration } = await probe({ deadline: 300 });
    expect(acceleration.finding).toBe('kvm-hangs');
    expect(virtualbox).toMatchObject({ usable: false, acceleration: 'none' });
    expect(virtualbox.lacks).toEqual([expect.stringContaining('there and of no use: KVM is there and hangs')]);
    // Where KVM is only not loaded, as those who use VirtualBox often have it, nothing speaks against it.
    breakKvm();
    expect((await probe()).virtualbox).toMatchObject({ usable: true, acceleration: 'hardware' });
  });
});
