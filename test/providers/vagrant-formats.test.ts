import { describe, expect, it } from 'vitest';
import { chooseSubnet } from '../../src/cluster/addresses.ts';
import { KubelabError } from '../../src/errors/errors.ts';
import { allowedNodeRange } from '../../src/providers/vagrant/allowed-range.ts';
import { findGuests } from '../../src/providers/vagrant/guests.ts';
import { parseDomains, parseSystemDisk as parseLibvirtDisk } from '../../src/providers/vagrant/libvirt.ts';
import { parseMessage, readWords } from '../../src/providers/vagrant/machine-readable.ts';
import { guestOf } from '../../src/providers/vagrant/plain-box-home.ts';
import { machineName, nodeOf } from '../../src/providers/vagrant/settings.ts';
import { describeAccess, parseAdmission, parseSshConfig } from '../../src/providers/vagrant/ssh-access.ts';
import { createTurns } from '../../src/providers/vagrant/turns.ts';
import { needsDisksFlag } from '../../src/providers/vagrant/vagrant-command.ts';
import { parseMachines, parseSystemDisk as parseVirtualBoxDisk } from '../../src/providers/vagrant/virtualbox.ts';

describe('machine-readable output of Vagrant', () => {
  // Recorded from Vagrant 2.3.4.
  const recorded = `1795240019,control1,metadata,provider,libvirt
1795240019,,ui,info,Bringing machine 'control1' up with 'libvirt' provider...
1795240019,control1,action,up,start
1795240019,,ui,error,The machine with the name 'nosuch' was not found configured for\\nthis Vagrant environment%!(VAGRANT_COMMA) or so.
1795240019,,error-exit,Vagrant::Errors::MachineNotFound,The machine with the name 'nosuch' was not found configured for\\nthis Vagrant environment.
/usr/lib/ruby/vendor_ruby/rubygems.rb:1: warning: something of Ruby
`;

  it('is told in the words that a person would have seen, once', () => {
    expect(readWords(recorded)).toBe(`Bringing machine 'control1' up with 'libvirt' provider...
The machine with the name 'nosuch' was not found configured for
this Vagrant environment, or so.
/usr/lib/ruby/vendor_ruby/rubygems.rb:1: warning: something of Ruby
`);
  });

  it('is read line by line, also with the line ends of Windows', () => {
    expect(parseMessage('1795240060,control1,ui,info,==> control1: Starting domain.\r')).toEqual({
      target: 'control1',
      type: 'ui',
      data: ['info', '==> control1: Starting domain.'],
    });
    expect(parseMessage('not, of Vagrant')).toBeUndefined();
    expect(parseMessage('')).toBeUndefined();
  });
});

describe('the system disk of a machine', () => {
  it('is the first of virsh domblklist --details', () => {
    // Recorded from virsh 9.0, with a disk more.
    const table = ` file   cdrom  hda   /iso/tools.iso
 file   disk   vda   /var/lib/libvirt/images/kubelab-image-f9735b-control1.img
 file   disk   vdb   /var/lib/libvirt/images/kubelab-image-f9735b-control1_1.img
`;
    expect(parseLibvirtDisk(table)).toBe('/var/lib/libvirt/images/kubelab-image-f9735b-control1.img');
    expect(parseLibvirtDisk(' file   disk   vda   /my images/one disk.img  \n')).toBe('/my images/one disk.img');
    expect(parseLibvirtDisk(' Type   Device   Target   Source\n---\n')).toBeUndefined();
  });

  it('is the first of VBoxManage showvminfo that is no CD', () => {
    const facts = `name="kubelab-image-f9735b-control1"
storagecontrollername0="IDE Controller"
"IDE Controller-0-0"="/vms/tools.ISO"
"IDE Controller-ImageUUID-0-0"="aaaaaaaa-0000-4000-8000-000000000000"
"IDE Controller-0-1"="/vms/Snapshots/{bbbbbbbb-0000-4000-8000-000000000000}.vmdk"
"IDE Controller-ImageUUID-0-1"="bbbbbbbb-0000-4000-8000-000000000000"
"IDE Controller-1-0"="emptydrive"
"IDE Controller-1-1"="/vms/seed.vmdk"
"IDE Controller-ImageUUID-1-1"="cccccccc-0000-4000-8000-000000000000"
`;
    expect(parseVirtualBoxDisk(facts)).toBe('bbbbbbbb-0000-4000-8000-000000000000');
    expect(parseVirtualBoxDisk(facts.replaceAll('\n', '\r\n'))).toBe('bbbbbbbb-0000-4000-8000-000000000000');
    expect(parseVirtualBoxDisk('name="x"\n')).toBeUndefined();
  });

  it('has a system whose name for Vagrant follows from /etc/os-release', () => {
    expect(['debian', 'ubuntu debian', 'rocky rhel centos fedora', 'pop ubuntu debian', 'fedora', 'void'].map(guestOf)).toEqual([
      'debian',
      'ubuntu',
      'redhat',
      'ubuntu',
      'redhat',
      'debian',
    ]);
  });
});

