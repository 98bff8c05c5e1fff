import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressAt,
  type Cidr,
  cidrOf,
  contains,
  formatAddress,
  formatCidr,
  overlaps,
  parseAddress,
  parseCidr,
  prefixOfNetmask,
  requireCidr,
  sizeOf,
} from '../../src/cluster/cidr.ts';

const addresses = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const ranges: fc.Arbitrary<Cidr> = fc
  .tuple(addresses, fc.integer({ min: 0, max: 32 }))
  .map(([address, prefix]) => cidrOf(address, prefix));

function holds(range: Cidr, address: number): boolean {
  return address >= range.first && address < range.first + sizeOf(range);
}

describe('addresses', () => {
  it('come back from their text', () => {
    fc.assert(
      fc.property(addresses, (address) => {
        expect(parseAddress(formatAddress(address))).toBe(address);
      }),
    );
  });

  it.each(['', '1.2.3', '1.2.3.4.5', '1.2.3.256', '01.2.3.4', '1.2.3.4 ', '1..3.4', '-1.2.3.4', '1e1.2.3.4', '::1'])(
    '%j is none',
    (text) => {
      expect(parseAddress(text)).toBeUndefined();
    },
  );
});

describe('ranges', () => {
  it('come back from their text', () => {
    fc.assert(
      fc.property(ranges, (range) => {
        expect(parseCidr(formatCidr(range))).toEqual(range);
      }),
    );
  });

  it('are the ones that hold the address written', () => {
    expect(formatCidr(requireCidr('192.168.122.1/24'))).toBe('192.168.122.0/24');
    fc.assert(
      fc.property(addresses, fc.integer({ min: 0, max: 32 }), (address, prefix) => {
        expect(holds(cidrOf(address, prefix), address)).toBe(true);
      }),
    );
  });

  it.each(['', '10.0.0.0', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/08', '10.0.0.0/8/8', '10.0.0.0/-1', 'x/8', 'default'])(
    '%j is none',
    (text) => {
      expect(parseCidr(text)).toBeUndefined();
      expect(() => requireCidr(text)).toThrow(RangeError);
    },
  );

  it('overlap when, and only when, one holds the first address of the other', () => {
    fc.assert(
      fc.property(ranges, ranges, (a, b) => {
        expect(overlaps(a, b)).toBe(holds(a, b.first) || holds(b, a.first));
        expect(overlaps(a, b)).toBe(overlaps(b, a));
        // Two ranges of this kind are never half in one another.
        expect(overlaps(a, b)).toBe(contains(a, b) || contains(b, a));
      }),
    );
  });

  it('contain themselves and what is cut from them', () => {
    fc.assert(
      fc.property(ranges, addresses, fc.integer({ min: 0, max: 32 }), (outer, offset, more) => {
        const inner = cidrOf(outer.first + (offset % sizeOf(outer)), Math.min(32, outer.prefix + more));
        expect(contains(outer, inner)).toBe(true);
        expect(contains(inner, outer)).toBe(inner.prefix === outer.prefix);
      }),
    );
  });
});

describe('addressAt', () => {
  it('counts from the first address and stays inside', () => {
    const range = requireCidr('10.83.7.0/24');
    expect([addressAt(range, 0), addressAt(range, 255)]).toEqual(['10.83.7.0', '10.83.7.255']);
    for (const offset of [-1, 256, 0.5]) expect(() => addressAt(range, offset)).toThrow(RangeError);
  });
});

describe('prefixOfNetmask', () => {
  it.each([
    ['255.255.255.0', 24],
    ['255.255.248.0', 21],
    ['0.0.0.0', 0],
    ['255.255.255.255', 32],
    ['255.0.255.0', undefined],
    ['', undefined],
  ])('%j is %s', (mask, prefix) => {
    expect(prefixOfNetmask(mask)).toBe(prefix);
  });
});
