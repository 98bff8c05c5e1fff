import { isIP } from 'node:net';
import { z } from 'zod';
import { cidrOf, formatCidr, overlaps, parseCidr, requireCidr } from './cidr.ts';

// A message that begins with "expected" is completed by the loader with what was found; any other stands as it is.

/** `a, b or c`. */
export function listChoices(choices: readonly (string | number)[]): string {
  return choices.length < 2 ? choices.join('') : `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`;
}

export function choice<const Choices extends readonly [string, ...string[]]>(choices: Choices) {
  return z.enum(choices, `expected ${listChoices(choices)}`);
}

export function numberChoice<const Choices extends readonly [number, ...number[]]>(choices: Choices) {
  return z.literal([...choices], `expected ${listChoices(choices)}`);
}

export function wholeNumber(least: number, most: number) {
  const error = `expected a whole number from ${least} to ${most}`;
  return z.int(error).min(least, error).max(most, error);
}

/** A map with these keys and no others. */
export function map<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, { error: (issue) => (issue.code === 'invalid_type' ? 'expected a map' : undefined) });
}

export function list<Item extends z.core.$ZodType>(item: Item, most: number) {
  return z.array(item, 'expected a list').max(most, `at most ${most} entries are allowed`);
}

/**
 * For a check over several fields of a map: runs it when these fields are right, whatever is wrong with the others,
 * so that all errors come at once.
 */
export function whenRight(fields: readonly string[]): (payload: z.core.ParsePayload) => boolean {
  return ({ issues }) =>
    issues.every(({ code, path = [] }) => (path.length === 0 ? code === 'unrecognized_keys' : !fields.includes(String(path[0]))));
}

/** A size such as `2GiB`; becomes a number of MiB. */
export function size(least: number, why: string) {
  return z
    .string(sizeError)
    .regex(/^[1-9][0-9]{0,6}[MG]iB$/, { error: sizeError, abort: true })
    .refine((text) => mebibytes(text) >= least, `expected at least ${least}MiB, ${why}`)
    .transform(mebibytes);
}

const sizeError = 'expected a size in MiB or GiB, such as 2GiB or 1536MiB';

function mebibytes(text: string): number {
  return Number.parseInt(text, 10) * (text.endsWith('GiB') ? 1024 : 1);
}

const versionError = 'expected a version in quotes, a minor such as "1.36" or a patch such as "1.36.4"';

export function kubernetesVersion() {
  return z
    .string(versionError)
    .regex(/^1\.(?:0|[1-9][0-9]{0,2})(?:\.(?:0|[1-9][0-9]{0,2}))?$/, { error: versionError, abort: true })
    .refine((version) => Number(version.split('.')[1]) >= 24, 'expected 1.24 or newer');
}

export function clusterName() {
  const error =
    'expected a name of at most 40 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen';
  return z
    .string(error)
    .regex(/^[a-z](?:[a-z0-9-]*[a-z0-9])?$/, { error, abort: true })
    .max(40, error);
}

interface CidrRule {
  readonly example: string;
  /** The shortest and the longest prefix that may be given. */
  readonly prefixes: readonly [number, number];
  /** Only ranges that are set aside for private networks. */
  readonly privateOnly?: boolean;
}

const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'].map(requireCidr);
const unusableRanges = ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3'].map(requireCidr);

export function cidr(rule: CidrRule) {
  const error = `expected an IPv4 range such as ${rule.example}`;
  return z
    .string(error)
    .regex(/^[0-9]{1,3}(?:\.[0-9]{1,3}){3}\/[0-9]{1,2}$/, { error, abort: true })
    .superRefine((text, context) => {
      const message = judgeCidr(text, rule);
      if (message !== undefined) context.addIssue({ code: 'custom', message, continue: false });
    });
}

function judgeCidr(text: string, { example, prefixes: [shortest, longest], privateOnly }: CidrRule): string | undefined {
  const range = parseCidr(text);
  if (range === undefined) return `expected an IPv4 range such as ${example}`;
  if (formatCidr(range) !== text) return `expected ${formatCidr(range)}, which begins with the first address of the range`;
  if (range.prefix < shortest || range.prefix > longest) return `expected a prefix from /${shortest} to /${longest}`;
  if (unusableRanges.some((unusable) => overlaps(unusable, range)))
    return 'expected a range that is not reserved for loopback, link-local or multicast';
  const inside = privateRanges.some(
    (outer) => outer.prefix <= range.prefix && cidrOf(range.first, outer.prefix).first === outer.first,
  );
  if (privateOnly === true && !inside)
    return 'expected a private range, within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10';
  return undefined;
}

/** What a certificate can be made out to: an address, or a DNS name that may begin with a wildcard. */
export function subjectName() {
  const error = 'expected an IP address or a DNS name';
  return z.string(error).refine((text) => isIP(text) !== 0 || (text.length <= 253 && dnsName.test(text)), error);
}

const dnsName = /^(?:\*\.)?[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i;

export function absolutePath() {
  const error = 'expected an absolute path';
  return z.string(error).startsWith('/', error).refine(isOneLine, error);
}

export function relativePath() {
  const error = 'expected a path relative to this file';
  return z.string(error).refine((path) => isOneLine(path) && !path.startsWith('/'), error);
}

/** @param what what the text is, with its article. */
export function text(what: string) {
  const error = `expected ${what}`;
  return z.string(error).min(1, { error, abort: true }).refine(isOneLine, error);
}

function isOneLine(value: string): boolean {
  return value.trim() !== '' && !/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(value);
}