describe('vagrant ssh-config', () => {
  const text = (
    fields: Partial<Record<'host' | 'address' | 'user' | 'port' | 'key', string>> = {},
  ): string => `Host ${fields.host ?? 'worker1'}
  HostName ${fields.address ?? '127.0.0.1'}
  User ${fields.user ?? 'vagrant'}
  Port ${fields.port ?? '2201'}
  UserKnownHostsFile /dev/null
  StrictHostKeyChecking no
  PasswordAuthentication no
  IdentityFile ${fields.key ?? '/lab/.vagrant/machines/worker1/virtualbox/private_key'}
  IdentitiesOnly yes
  LogLevel FATAL

`;

  it('gives host, port, user and key', () => {
    expect(parseSshConfig(text(), 'worker1')).toEqual({
      host: '127.0.0.1',
      port: 2201,
      user: 'vagrant',
      identityFile: '/lab/.vagrant/machines/worker1/virtualbox/private_key',
    });
  });

  it('may have a quoted path, the paths and line ends of Windows, and other hosts before', () => {
    const windows =
      `${text({ host: 'control1', port: '2200' })}${text({ key: '"C:/Users/Kim Lee/lab/private_key"' })}`.replaceAll(
        '\n',
        '\r\n',
      );
    const access = parseSshConfig(windows, 'worker1');
    expect(access).toMatchObject({ port: 2201, identityFile: 'C:/Users/Kim Lee/lab/private_key' });
    expect(describeAccess('worker1', { ...access, identityFile: 'C:\\Users\\Kim Lee\\key' })).toContain(
      'IdentityFile "C:/Users/Kim Lee/key"\n',
    );
  });

  it.each([
    ['another host', text({ host: 'worker2' })],
    ['nothing', ''],
    ['a port out of range', text({ port: '70000' })],
    ['no port', text({ port: 'ssh' })],
    ['a host that is an option', text({ address: '-oProxyCommand=reboot' })],
    ['a host with more behind it', text({ address: '127.0.0.1 other' })],
    ['a user that is an option', text({ user: '-l' })],
    ['a path that ends its quotes', text({ key: 'a"b' })],
    ['more than anyone would write', `${text()}${'#'.repeat(20_000)}`],
  ])('is refused with %s', (_, output) => {
    expect(() => parseSshConfig(output, 'worker1')).toThrow(KubelabError);
  });
});

