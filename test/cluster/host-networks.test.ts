import { describe, expect, it } from 'vitest';
import {
  findOccupiedNetworks,
  parseAddresses,
  parseDockerNetworks,
  parseLibvirtNetwork,
  parseRoutes,
  parseVirtualBoxNetworks,
} from '../../src/cluster/host-networks.ts';
import { CommandFailed, Interrupted, KubelabError } from '../../src/errors/errors.ts';
import type { Runner } from '../../src/exec/runner.ts';

const routes = JSON.stringify([
  { dst: 'default', gateway: '192.168.1.1', dev: 'wlp3s0', protocol: 'dhcp', prefsrc: '192.168.1.20', metric: 600, flags: [] },
  { dst: '0.0.0.0/1', gateway: '10.8.0.5', dev: 'tun0', flags: [] },
  { dst: '128.0.0.0/1', gateway: '10.8.0.5', dev: 'tun0', flags: [] },
  { dst: '8.0.0.0/5', dev: 'wg0', table: '51820', scope: 'link', flags: [] },
  { dst: '10.0.0.0/8', gateway: '10.8.0.5', dev: 'tun0', flags: [] },
  { dst: '203.0.113.9', gateway: '192.168.1.1', dev: 'wlp3s0', flags: [] },
  { dst: '172.17.0.0/16', dev: 'docker0', protocol: 'kernel', scope: 'link', prefsrc: '172.17.0.1', flags: ['linkdown'] },
  { dst: '192.168.1.0/24', dev: 'wlp3s0', protocol: 'kernel', scope: 'link', prefsrc: '192.168.1.20', metric: 600, flags: [] },
  { type: 'blackhole', dst: '172.31.0.0/16', flags: [] },
  { dst: '10.5.0.0/16', flags: [], nexthops: [{ gateway: '192.168.1.2', dev: 'wlp3s0', weight: 1, flags: [] }] },
  { type: 'local', dst: '127.0.0.1', dev: 'lo', table: 'local', protocol: 'kernel', scope: 'host', flags: [] },
  { type: 'broadcast', dst: '192.168.1.255', dev: 'wlp3s0', table: 'local', flags: [] },
  { dst: 'fe80::/64', dev: 'wlp3s0', protocol: 'kernel', metric: 1024, flags: [], pref: 'medium' },
  { type: 'multicast', dst: 'ff00::/8', dev: 'wlp3s0', table: 'local', flags: [], pref: 'medium' },
]);

const addresses = JSON.stringify([
  { ifindex: 1, ifname: 'lo', addr_info: [{ family: 'inet6', local: '::1', prefixlen: 128, scope: 'host' }] },
  {
    ifindex: 3,
    ifname: 'wlp3s0',
    addr_info: [{ family: 'inet', local: '192.168.1.20', prefixlen: 24, broadcast: '192.168.1.255' }],
  },
  {
    ifindex: 7,
    ifname: 'tun0',
    link_type: 'none',
    addr_info: [{ family: 'inet', local: '10.8.0.6', address: '10.8.0.5', prefixlen: 32 }],
  },
  { ifindex: 9, ifname: 'kl-study', operstate: 'DOWN', addr_info: [{ family: 'inet', local: '10.83.7.1', prefixlen: 24 }] },
  { ifindex: 10, ifname: 'veth0' },
]);

const libvirt = `<network connections='2'>
  <name>default</name>
  <uuid>5c1fbd6c-7d3a-4a0e-9a6e-0a3d51d5d4f1</uuid>
  <forward mode='nat'>
    <nat>
      <port start='1024' end='65535'/>
    </nat>
  </forward>
  <bridge name='virbr0' stp='on' delay='0'/>
  <mac address='52:54:00:5c:1f:bd'/>
  <ip address='192.168.122.1' netmask='255.255.255.0'>
    <dhcp>
      <range start='192.168.122.2' end='192.168.122.254'/>
      <host mac='52:54:00:00:00:01' name='a' ip='192.168.122.10'/>
    </dhcp>
  </ip>
  <ip family='ipv6' address='fd00:122::1' prefix='64'/>
  <ip address='192.168.123.1' prefix='25'/>
  <route address='192.168.130.0' prefix='23' gateway='192.168.122.9'/>
</network>
`;

