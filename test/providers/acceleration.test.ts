import { statSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Interrupted } from '../../src/errors/errors.ts';
import { localRunner } from '../../src/exec/local.ts';
import { findProgram } from '../../src/exec/search-path.ts';
import {
  type Acceleration,
  type AccelerationContext,
  emulationSpeed,
  probeAcceleration,
} from '../../src/providers/vagrant/acceleration.ts';
import { guestExitCode, guestListing, guestStages, tinyGuest } from '../../src/providers/vagrant/tiny-guest.ts';
import { createFakeTools, type FakeTool, type FakeTools } from '../rig/fake-tool.ts';

const qemuVersion = `QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)
Copyright (c) 2003-2022 Fabrice Bellard and the QEMU Project developers
`;

/** What QEMU 7.2.22 printed when it was run so. */
const recorded = {
  absent: `Could not access KVM kernel module: No such file or directory
qemu-system-x86_64: -accel kvm: failed to initialize kvm: No such file or directory
`,
  denied: `Could not access KVM kernel module: Permission denied
qemu-system-x86_64: -accel kvm: failed to initialize kvm: Permission denied
`,
  notKvm: `kvm version too old
qemu-system-x86_64: -accel kvm: failed to initialize kvm: Inappropriate ioctl for device
`,
  noBios: "qemu: could not load PC BIOS 'bios-256k.bin'\n",
};

const whole = { stdout: 'rlcmsi', exitCode: guestExitCode };

let tools: FakeTools;
let folder: string;
let qemu: FakeTool;

beforeEach(async () => {
  tools = await createFakeTools();
  folder = await mkdtemp(join(tmpdir(), 'kubelab, acceleration-'));
  qemu = await tools.add('qemu-system-x86_64');
  qemu.answer(['--version'], { stdout: qemuVersion });
  qemu.answer(/-accel tcg /, whole);
});

afterEach(async () => {
  await tools.remove();
  await rm(folder, { recursive: true, force: true });
});

async function probe(changes: Partial<AccelerationContext> = {}): Promise<Acceleration> {
  return probeAcceleration({
    runner: localRunner(),
    signal: new AbortController().signal,
    searchPath: tools.folder,
    platform: 'linux',
    architecture: 'x64',
    folder,
    deadline: 15_000,
    ...changes,
  });
}

/** A QEMU that says what is given and then stands still with KVM, as a script: it has to speak well before the deadline. */
async function stuckWithKvm(speak: string): Promise<string> {
  const stuck = join(folder, 'stuck');
  await mkdir(stuck);
  const kvm = `*"-accel kvm "*) ${speak}; exec sleep 600 ;;`;
  const script = `#!/bin/sh\ncase "$*" in --version) echo "QEMU emulator version 7.2.22" ;; ${kvm} *) printf rlcmsi; exit ${guestExitCode} ;; esac\n`;
  await writeFile(join(stuck, 'qemu-system-x86_64'), script);
  await chmod(join(stuck, 'qemu-system-x86_64'), 0o755);
  return stuck;
}

