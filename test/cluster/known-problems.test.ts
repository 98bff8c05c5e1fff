import { describe, expect, it } from 'vitest';
import { knownProblems, recognise } from '../../src/cluster/known-problems.ts';
import { CommandFailed, KubelabError } from '../../src/errors/errors.ts';

/** What the tools really printed, by the code that it must lead to. */
const recorded = [
  ['KL-HOST-DISK-FULL', "cp: error writing '/tree/usr/bin/kubelet': No space left on device"],
  ['KL-HOST-DISK-FULL', 'go: writing stat cache: write /root/go/pkg/mod/cache: no space left on device'],
  ['KL-HOST-ROOT', 'sudo: a password is required'],
  [
    'KL-HOST-PORT',
    'error execution phase preflight: [preflight] Some fatal errors occurred:\n\t[ERROR Port-6443]: Port 6443 is in use',
  ],
  [
    'KL-HOST-LIBVIRT',
    "Error while connecting to Libvirt: Error making a connection to libvirt URI qemu:///system:\nCall to virConnectOpen failed: Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory",
  ],
  [
    'KL-HOST-LIBVIRT',
    "error: failed to connect to the hypervisor\nerror: Failed to connect socket to '/var/run/libvirt/libvirt-sock': Permission denied",
  ],
  ['KL-HOST-VIRTUALISATION', 'Stderr: VBoxManage: error: VT-x is being used by another hypervisor (VERR_VMX_IN_VMX_ROOT_MODE).'],
  [
    'KL-HOST-VIRTUALISATION',
    'Stderr: VBoxManage.exe: error: Not in a hypervisor partition (HVP=0) (VERR_NEM_NOT_AVAILABLE).\nVBoxManage.exe: error: VT-x is disabled in the BIOS for all CPU modes (VERR_VMX_MSR_ALL_VMX_DISABLED)',
  ],
  ['KL-HOST-VIRTUALISATION', 'VBoxManage.exe: error: VT-x is not available (VERR_VMX_NO_VMX)'],
  ['KL-NET-VIRTUALBOX', 'The IP address configured for the host-only network is not within the'],
  ['KL-NET-CLASH', 'Call to virNetworkCreate failed: internal error Network is already in use by interface virbr1'],
  ['KL-NET-CLASH', 'The specified host network collides with a non-hostonly network!'],
  ['KL-MACHINE-STRAY', 'Name `kubelab-study-1a2b3c-control1` of domain about to create is already taken. Please try to run'],
  ['KL-MACHINE-STRAY', "A VirtualBox machine with the name 'kubelab-study-1a2b3c-control1' already exists."],
  ['KL-BOX-MISSING', "The box 'kubelab/node' could not be found or"],
  ['KL-BOX-MISSING', "Couldn't open file /boxes/none.box"],
  ['KL-HOST-KERNEL', "mount: /merged: unknown filesystem type 'overlay'."],
  ['KL-HOST-KERNEL', 'VirtualBox is complaining that the kernel module is not loaded. Please'],
  ['KL-HOST-KERNEL', 'VBoxManage: error: The virtual machine could not start (VERR_VM_DRIVER_NOT_INSTALLED)'],
  ['KL-MACHINE-STRAY', 'is reporting another VM with that name already exists. Most of the'],
  ['KL-HOST-KERNEL', 'RTNETLINK answers: Operation not supported'],
] as const;

function failure(stderr: string): CommandFailed {
  return new CommandFailed({
    command: ['sh', 'fill-tree.sh', '/tree'],
    place: 'host',
    exitCode: 1,
    timedOut: false,
    stdout: '',
    stderr,
    message: 'it ended with exit code 1',
  });
}

describe('known problems', () => {
  it.each(recorded)('gives %s for %s', (code, stderr) => {
    const error = recognise(failure(`some line before\n${stderr}\nsome line after`));
    expect(error).toBeInstanceOf(KubelabError);
    expect((error as KubelabError).code).toBe(code);
    expect((error as KubelabError).message).toContain((stderr.split('\n').at(-1) ?? '').trim());
  });

  it('has a recorded text for every code in the table', () => {
    expect(new Set(knownProblems.map(({ code }) => code))).toEqual(new Set(recorded.map(([code]) => code)));
  });

  it('leaves other failures as they are', () => {
    const other = failure('Segmentation fault');
    expect(recognise(other)).toBe(other);
    const bug = new TypeError('x is not a function');
    expect(recognise(bug)).toBe(bug);
  });
});
