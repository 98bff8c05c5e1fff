import { describe, expect, it } from 'vitest';
import {
  chooseProvider,
  type ProviderFinding,
  type ProviderQuestion,
  type VirtualFinding,
} from '../../src/cluster/choose-provider.ts';

const usable: ProviderFinding = { usable: true, lacks: [], packages: [] };
const fast: VirtualFinding = { ...usable, acceleration: 'hardware', accelerationWhy: 'KVM works' };
const emulated: VirtualFinding = {
  ...usable,
  acceleration: 'emulated',
  accelerationWhy: 'KVM is there and hangs',
  cures: ['Switch it on.'],
};
const absent: VirtualFinding = {
  usable: false,
  lacks: ['vagrant is not installed'],
  packages: ['vagrant'],
  acceleration: 'none',
  accelerationWhy: 'nothing was tried',
};
const noNamespaces: ProviderFinding = { usable: false, lacks: ['the kernel lacks namespaces'], packages: [] };

const question = (changes: Partial<ProviderQuestion>): ProviderQuestion => ({
  wanted: 'auto',
  libvirt: absent,
  virtualbox: absent,
  nspawn: usable,
  tcgAllowed: false,
  ...changes,
});

describe('the provider that auto takes', () => {
  it('is libvirt where hardware virtualisation works', () => {
    expect(chooseProvider(question({ libvirt: fast, virtualbox: fast }))).toEqual({
      name: 'libvirt',
      emulated: false,
      why: 'hardware virtualisation works here: KVM works',
    });
  });

  it('is VirtualBox where only that has it', () => {
    expect(chooseProvider(question({ libvirt: emulated, virtualbox: fast }))).toMatchObject({
      name: 'virtualbox',
      emulated: false,
    });
  });

  it.each([{ tcgAllowed: false }, { tcgAllowed: true }])(
    'is nspawn where machines would be emulated, tcgAllowed: $tcgAllowed',
    ({ tcgAllowed }) => {
      const decision = chooseProvider(question({ libvirt: emulated, tcgAllowed }));
      expect(decision).toEqual({
        name: 'nspawn',
        emulated: false,
        why:
          'no virtual machines at full speed here (libvirt: KVM is there and hangs; virtualbox: vagrant is not installed), ' +
          'and this host can run system containers',
      });
    },
  );

  it('is libvirt with emulation only where nothing else is left and it was asked for', () => {
    const left = { libvirt: emulated, nspawn: noNamespaces };
    expect(chooseProvider(question({ ...left, tcgAllowed: true }))).toMatchObject({ name: 'libvirt', emulated: true });
    expect(chooseProvider(question(left))).toMatchObject({ name: undefined, code: 'KL-HOST-NO-PROVIDER' });
  });

  it('is none where none is usable, and all that is lacking is named', () => {
    const decision = chooseProvider(question({ nspawn: { ...noNamespaces, packages: ['btrfs-progs'] } }));
    expect(decision).toMatchObject({
      name: undefined,
      code: 'KL-HOST-TOOL-MISSING',
      packages: ['btrfs-progs'],
      lacks: ['libvirt: vagrant is not installed', 'virtualbox: vagrant is not installed', 'nspawn: the kernel lacks namespaces'],
    });
  });
});

describe('a provider that is asked for', () => {
  it('is taken where it works, whatever auto would take', () => {
    expect(chooseProvider(question({ wanted: 'nspawn', libvirt: fast }))).toMatchObject({
      name: 'nspawn',
      why: 'the spec asks for it',
    });
    expect(chooseProvider(question({ wanted: 'libvirt', libvirt: fast }))).toMatchObject({ name: 'libvirt', emulated: false });
    expect(chooseProvider(question({ wanted: 'virtualbox', virtualbox: fast }))).toMatchObject({ name: 'virtualbox' });
  });

  it('is refused, and not replaced, where it can not be used', () => {
    expect(chooseProvider(question({ wanted: 'libvirt' }))).toMatchObject({
      name: undefined,
      code: 'KL-HOST-TOOL-MISSING',
      lacks: ['vagrant is not installed'],
      packages: ['vagrant'],
    });
    expect(chooseProvider(question({ wanted: 'nspawn', nspawn: noNamespaces, libvirt: fast }))).toMatchObject({
      name: undefined,
      code: 'KL-HOST-NO-PROVIDER',
    });
  });

  it('is refused for KVM before anything is installed for it in vain', () => {
    const libvirt: VirtualFinding = {
      ...emulated,
      usable: false,
      lacks: ['virsh is not installed'],
      packages: ['libvirt-clients'],
    };
    expect(chooseProvider(question({ wanted: 'libvirt', libvirt }))).toMatchObject({
      code: 'KL-HOST-KVM-UNUSABLE',
      lacks: ['KVM is there and hangs', 'virsh is not installed'],
      packages: [],
    });
    expect(chooseProvider(question({ wanted: 'libvirt', libvirt, tcgAllowed: true }))).toMatchObject({
      code: 'KL-HOST-TOOL-MISSING',
      lacks: ['virsh is not installed'],
      packages: ['libvirt-clients'],
    });
    expect(chooseProvider(question({ libvirt })).why).toContain('libvirt: KVM is there and hangs;');
  });

  it('is emulated only when that was asked for, too', () => {
    expect(chooseProvider(question({ wanted: 'libvirt', libvirt: emulated }))).toEqual({
      name: undefined,
      code: 'KL-HOST-KVM-UNUSABLE',
      why: 'virtual machines of libvirt would not run at full speed here',
      lacks: ['KVM is there and hangs'],
      packages: [],
      cures: ['Switch it on.'],
    });
    expect(chooseProvider(question({ wanted: 'libvirt', libvirt: emulated, tcgAllowed: true }))).toMatchObject({
      name: 'libvirt',
      emulated: true,
    });
  });
});
