import { CommandFailed, KubelabError } from '../errors/errors.ts';
import type { ErrorCode } from '../errors/catalogue.ts';

/** What a tool says when something well known is wrong, and the error that names its cure. */
export interface KnownProblem {
  readonly code: ErrorCode;
  /** In the tool's own words; matched against its output line by line. */
  readonly says: RegExp;
}

/** In the order of looking: what causes others comes first. */
export const knownProblems: readonly KnownProblem[] = [
  { code: 'KL-HOST-DISK-FULL', says: /no space left on device/i },
  { code: 'KL-HOST-LIBVIRT', says: /Failed to connect socket to '[^']*libvirt[^']*': / },
  {
    code: 'KL-HOST-VIRTUALISATION',
    says: /\((?:VERR_VMX_(?:IN_VMX_ROOT_MODE|NO_VMX|MSR_ALL_VMX_DISABLED)|VERR_SVM_(?:IN_USE|NO_SVM|DISABLED|HOST_SVME_NOT_ENABLED))\)|Could not access KVM kernel module/,
  },
  { code: 'KL-NET-VIRTUALBOX', says: /The IP address configured for the host-only network is not within the/ },
  {
    code: 'KL-NET-CLASH',
    says: /Network is already in use by interface|The specified host network collides with a non-hostonly network/,
  },
  {
    code: 'KL-MACHINE-STRAY',
    says: /Name `[^`]*` of domain about to create is already taken|A VirtualBox machine with the name '[^']*' already exists|is reporting another VM with that name already exists/,
  },
  { code: 'KL-BOX-MISSING', says: /^The box '[^']*' (?:could not be found or|does not exist)|^Couldn't open file .*\.box/ },
  { code: 'KL-HOST-ROOT', says: /^sudo: (a password is required|a terminal is required|.* is not allowed to)/ },
  { code: 'KL-HOST-PORT', says: /\[ERROR Port-\d+\]: Port \d+ is in use|bind: address already in use/ },
  {
    code: 'KL-HOST-KERNEL',
    says: /unknown filesystem type|RTNETLINK answers: Operation not supported|can't initialize iptables table|VirtualBox is complaining that the kernel module is not loaded|\(VERR_VM_DRIVER_\w+\)/i,
  },
];

/** The error with a name and a cure, where the failure of a tool is a known one; otherwise the failure as it is. */
export function recognise(error: unknown): unknown {
  if (!(error instanceof CommandFailed)) return error;
  const lines = `${error.stderr}\n${error.stdout}`.split('\n');
  for (const { code, says } of knownProblems) {
    const line = lines.find((candidate) => says.test(candidate));
    if (line !== undefined)
      return new KubelabError(code, `${error.place}: ${line.trim().slice(0, 300)}`, {
        details: [`while running: ${error.command.slice(0, 3).join(' ')}`],
        cause: error,
      });
  }
  return error;
}