const hostOnlyInterfaces = `Name:            vboxnet0
GUID:            786f6276-656e-4074-8000-0a0027000000
DHCP:            Disabled
IPAddress:       192.168.56.1
NetworkMask:     255.255.255.0
IPV6Address:     fe80::800:27ff:fe00:0
IPV6NetworkMaskPrefixLength: 64
HardwareAddress: 0a:00:27:00:00:00
MediumType:      Ethernet
Wireless:        No
Status:          Up
VBoxNetworkName: HostInterfaceNetworking-vboxnet0

Name:            vboxnet1
GUID:            786f6276-656e-4174-8000-0a0027000001
DHCP:            Disabled
IPAddress:       192.168.60.1
NetworkMask:     255.255.254.0
IPV6Address:     
IPV6NetworkMaskPrefixLength: 0
Status:          Down
VBoxNetworkName: HostInterfaceNetworking-vboxnet1

`;

const natNetworks = `Name:         NatNetwork
Network:      10.0.2.0/24
Gateway:      10.0.2.1
DHCP Server:  Yes
IPv6:         No
IPv6 Prefix:  fd17:625c:f037:2::/64
IPv6 Default: No
Enabled:      Yes
loopback mappings (ipv4)
        127.0.0.1=2
`;

const hostOnlyNetworks = `Name:            HostOnly
GUID:            f5a4ac31-2d23-4f5a-9b1c-6e4b16f1d0a1

State:           Enabled
NetworkMask:     255.255.255.0
LowerIP:         192.168.66.1
UpperIP:         192.168.66.199
VBoxNetworkName: hostonly-HostOnly
`;

const dockerNetworks = JSON.stringify([
  {
    Name: 'bridge',
    Id: '5f1c2d9b7a3e5f1c2d9b7a3e',
    Driver: 'bridge',
    IPAM: { Driver: 'default', Options: null, Config: [{ Subnet: '172.17.0.0/16', Gateway: '172.17.0.1' }] },
    Options: { 'com.docker.network.bridge.name': 'docker0' },
  },
  {
    Name: 'kind',
    Id: '0d8a41f3c1e2b4a69788',
    Driver: 'bridge',
    IPAM: {
      Driver: 'default',
      Options: {},
      Config: [{ Subnet: 'fc00:f853:ccd:e793::/64' }, { Subnet: '172.18.0.0/16', Gateway: '172.18.0.1' }],
    },
    Options: {},
  },
  { Name: 'host', Id: 'aa', Driver: 'host', IPAM: { Driver: 'default', Options: null, Config: null }, Options: {} },
  { Name: 'lan', Id: 'bb', Driver: 'macvlan', IPAM: { Config: [{ Subnet: '192.168.1.0/24' }] }, Options: { parent: 'eth0' } },
]);

describe('parseRoutes', () => {
  it('takes real routes, and neither default routes, whole or in pieces, nor local addresses', () => {
    expect(parseRoutes(routes)).toEqual([
      { cidr: '10.0.0.0/8', owner: 'tun0' },
      { cidr: '203.0.113.9/32', owner: 'wlp3s0' },
      { cidr: '172.17.0.0/16', owner: 'docker0' },
      { cidr: '192.168.1.0/24', owner: 'wlp3s0' },
      { cidr: '172.31.0.0/16', owner: 'a route of type blackhole' },
      { cidr: '10.5.0.0/16', owner: 'wlp3s0' },
    ]);
  });

  it('finds nothing on a host without routes', () => {
    expect(parseRoutes('')).toEqual([]);
  });
});

describe('parseAddresses', () => {
  it('takes interfaces that are down and both ends of a tunnel', () => {
    expect(parseAddresses(addresses)).toEqual([
      { cidr: '192.168.1.0/24', owner: 'wlp3s0' },
      { cidr: '10.8.0.6/32', owner: 'tun0' },
      { cidr: '10.8.0.5/32', owner: 'tun0' },
      { cidr: '10.83.7.0/24', owner: 'kl-study' },
    ]);
  });
});

describe('parseLibvirtNetwork', () => {
  it('takes every address and route, under the name of the bridge', () => {
    const who = { owner: 'virbr0', description: 'libvirt network default' };
    expect(parseLibvirtNetwork(libvirt)).toEqual([
      { cidr: '192.168.122.0/24', ...who },
      { cidr: '192.168.123.0/25', ...who },
      { cidr: '192.168.130.0/23', ...who },
    ]);
  });

  it('finds nothing in a network that is bridged to the outside', () => {
    expect(parseLibvirtNetwork("<network><name>lan</name><forward mode='bridge'/><bridge name='br0'/></network>")).toEqual([]);
  });
});

