import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import semver from 'semver';
import { CommandFailed } from '../../errors/errors.ts';
import type { Milliseconds, Runner, RunResult } from '../../exec/runner.ts';
import { findProgram } from '../../exec/search-path.ts';
import { guestDevices, guestExitCode, guestStages, tinyGuest } from './tiny-guest.ts';

/** Permanent names of what a probe can find. */
export type AccelerationFinding =
  /** KVM ran the tiny guest at full speed. */
  | 'kvm-works'
  /** The kernel offers no KVM. */
  | 'kvm-absent'
  /** KVM is there and this user may not use it. */
  | 'kvm-denied'
  /** KVM refused or broke the guest, and said so. */
  | 'kvm-fails'
  /** The guest stopped on the way, without a word, until the deadline. Where KVM is slow and the host busy, this is said, too. */
  | 'kvm-hangs'
  /** The guest ran so slowly that its loop did not end by the deadline: KVM interprets its instructions. */
  | 'kvm-slow'
  | 'qemu-missing'
  /** QEMU is installed, and not even its emulation runs the guest. */
  | 'qemu-broken'
  | 'not-probed';

export interface Acceleration {
  /** What machines can run with; undefined where nothing works or nothing was tried. */
  readonly accelerator: 'kvm' | 'tcg' | undefined;
  readonly finding: AccelerationFinding;
  /** One sentence, for people. */
  readonly why: string;
  /** What was seen, one sentence each. */
  readonly details: readonly string[];
  /** What helps, one sentence each; empty where nothing is known to. */
  readonly cures: readonly string[];
  readonly qemu: { readonly version: string } | undefined;
}

export interface AccelerationContext {
  /** Runs as the user who will start machines. */
  readonly runner: Runner;
  /** The same as root. Asked only where this user may not open KVM, which libvirt's own user may all the same. */
  readonly root?: Runner;
  readonly signal: AbortSignal;
  /** PATH of the environment. */
  readonly searchPath: string;
  readonly platform: string;
  readonly architecture: string;
  /** An existing folder; the guest's disk is there while it runs. */
  readonly folder: string;
  /** What one boot of the guest may take. It takes about 0.2 s with KVM and 0.4 s without. Default 5000. */
  readonly deadline?: Milliseconds;
  /** Looked at for its group and mode, and only once QEMU said that it may not be opened. Default /dev/kvm. */
  readonly kvmDevice?: string;
}

type Boot =
  | { readonly kind: 'ran'; readonly milliseconds: Milliseconds }
  | { readonly kind: 'failed'; readonly said: string }
  | { readonly kind: 'stopped'; readonly reached: string; readonly said: string };

const program = 'qemu-system-x86_64';
const defaultDeadline: Milliseconds = 5_000;
/** Booting the same two machines took it under half of the time that 7.2 took. */
const fastEmulation = '10.0.0';

/**
 * Finds out which accelerator really works, by booting a tiny guest: /dev/kvm can be there and be of no use.
 * @throws Interrupted when the signal was aborted.
 */
