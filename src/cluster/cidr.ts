/** An IPv4 range. The address bits after the prefix are always zero. */
export interface Cidr {
  /** The first address, as an unsigned 32-bit number. */
  readonly first: number;
  readonly prefix: number;
}

/** Reads `192.168.1.7`; undefined for anything else, leading zeros included: some programs read those as octal. */
export function parseAddress(text: string): number | undefined {
  if (!/^(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})$/.test(text)) return undefined;
  const octets = text.split('.').map(Number);
  if (octets.some((octet) => octet > 255)) return undefined;
  return octets.reduce((address, octet) => address * 256 + octet, 0);
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

/** Reads `192.168.1.7/24` as the range that holds the address, 192.168.1.0/24; undefined when it is not a CIDR. */
export function parseCidr(text: string): Cidr | undefined {
  const [addressText = '', prefixText = '', ...more] = text.split('/');
  const address = parseAddress(addressText);
  if (address === undefined || more.length > 0 || !/^(?:[0-9]|[12][0-9]|3[0-2])$/.test(prefixText)) return undefined;
  return cidrOf(address, Number(prefixText));
}

/** As parseCidr, for text that was checked before. @throws RangeError */
export function requireCidr(text: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr === undefined) throw new RangeError(`${JSON.stringify(text)} is not an IPv4 range`);
  return cidr;
}

/** The range of that prefix which holds the address. */
export function cidrOf(address: number, prefix: number): Cidr {
  const size = 2 ** (32 - prefix);
  return { first: Math.floor(address / size) * size, prefix };
}

export function formatCidr(cidr: Cidr): string {
  return `${formatAddress(cidr.first)}/${cidr.prefix}`;
}

/** The prefix that a netmask stands for; undefined when it has holes or is no mask. */
export function prefixOfNetmask(mask: string): number | undefined {
  const bits = parseAddress(mask);
  if (bits === undefined) return undefined;
  const prefix = Math.clz32(~bits >>> 0);
  return cidrOf(bits, prefix).first === bits ? prefix : undefined;
}

/** How many addresses the range has. */
export function sizeOf(cidr: Cidr): number {
  return 2 ** (32 - cidr.prefix);
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  return a.first < b.first + sizeOf(b) && b.first < a.first + sizeOf(a);
}

/** Whether all of `inner` lies in `outer`. */
export function contains(outer: Cidr, inner: Cidr): boolean {
  return outer.prefix <= inner.prefix && overlaps(outer, inner);
}

/** The address that many places after the first one. @throws RangeError when it is outside the range. */
export function addressAt(cidr: Cidr, offset: number): string {
  if (!Number.isInteger(offset) || offset < 0 || offset >= sizeOf(cidr))
    throw new RangeError(`${formatCidr(cidr)} has no address number ${offset}`);
  return formatAddress(cidr.first + offset);
}