describe('parseVirtualBoxNetworks', () => {
  it('reads the three lists', () => {
    expect(parseVirtualBoxNetworks(hostOnlyInterfaces)).toEqual([
      { cidr: '192.168.56.0/24', owner: 'vboxnet0', description: 'VirtualBox network vboxnet0' },
      { cidr: '192.168.60.0/23', owner: 'vboxnet1', description: 'VirtualBox network vboxnet1' },
    ]);
    expect(parseVirtualBoxNetworks(hostOnlyNetworks).map(({ cidr, owner }) => [cidr, owner])).toEqual([
      ['192.168.66.0/24', 'VirtualBox network HostOnly'],
    ]);
    expect(parseVirtualBoxNetworks(natNetworks).map(({ cidr, owner }) => [cidr, owner])).toEqual([
      ['10.0.2.0/24', 'VirtualBox network NatNetwork'],
    ]);
    expect(parseVirtualBoxNetworks('')).toEqual([]);
  });
});

describe('parseDockerNetworks', () => {
  it('names the bridge as the kernel does', () => {
    expect(parseDockerNetworks(dockerNetworks)).toEqual([
      { cidr: '172.17.0.0/16', owner: 'docker0', description: 'docker network bridge' },
      { cidr: '172.18.0.0/16', owner: 'br-0d8a41f3c1e2', description: 'docker network kind' },
      { cidr: '192.168.1.0/24', owner: 'docker network lan', description: 'docker network lan' },
    ]);
  });

  it('passes over what is not JSON', () => {
    expect(parseDockerNetworks('Error response from daemon')).toEqual([]);
  });
});

/** A host that answers the commands given, by how they begin; any other program is not there. */
function hostThatAnswers(answers: Readonly<Record<string, string>>): { runner: Runner; asked: string[] } {
  const asked: string[] = [];
  const runner: Runner = {
    run: (command) => {
      const line = command.join(' ');
      asked.push(line);
      const answer = Object.entries(answers).find(([start]) => line.startsWith(start))?.[1];
      if (answer !== undefined) return Promise.resolve({ exitCode: 0, stdout: answer, stderr: '', milliseconds: 1 });
      const failure = {
        command,
        place: 'host',
        exitCode: undefined,
        timedOut: false,
        stdout: '',
        stderr: '',
        message: 'the program was not found',
      };
      return Promise.reject(new CommandFailed(failure));
    },
  };
  return { runner, asked };
}

describe('findOccupiedNetworks', () => {
  const kernel = { 'ip -j route': routes, 'ip -j address': addresses };
  const signal = new AbortController().signal;

  it('tells each network once, in the words that say the most', async () => {
    const { runner } = hostThatAnswers({
      ...kernel,
      'virsh --readonly --connect qemu:///system net-list': 'default\n\n',
      'virsh --readonly --connect qemu:///system net-dumpxml default': libvirt,
      'VBoxManage list hostonlyifs': hostOnlyInterfaces,
      'docker context inspect': 'unix:///var/run/docker.sock\n',
      'docker network ls': '5f1c2d9b7a3e\n0d8a41f3c1e2\n',
      'docker network inspect 5f1c2d9b7a3e 0d8a41f3c1e2': dockerNetworks,
    });
    const found = await findOccupiedNetworks(runner, signal);
    expect(found.filter(({ cidr }) => cidr === '172.17.0.0/16')).toEqual([
      { cidr: '172.17.0.0/16', owner: 'docker0', description: 'docker network bridge' },
    ]);
    const owners = found.map(({ owner }) => owner);
    expect(owners).toEqual(expect.arrayContaining(['tun0', 'kl-study', 'virbr0', 'vboxnet1', 'br-0d8a41f3c1e2']));
  });

  it('passes over tools that are not there, and a Docker client without an engine', async () => {
    const { runner } = hostThatAnswers({ ...kernel, 'docker context inspect': 'unix:///var/run/docker.sock\n' });
    expect((await findOccupiedNetworks(runner, signal)).map(({ owner }) => owner)).toContain('tun0');
  });

  it('does not ask a Docker engine on another host', async () => {
    const { runner, asked } = hostThatAnswers({
      ...kernel,
      'docker context inspect': 'ssh://me@build.example.com\n',
      'docker network': '[]',
    });
    await findOccupiedNetworks(runner, signal);
    expect(asked.filter((line) => line.startsWith('docker network'))).toEqual([]);
  });

  it.each([{}, { ...kernel, 'ip -j route': 'ip: invalid option -- j' }])(
    'says what to install where ip is of no use',
    async (answers) => {
      const failure = await findOccupiedNetworks(hostThatAnswers(answers).runner, signal).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(KubelabError);
      expect((failure as KubelabError).code).toBe('KL-HOST-TOOL-MISSING');
    },
  );

  it('lets an interruption through', async () => {
    const runner: Runner = { run: () => Promise.reject(new Interrupted()) };
    await expect(findOccupiedNetworks(runner, signal)).rejects.toBeInstanceOf(Interrupted);
  });
});