describe('what a machine says of itself', () => {
  it('is host keys and whether root may log in; the rest is dropped', () => {
    const key = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${'a'.repeat(40)}`;
    const output = `permitrootlogin without-password\n${key} root@worker1\nevil * ssh-rsa\n\u001b[31m${key}\nssh-rsa short\n`;
    expect(parseAdmission(output)).toEqual({ rootMayLogIn: true, hostKeys: [key] });
    expect(parseAdmission(`permitrootlogin no\n${key}\n`).rootMayLogIn).toBe(false);
    expect(parseAdmission(`permitrootlogin forced-commands-only\n`).rootMayLogIn).toBe(false);
    expect(parseAdmission(`${key}\n`.repeat(50)).hostKeys).toHaveLength(8);
  });
});

describe('machines on a host', () => {
  const own = '6695eb01-f6a4-8304-79aa-97f2502e193f';
  const other = '7795eb01-f6a4-8304-79aa-97f2502e193f';

  it('are read from virsh 9.0', () => {
    const names = `${own} kubelab-study-1a2b3c-control1\n${other} other machine\n\n`;
    const stats = `Domain: 'kubelab-study-1a2b3c-control1'\n  state.state=1\n  state.reason=1\n\nDomain: 'other machine'\n  state.state=5\n  state.reason=2\n\n`;
    expect(parseDomains(names, stats)).toMatchObject([
      { id: own, name: 'kubelab-study-1a2b3c-control1', state: 'running' },
      { id: other, name: 'other machine', state: 'stopped' },
    ]);
    // One that ended between the two commands is not there.
    expect(parseDomains(names, '')).toEqual([]);
    expect(parseDomains(names, stats.replace('=5', '=6'))[1]).toMatchObject({ state: 'broken', dead: true });
    expect(parseDomains(names, stats.replace('=5', '=3'))[1]).toMatchObject({ state: 'broken', dead: false });
  });

  it('are read from VBoxManage', () => {
    expect(parseMachines(`"a "quoted" name" {${own}}\r\n"<inaccessible>" {${other}}\r\n`)).toEqual([
      { name: 'a "quoted" name', id: own },
      { name: '<inaccessible>', id: other },
    ]);
  });

  it('belong to the cluster by what Vagrant knows, or else by their name', () => {
    const raw = (name: string, id: string) => ({ name, id, state: 'running' as const });
    const named = machineName('study-1a2b3c', 'worker1');
    const ids = new Map([['worker1', own]]);
    expect(findGuests([raw('temp_clone_1', own)], ids, 'study-1a2b3c')).toMatchObject([{ node: 'worker1', known: true }]);
    expect(findGuests([raw(named, other), raw('temp_clone_1', own)], ids, 'study-1a2b3c')).toMatchObject([
      { id: own, known: true },
    ]);
    expect(findGuests([raw(named, other)], ids, 'study-1a2b3c')).toMatchObject([{ id: other, known: false }]);
    expect(findGuests([raw('kubelab-study-9f9f9f-worker1', other)], ids, 'study-1a2b3c')).toEqual([]);
  });

  it.each([
    ['kubelab-study-1a2b3c-worker10', 'worker10'],
    ['kubelab-study-1a2b3c-ffffff-worker1', undefined],
    ['kubelab-study-1a2b3c', undefined],
    ['kubelab-study-1a2b3d-worker1', undefined],
    ['vagrant_worker1', undefined],
  ])('%s is the node %s', (name, node) => {
    expect(nodeOf('study-1a2b3c', name)).toBe(node);
  });
});

describe('the range that VirtualBox allows', () => {
  it.each([
    [undefined, '192.168.56.0/21'],
    ['# nothing\n', '192.168.56.0/21'],
    ['* 10.0.0.0/8 192.168.0.0/16\n* 2001::/64\n', '10.0.0.0/8'],
    ['# mine\n  * 172.20.0.0/16 # the lab\n', '172.20.0.0/16'],
    ['* 0.0.0.0/0 ::/0\n', undefined],
  ])('with %j is %s', (conf, range) => {
    expect(allowedNodeRange('virtualbox', conf)).toBe(range);
    expect(allowedNodeRange('libvirt', conf)).toBeUndefined();
  });

  it('is where the subnet of the nodes is chosen', () => {
    const request = {
      wanted: 'auto',
      pods: '10.244.0.0/16',
      services: '10.96.0.0/12',
      within: allowedNodeRange('virtualbox', undefined)!,
    };
    expect(chooseSubnet({ ...request, occupied: [{ cidr: '192.168.56.1/24', owner: 'vboxnet0' }] })).toBe('192.168.57.0/24');
    expect(() => chooseSubnet({ ...request, wanted: '10.83.7.0/24', occupied: [] })).toThrow('192.168.56.0/21');
  });
});

describe('turns', () => {
  it.each(['first', 'each'] as const)('with %s alone let the next in when the one before passed or ended', async (alone) => {
    const turns = createTurns(alone);
    const entered: number[] = [];
    const enter = async (number: number) => {
      const turn = await turns.enter();
      entered.push(number);
      return turn;
    };
    const first = await enter(1);
    const others = [enter(2), enter(3)];
    await Promise.resolve();
    expect(entered).toEqual([1]);
    // It failed on the way: the next is as alone as it was.
    first.end();
    const second = await others[0]!;
    expect(entered).toEqual([1, 2]);
    second.passed();
    const third = await others[1]!;
    const late = enter(4);
    for (let round = 0; round < 20; round += 1) await Promise.resolve();
    expect(entered).toEqual(alone === 'first' ? [1, 2, 3, 4] : [1, 2, 3]);
    second.end();
    third.end();
    await late;
  });
});

describe('extra disks with VirtualBox', () => {
  it.each([
    ['2.2.19', true],
    ['2.3.4', true],
    ['2.4.0', false],
    ['3.0.0', false],
    ['', true],
  ])('with Vagrant %s need a flag: %s', (version, needed) => {
    expect(needsDisksFlag(version)).toBe(needed);
  });
});