describe('which accelerator works', () => {
  it('is KVM when it brings the guest to its end, and the guest is removed', async () => {
    let bytes = 0;
    qemu.answer(/-accel kvm /, (call) => {
      bytes = statSync(join(call.cwd, 'guest.img')).size;
      return whole;
    });
    expect(await probe()).toMatchObject({ accelerator: 'kvm', finding: 'kvm-works', qemu: { version: '7.2.22' } });
    expect(bytes).toBe(512);
    expect(qemu.calls.map(({ args }) => args.includes('tcg'))).toEqual([false, false]);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is not KVM where there is none, and names a QEMU that emulates slowly', async () => {
    qemu.answer(/-accel kvm /, { stderr: recorded.absent, exitCode: 1 });
    const found = await probe();
    expect(found).toMatchObject({ accelerator: 'tcg', finding: 'kvm-absent' });
    expect(found.details.join('\n')).toContain('QEMU 7.2.22 is older than 10');
    expect(qemu.unexpected).toEqual([]);
  });

  it('is not KVM when it gives an error', async () => {
    qemu.answer(/-accel kvm /, { stderr: recorded.notKvm, exitCode: 1 });
    const found = await probe();
    expect(found).toMatchObject({ accelerator: 'tcg', finding: 'kvm-fails' });
    expect(found.details[0]).toContain('Inappropriate ioctl for device');
  });

  it('is not KVM when the guest restarts instead of going on', async () => {
    qemu.answer(/-accel kvm /, { stdout: 'rl', exitCode: 0 });
    const found = await probe();
    expect(found).toMatchObject({ accelerator: 'tcg', finding: 'kvm-fails' });
  });

  it('is not KVM when all letters come and the guest did not end itself', async () => {
    qemu.answer(/-accel kvm /, { stdout: 'rlcmsi', exitCode: 0 });
    expect(await probe()).toMatchObject({ accelerator: 'tcg', finding: 'kvm-fails' });
  });

  it.each([
    { stdout: '', finding: 'kvm-hangs', says: 'did not even begin' },
    { stdout: 'rlc', finding: 'kvm-hangs', says: 'as far as CPUID' },
    { stdout: 'rlcm', finding: 'kvm-slow', says: 'too slow' },
    { stdout: 'rlcms', finding: 'kvm-hangs', says: 'as far as 100 million turns' },
  ])('is not KVM when the guest stops after "$stdout"', async ({ stdout, finding, says }) => {
    const found = await probe({ searchPath: await stuckWithKvm(`printf '${stdout}'`), deadline: 1_000 });
    expect(found).toMatchObject({ accelerator: 'tcg', finding });
    expect(found.why).toContain(says);
  });

  it('is not KVM when QEMU stops the guest over an error inside KVM', async () => {
    const searchPath = await stuckWithKvm('printf r; echo "KVM internal error. Suberror: 1" >&2; echo "emulation failure" >&2');
    const found = await probe({ searchPath, deadline: 1_000 });
    expect(found).toMatchObject({ accelerator: 'tcg', finding: 'kvm-fails' });
    expect(found.details[0]).toContain('Suberror: 1');
  });
});

describe('a KVM that is not for this user', () => {
  let kvmDevice: string;

  beforeEach(async () => {
    qemu.answer(/-accel kvm /, { stderr: recorded.denied, exitCode: 1 });
    kvmDevice = join(folder, 'kvm');
    await writeFile(kvmDevice, '');
  });

  it('names the group that may', async () => {
    await chmod(kvmDevice, 0o660);
    if (process.getuid?.() === 0) await chown(kvmDevice, 0, 104);
    const { gid } = await stat(kvmDevice);
    const getent = await tools.add('getent');
    getent.answer(['group', String(gid)], { stdout: `kvm:x:${gid}:libvirt-qemu\n` });
    const found = await probe({ kvmDevice });
    expect(found).toMatchObject({ accelerator: 'tcg', finding: 'kvm-denied' });
    expect(found.why).toContain('not in the group kvm');
    expect(found.cures.join()).toContain('usermod --append --groups kvm');
  });

  it('says so when only root may', async () => {
    await chmod(kvmDevice, 0o600);
    const found = await probe({ kvmDevice });
    expect(found).toMatchObject({ finding: 'kvm-denied' });
    expect(found.why).toContain('only root may');
  });

  it('works when root may, as libvirt starts machines', async () => {
    qemu.answer((call) => call.args.includes('kvm') && call.env['KUBELAB_TEST_ROOT'] === 'yes', whole);
    const root = {
      run: (...[command, options]: Parameters<AccelerationContext['runner']['run']>) =>
        localRunner().run(command, { ...options, env: { ...options.env, KUBELAB_TEST_ROOT: 'yes' } }),
    };
    const found = await probe({ root, kvmDevice });
    expect(found).toMatchObject({ accelerator: 'kvm', finding: 'kvm-works' });
    expect(found.details).toEqual(['this user may not open /dev/kvm; root may']);
  });
});

describe('a QEMU that is of no use', () => {
  it('is told apart from a broken KVM', async () => {
    qemu.answer(/-accel (kvm|tcg) /, { stderr: recorded.noBios, exitCode: 1 });
    const found = await probe();
    expect(found).toMatchObject({ accelerator: undefined, finding: 'qemu-broken' });
    expect(found.details.join()).toContain("could not load PC BIOS 'bios-256k.bin'");
  });

  it('may not even start', async () => {
    const stderr = 'qemu-system-x86_64: error while loading shared libraries: libfdt.so.1: cannot open shared object file\n';
    qemu.answer(['--version'], { stderr, exitCode: 127 });
    const found = await probe();
    expect(found).toMatchObject({ accelerator: undefined, finding: 'qemu-broken', qemu: undefined });
    expect(found.why).toContain('libfdt.so.1');
  });

  it('may not be there', async () => {
    const empty = join(folder, 'empty');
    await mkdir(empty);
    expect(await probe({ searchPath: empty })).toMatchObject({
      accelerator: undefined,
      finding: 'qemu-missing',
      qemu: undefined,
    });
  });

  it.each([
    { platform: 'darwin', architecture: 'arm64', says: 'hvf' },
    { platform: 'win32', architecture: 'x64', says: 'hyperv' },
    { platform: 'linux', architecture: 'arm64', says: 'arm64' },
    { platform: 'freebsd', architecture: 'x64', says: 'freebsd' },
  ])('is not asked on $platform with $architecture', async ({ platform, architecture, says }) => {
    const found = await probe({ platform, architecture });
    expect(found).toMatchObject({ accelerator: undefined, finding: 'not-probed' });
    expect(found.why).toContain(says);
    expect(qemu.calls).toEqual([]);
  });
});

