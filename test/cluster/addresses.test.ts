import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assignAddresses,
  chooseSubnet,
  gatewayOf,
  type OccupiedNetwork,
  type SubnetRequest,
} from '../../src/cluster/addresses.ts';
import { cidrOf, contains, formatCidr, overlaps, requireCidr } from '../../src/cluster/cidr.ts';
import type { Role } from '../../src/cluster/node.ts';
import { KubelabError } from '../../src/errors/errors.ts';

const usual = { wanted: 'auto', occupied: [], pods: '10.244.0.0/16', services: '10.96.0.0/12' } satisfies SubnetRequest;

function refusal(request: SubnetRequest): KubelabError {
  try {
    chooseSubnet(request);
  } catch (error) {
    if (error instanceof KubelabError) return error;
    throw error;
  }
  throw new Error('a subnet was chosen');
}

/** Private ranges as hosts have them. */
const occupations: fc.Arbitrary<OccupiedNetwork[]> = fc.array(
  fc
    .tuple(
      fc.constantFrom('10.0.0.0', '172.16.0.0', '192.168.0.0'),
      fc.nat({ max: 2 ** 24 - 1 }),
      fc.integer({ min: 9, max: 32 }),
    )
    .map(([block, offset, prefix]) => {
      const size = block.startsWith('10.') ? 2 ** 24 : block.startsWith('172.') ? 2 ** 20 : 2 ** 16;
      return { cidr: formatCidr(cidrOf(requireCidr(`${block}/32`).first + (offset % size), prefix)), owner: 'eth0' };
    }),
  { maxLength: 30 },
);

describe('chooseSubnet with auto', () => {
  it('takes a /24 that nothing overlaps, the same one each time', () => {
    fc.assert(
      fc.property(occupations, fc.string({ maxLength: 12 }), (occupied, self) => {
        const request = { ...usual, occupied, self };
        let chosen: string;
        try {
          chosen = chooseSubnet(request);
        } catch (error) {
          expect((error as KubelabError).code).toBe('KL-NET-NO-SUBNET');
          return;
        }
        const range = requireCidr(chosen);
        expect(range.prefix).toBe(24);
        for (const { cidr } of [...occupied, { cidr: usual.pods }, { cidr: usual.services }])
          expect(overlaps(requireCidr(cidr), range), cidr).toBe(false);
        expect(chooseSubnet(request)).toBe(chosen);
      }),
      { numRuns: 200 },
    );
  });

  it('begins far from what routers, Docker and VPNs use', () => {
    expect(chooseSubnet(usual)).toMatch(/^10\.83\.\d+\.0\/24$/);
  });

  it('begins at another place for another cluster, since a halted one occupies nothing', () => {
    const chosen = ['kl-study', 'kl-exam', 'kl-next'].map((self) => chooseSubnet({ ...usual, self }));
    expect(new Set(chosen).size).toBe(3);
  });

  it('goes to the next block when a VPN has all of 10.0.0.0/8, and to a crowded one before giving up', () => {
    const tunnel = { cidr: '10.0.0.0/8', owner: 'tun0' };
    expect(chooseSubnet({ ...usual, occupied: [tunnel] })).toBe('192.168.215.0/24');
    expect(chooseSubnet({ ...usual, occupied: [tunnel, { cidr: '192.168.128.0/17', owner: 'wg0' }] })).toBe('172.16.0.0/24');
  });

  it('says so when nothing is left', () => {
    const occupied = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].map((cidr) => ({ cidr, owner: 'tun0' }));
    const error = refusal({ ...usual, occupied });
    expect([error.code, error.message]).toEqual([
      'KL-NET-NO-SUBNET',
      'Every /24 in 10.0.0.0/8, 172.16.0.0/12 and 192.168.0.0/16 is in use',
    ]);
  });

  it('stays within what the provider allows', () => {
    const within = '192.168.56.0/21';
    const occupied = [56, 57, 58, 60, 61, 62, 63].map((third) => ({ cidr: `192.168.${third}.0/24`, owner: `vboxnet${third}` }));
    expect(chooseSubnet({ ...usual, within })).toBe('192.168.56.0/24');
    expect(chooseSubnet({ ...usual, within, occupied })).toBe('192.168.59.0/24');
    expect(refusal({ ...usual, within, occupied: [{ cidr: '192.168.0.0/16', owner: 'wlan0' }] }).message).toBe(
      'Every /24 in 192.168.56.0/21, the only range that the provider allows is in use',
    );
  });
});