export async function probeAcceleration(context: AccelerationContext): Promise<Acceleration> {
  const reason = reasonNotToProbe(context);
  if (reason !== undefined) return answer(undefined, 'not-probed', reason);
  const qemu = await findProgram(program, context.searchPath);
  if (qemu === undefined)
    return answer(undefined, 'qemu-missing', 'QEMU is not installed', { cures: ['Install qemu-system-x86.'] });
  const version = await readVersion(qemu, context);
  if ('said' in version) return answer(undefined, 'qemu-broken', `QEMU does not start: ${version.said}`);
  const folder = await mkdtemp(join(context.folder, 'tiny-guest-'));
  try {
    await writeFile(join(folder, 'guest.img'), tinyGuest());
    return await judge({ ...context, qemu, folder }, version);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function reasonNotToProbe({ platform, architecture }: AccelerationContext): string | undefined {
  if (platform === 'darwin')
    return 'not probed: macOS accelerates machines by its own hypervisor (hvf), and kubelab boots none with QEMU there';
  if (platform === 'win32')
    return 'not probed: Windows accelerates machines by its own hypervisor (hyperv), and kubelab boots none with QEMU there';
  if (platform !== 'linux') return `not probed: kubelab knows no accelerator on ${platform}`;
  if (architecture !== 'x64') return `not probed: the guest that tells is for x86_64 processors, and this one is ${architecture}`;
  return undefined;
}

interface BootContext extends AccelerationContext {
  readonly qemu: string;
}

async function judge(context: BootContext, qemu: { readonly version: string }): Promise<Acceleration> {
  const withKvm = await boot(context, 'kvm', context.runner);
  if (withKvm.kind === 'ran') return kvmWorks(withKvm.milliseconds, qemu, []);
  const problem = nameProblem(withKvm);
  if (problem.finding === 'kvm-denied' && context.root !== undefined) {
    const asRoot = await boot(context, 'kvm', context.root);
    if (asRoot.kind === 'ran') return kvmWorks(asRoot.milliseconds, qemu, ['this user may not open /dev/kvm; root may']);
  }
  const { why, cures } = problem.finding === 'kvm-denied' ? await explainDenied(context) : problem;
  const seen = withKvm.said === '' ? [] : [`with KVM, QEMU said: ${withKvm.said}`];
  const withoutKvm = await boot(context, 'tcg', context.runner);
  if (withoutKvm.kind !== 'ran') {
    const details = [describe('with KVM', withKvm), describe('without KVM', withoutKvm)];
    return answer(undefined, 'qemu-broken', 'QEMU does not even run its own emulation', { qemu, details });
  }
  return answer('tcg', problem.finding, why, {
    qemu,
    cures,
    details: [
      ...seen,
      `QEMU ${qemu.version} emulates: the guest took ${withoutKvm.milliseconds} ms`,
      ...emulationSpeed(qemu.version),
    ],
  });
}

/** The version of the QEMU that runs machines here; undefined where there is none that says so. */
export async function findQemuVersion(context: AccelerationContext): Promise<string | undefined> {
  const qemu = await findProgram(program, context.searchPath);
  const answer = qemu === undefined ? undefined : await readVersion(qemu, context);
  return answer !== undefined && 'version' in answer ? answer.version : undefined;
}

/** What is known of the speed of a version's emulation (TCG), as sentences. */
export function emulationSpeed(version: string): string[] {
  const parsed = semver.coerce(version);
  if (parsed === null || semver.gte(parsed, fastEmulation)) return [];
  return [`QEMU ${version} is older than 10: QEMU 10 boots an emulated machine in less than half of the time that 7.2 takes`];
}

function kvmWorks(milliseconds: Milliseconds, qemu: { readonly version: string }, details: readonly string[]): Acceleration {
  return answer('kvm', 'kvm-works', `KVM works: it ran a guest at full speed, in ${milliseconds} ms`, { qemu, details });
}

function answer(
  accelerator: Acceleration['accelerator'],
  finding: AccelerationFinding,
  why: string,
  rest: Partial<Pick<Acceleration, 'details' | 'cures' | 'qemu'>> = {},
): Acceleration {
  return { accelerator, finding, why, details: rest.details ?? [], cures: rest.cures ?? [], qemu: rest.qemu };
}

async function readVersion(qemu: string, context: AccelerationContext): Promise<{ version: string } | { said: string }> {
  const result = await context.runner
    .run([qemu, '--version'], { timeout: 10_000, signal: context.signal, accept: 'any' })
    .catch(asFailure);
  const version = /^QEMU emulator version (\d+(?:\.\d+)+)/m.exec(result.stdout)?.[1];
  return version === undefined ? { said: firstLine(result.stderr) || 'it gives no version' } : { version };
}

async function boot(context: BootContext, accelerator: 'kvm' | 'tcg', runner: Runner): Promise<Boot> {
  const machine = ['-machine', 'pc', '-accel', accelerator, '-cpu', 'max', '-m', '16', '-nodefaults', '-no-user-config'];
  const disk = ['-drive', 'format=raw,file=guest.img'];
  const result = await runner
    .run([context.qemu, ...machine, '-no-reboot', '-display', 'none', ...guestDevices, ...disk], {
      timeout: context.deadline ?? defaultDeadline,
      signal: context.signal,
      // As a path in -drive, a comma in the folder's name would have to be written twice.
      cwd: context.folder,
      env: { LC_ALL: 'C' },
      accept: 'any',
    })
    .catch(asFailure);
  const reached = guestStages.filter(({ letter }) => result.stdout.includes(letter)).map(({ letter }) => letter);
  const said = result.stderr.split('\n').filter((line) => line.trim() !== '' && !/terminating on signal/.test(line));
  if (result.exitCode === guestExitCode && reached.length === guestStages.length)
    return { kind: 'ran', milliseconds: result.milliseconds };
  if (result.exitCode === timedOut) return { kind: 'stopped', reached: reached.join(''), said: said.join('; ') };
  return { kind: 'failed', said: said.join('; ') || `it ended with exit code ${result.exitCode} after "${reached.join('')}"` };
}

/** Stands for an exit code where the deadline ended the command. */
const timedOut = -1;

function asFailure(error: unknown): RunResult {
  if (!(error instanceof CommandFailed)) throw error;
  const exitCode = error.timedOut ? timedOut : (error.commandExitCode ?? 127);
  return { exitCode, stdout: error.stdout, stderr: error.stderr || error.message, milliseconds: 0 };
}

interface Problem {
  readonly finding: AccelerationFinding;
  readonly why: string;
  readonly cures: readonly string[];
}

/** What QEMU's words and the letters of the guest say about KVM. The words are those of QEMU 7.2 and 10. */
function nameProblem(boot: Exclude<Boot, { kind: 'ran' }>): Problem {
  const enable =
    'Switch on virtualisation (VT-x, AMD-V) in the firmware, or nested virtualisation where this host is a machine itself.';
  if (/kvm.*(No such file or directory|No such device)/i.test(boot.said))
    return { finding: 'kvm-absent', why: 'this host has no KVM: there is no usable /dev/kvm', cures: [enable] };
  if (/kvm.*(Permission denied|Operation not permitted)/i.test(boot.said))
    return { finding: 'kvm-denied', why: boot.said, cures: [] };
  if (boot.kind === 'failed' || /KVM internal error|KVM: entry failed|hardware error/i.test(boot.said))
    return { finding: 'kvm-fails', why: 'KVM is there and does not run a guest', cures: [enable] };
  if (boot.reached.endsWith('m'))
    return {
      finding: 'kvm-slow',
      why: 'KVM is there and far too slow: a loop of 0.05 s did not end in time, as if each instruction were interpreted',
      cures: [enable],
    };
  const last = guestStages.find(({ letter }) => letter === boot.reached.at(-1))?.name;
  const far = last === undefined ? 'a guest did not even begin in time' : `a guest got as far as ${last} in time`;
  return { finding: 'kvm-hangs', why: `KVM is there and hangs, or is far too slow: ${far}`, cures: [enable] };
}

/** Which group may open the device, where one may. */
async function explainDenied(context: AccelerationContext): Promise<Pick<Problem, 'why' | 'cures'>> {
  const device = context.kvmDevice ?? '/dev/kvm';
  const found = await stat(device).catch(() => undefined);
  const groupMayOpen = found !== undefined && (found.mode & 0o060) === 0o060;
  if (!groupMayOpen || found.gid === 0) {
    const cure = 'Let udev give /dev/kvm to the group kvm with mode 0660, as Debian does, or run as root.';
    return { why: 'this user may not open /dev/kvm, and only root may', cures: [cure] };
  }
  const entry = await context.runner
    .run([(await findProgram('getent', context.searchPath)) ?? 'getent', 'group', String(found.gid)], {
      timeout: 10_000,
      signal: context.signal,
      accept: 'any',
    })
    .catch(asFailure);
  const group = /^([^:\n]+):/.exec(entry.stdout)?.[1] ?? String(found.gid);
  return {
    why: `this user may not open /dev/kvm: it is not in the group ${group}`,
    cures: [`Run: sudo usermod --append --groups ${group} USER, then log in again.`],
  };
}

function describe(how: string, boot: Exclude<Boot, { kind: 'ran' }>): string {
  if (boot.kind === 'failed') return `${how}, QEMU said: ${boot.said}`;
  return `${how}, the guest stopped after "${boot.reached}"${boot.said === '' ? '' : `, and QEMU said: ${boot.said}`}`;
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}