it('ends the guest and removes its disk when it is interrupted', async () => {
  const abort = new AbortController();
  qemu.answer(/-accel kvm /, () => {
    abort.abort();
    return { delay: 'forever' };
  });
  await expect(probe({ signal: abort.signal })).rejects.toBeInstanceOf(Interrupted);
  expect(await readdir(folder)).toEqual([]);
});

it('knows from which version on emulation is fast', () => {
  expect(emulationSpeed('10.0.3')).toEqual([]);
  expect(emulationSpeed('8.1.0')).toHaveLength(1);
});

describe('the tiny guest', () => {
  it('is a boot sector whose instructions follow each other without a gap', () => {
    const guest = tinyGuest();
    expect(guest).toHaveLength(512);
    expect(guest.slice(510)).toEqual(Uint8Array.of(0x55, 0xaa));
    const rows = guestListing.slice(0, -1);
    const wrong = rows.filter(([address, bytes], index) => {
      const next = rows[index + 1]?.[0];
      return next !== undefined && address + bytes.split(' ').length !== next;
    });
    expect(wrong).toEqual([]);
  });

  it('jumps where its listing says', () => {
    const jumps = guestListing.filter(([, , instruction]) => /^(jb|je|jnz|jmp) 0x[0-9a-f]+$/.test(instruction));
    expect(jumps).toHaveLength(5);
    const wrong = jumps.filter(([address, bytes, instruction]) => {
      const distance = (Number.parseInt(bytes.split(' ')[1] ?? '', 16) << 24) >> 24;
      return address + 2 + distance !== Number(instruction.split(' ')[1]);
    });
    expect(wrong).toEqual([]);
  });

  it('writes the letters of all stages, in their order', () => {
    const letters = guestListing.flatMap(([, , instruction]) => /^mov al, '(.)'$/.exec(instruction)?.[1] ?? []);
    expect(letters).toEqual(guestStages.map(({ letter }) => letter));
  });
});

const realQemu = await findProgram('qemu-system-x86_64', process.env['PATH']);

describe('with the QEMU of this host', { timeout: 120_000 }, () => {
  it('runs to its end under emulation', async (test) => {
    if (realQemu === undefined) return test.skip('qemu-system-x86_64 is not installed');
    // In front of the real one, so that what is judged is the emulation, whatever KVM is here.
    const front = join(folder, 'front');
    await mkdir(front);
    const refuse = 'echo "Could not access KVM kernel module: No such file or directory" >&2; exit 1';
    await writeFile(
      join(front, 'qemu-system-x86_64'),
      `#!/bin/sh\ncase "$*" in *"-accel kvm"*) ${refuse} ;; esac\nexec ${realQemu} "$@"\n`,
    );
    await chmod(join(front, 'qemu-system-x86_64'), 0o755);
    const found = await probe({ searchPath: `${front}${delimiter}${process.env['PATH']}`, deadline: 60_000 });
    expect(found).toMatchObject({ accelerator: 'tcg', finding: 'kvm-absent' });
    expect(found.details[1]).toMatch(/the guest took \d+ ms/);
  });

  it('comes to a verdict on this host', async (test) => {
    if (realQemu === undefined) return test.skip('qemu-system-x86_64 is not installed');
    const found = await probe({ searchPath: process.env['PATH'] ?? '', deadline: 5_000 });
    expect(found.finding).toBe(found.accelerator === 'kvm' ? 'kvm-works' : found.finding);
    expect(['kvm-works', 'kvm-absent', 'kvm-denied', 'kvm-fails', 'kvm-hangs', 'kvm-slow']).toContain(found.finding);
    expect(found.accelerator).toBe(found.finding === 'kvm-works' ? 'kvm' : 'tcg');
  });
});