describe('chooseSubnet with a range that is given', () => {
  const docker = { cidr: '172.18.0.0/16', owner: 'br-0d8a41f3c1e2', description: 'docker network kind' };

  it('takes it when it is free', () => {
    expect(chooseSubnet({ ...usual, wanted: '10.9.0.0/24', occupied: [docker] })).toBe('10.9.0.0/24');
  });

  it('names whoever has it', () => {
    const error = refusal({ ...usual, wanted: '172.18.4.0/24', occupied: [docker, { cidr: '172.18.4.1/32', owner: 'tun0' }] });
    expect([error.code, error.message]).toEqual([
      'KL-NET-CLASH',
      'The nodes can not have 172.18.4.0/24: docker network kind has 172.18.0.0/16',
    ]);
    expect(error.details).toEqual(['docker network kind has 172.18.0.0/16', 'tun0 has 172.18.4.1/32']);
  });

  it('does not let it run into the pods', () => {
    expect(refusal({ ...usual, wanted: '10.244.9.0/24' }).message).toBe(
      'The nodes can not have 10.244.9.0/24: the range of pods (network.pods) has 10.244.0.0/16',
    );
  });

  it('refuses one that the provider does not allow', () => {
    const error = refusal({ ...usual, wanted: '10.9.0.0/24', within: '192.168.56.0/21' });
    expect([error.code, ...error.details]).toEqual([
      'KL-SPEC-INVALID',
      'network.nodes: expected auto or a range within 192.168.56.0/21, found 10.9.0.0/24',
    ]);
  });
});

describe('chooseSubnet with the range it had before', () => {
  const bridge = { cidr: '10.83.7.0/24', owner: 'kl-study' };

  it('keeps it, though its own bridge has it', () => {
    expect(chooseSubnet({ ...usual, preferred: '10.83.7.0/24', self: 'kl-study', occupied: [bridge] })).toBe('10.83.7.0/24');
  });

  it('never moves a cluster silently when something else took it', () => {
    expect(refusal({ ...usual, preferred: '10.83.7.0/24', self: 'kl-exam', occupied: [bridge] }).code).toBe('KL-NET-CLASH');
    expect(refusal({ ...usual, preferred: '10.83.7.0/24', occupied: [bridge] }).code).toBe('KL-NET-CLASH');
  });

  it('lets the spec win', () => {
    expect(chooseSubnet({ ...usual, wanted: '10.9.0.0/24', preferred: '10.83.7.0/24' })).toBe('10.9.0.0/24');
  });

  it('looks for another when the provider does not allow it', () => {
    expect(chooseSubnet({ ...usual, preferred: '10.83.7.0/24', within: '192.168.56.0/21' })).toBe('192.168.56.0/24');
  });
});

describe('assignAddresses', () => {
  function members(...counts: [Role, number][]): { role: Role }[] {
    return counts.flatMap(([role, count]) => Array.from({ length: count }, () => ({ role })));
  }

  it('gives each role its place', () => {
    const nodes = members(['control-plane', 2], ['worker', 2], ['etcd', 1], ['load-balancer', 1], ['storage', 1]);
    expect(assignAddresses('10.83.7.0/24', nodes).map(({ address }) => address)).toEqual([
      '10.83.7.11',
      '10.83.7.12',
      '10.83.7.21',
      '10.83.7.22',
      '10.83.7.121',
      '10.83.7.5',
      '10.83.7.6',
    ]);
    expect(gatewayOf('10.83.7.0/24')).toBe('10.83.7.1');
  });

  it('has room for the largest cluster, each address once and none of them the host, the network or broadcast', () => {
    const nodes = members(['control-plane', 5], ['worker', 100], ['etcd', 5], ['load-balancer', 1], ['storage', 1]);
    const addresses = assignAddresses('10.83.7.0/24', nodes).map(({ address }) => address);
    expect(new Set(addresses).size).toBe(112);
    for (const reserved of ['10.83.7.0', '10.83.7.1', '10.83.7.255']) expect(addresses).not.toContain(reserved);
    for (const address of addresses) expect(contains(requireCidr('10.83.7.0/24'), requireCidr(`${address}/32`))).toBe(true);
  });

  it('does not move a node when one is added after it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 99 }), (planes, workers) => {
        const before = assignAddresses('10.83.7.0/24', members(['control-plane', planes], ['worker', workers]));
        const after = assignAddresses('10.83.7.0/24', members(['control-plane', planes], ['worker', workers + 1]));
        expect(after.slice(0, -1)).toEqual(before);
      }),
    );
  });

  it('keeps what it was given', () => {
    expect(assignAddresses('10.83.7.0/24', [{ role: 'worker' as const, name: 'w1' }])).toEqual([
      { role: 'worker', name: 'w1', address: '10.83.7.21' },
    ]);
  });

  it('has no room for more than the places of a role', () => {
    expect(() => assignAddresses('10.83.7.0/24', members(['worker', 101]))).toThrow(RangeError);
  });
});
