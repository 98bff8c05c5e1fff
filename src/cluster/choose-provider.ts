import type { ErrorCode } from '../errors/catalogue.ts';
import type { ProviderName } from './provider.ts';

/** What was found out about a provider on this host. */
export interface ProviderFinding {
  readonly usable: boolean;
  /** What keeps it from being used, one sentence each. */
  readonly lacks: readonly string[];
  /** Debian packages that would help, where programs are missing. */
  readonly packages: readonly string[];
  /** What else would help, one sentence each. */
  readonly cures?: readonly string[];
}

/** The same of a provider of virtual machines. */
export interface VirtualFinding extends ProviderFinding {
  /** How its machines would run: `hardware` only where that was seen to work, `none` where nothing is known to. */
  readonly acceleration: 'hardware' | 'emulated' | 'none';
  /** Why so, in one sentence that begins with a small letter or a name. */
  readonly accelerationWhy: string;
}

export interface ProviderQuestion {
  readonly wanted: ProviderName | 'auto';
  readonly libvirt: VirtualFinding;
  readonly virtualbox: VirtualFinding;
  readonly nspawn: ProviderFinding;
  /** Whether emulated machines were asked for: ten times slower, and easily too slow for Kubernetes. */
  readonly tcgAllowed: boolean;
}

export type ProviderDecision =
  | {
      readonly name: ProviderName;
      /** Machines run in software, by TCG. */
      readonly emulated: boolean;
      /** One sentence, for the plan. */
      readonly why: string;
    }
  | {
      readonly name: undefined;
      /** The error that this is. */
      readonly code: Extract<ErrorCode, 'KL-HOST-NO-PROVIDER' | 'KL-HOST-TOOL-MISSING' | 'KL-HOST-KVM-UNUSABLE'>;
      readonly why: string;
      readonly lacks: readonly string[];
      readonly packages: readonly string[];
      readonly cures: readonly string[];
    };

/** How a provider's machines are called. */
const machineKind = {
  libvirt: 'virtual machines of libvirt',
  virtualbox: 'virtual machines of VirtualBox',
  nspawn: 'system containers',
} as const;

/**
 * Decides what runs the machines. Virtual machines are right wherever hardware virtualisation really works; without it,
 * system containers are ten times faster than emulated machines, which are taken only when they were asked for.
 */
export function chooseProvider(question: ProviderQuestion): ProviderDecision {
  return question.wanted === 'auto' ? chooseAny(question) : takeWanted(question, question.wanted);
}

function chooseAny(question: ProviderQuestion): ProviderDecision {
  const virtual = (['libvirt', 'virtualbox'] as const).find((name) => isFast(question[name]));
  if (virtual !== undefined)
    return { name: virtual, emulated: false, why: `hardware virtualisation works here: ${question[virtual].accelerationWhy}` };
  const without = `no virtual machines at full speed here (${shortcoming(question)})`;
  if (question.nspawn.usable)
    return { name: 'nspawn', emulated: false, why: `${without}, and this host can run system containers` };
  if (mayEmulate(question))
    return {
      name: 'libvirt',
      emulated: true,
      why: `${without}, no system containers either, and emulated machines were asked for`,
    };
  const names = ['libvirt', 'virtualbox', 'nspawn'] as const;
  return refuse(
    'this host can run machines in no way that kubelab knows',
    names.flatMap((name) => lacksOf(question, name).map((lack) => `${name}: ${lack}`)),
    // System containers need the least: their packages are the shortest way to a cluster.
    question.nspawn.packages.length > 0 ? question.nspawn.packages : question.libvirt.packages,
    names.flatMap((name) => question[name].cures ?? []),
  );
}

function takeWanted(question: ProviderQuestion, name: ProviderName): ProviderDecision {
  const finding = question[name];
  const why = 'the spec asks for it';
  const emulated = isEmulated(question, name);
  // Installing what is missing would not help: this comes first.
  if (emulated && !question.tcgAllowed)
    return {
      name: undefined,
      code: 'KL-HOST-KVM-UNUSABLE',
      why: `${machineKind[name]} would not run at full speed here`,
      lacks: lacksOf(question, name),
      packages: [],
      cures: finding.cures ?? [],
    };
  if (!finding.usable)
    return refuse(`this host can not run ${machineKind[name]}`, finding.lacks, finding.packages, finding.cures ?? []);
  return { name, emulated, why: emulated ? `${why}, and for emulated machines` : why };
}

function isFast(finding: VirtualFinding): boolean {
  return finding.usable && finding.acceleration === 'hardware';
}

function isEmulated(question: ProviderQuestion, name: ProviderName): boolean {
  return name !== 'nspawn' && question[name].acceleration === 'emulated';
}

function mayEmulate({ tcgAllowed, libvirt }: ProviderQuestion): boolean {
  return tcgAllowed && libvirt.usable && libvirt.acceleration === 'emulated';
}

/** What keeps a provider from running machines at full speed, the worst first. */
function lacksOf(question: ProviderQuestion, name: ProviderName): readonly string[] {
  if (name === 'nspawn') return question.nspawn.lacks;
  const { lacks, acceleration, accelerationWhy } = question[name];
  return acceleration === 'emulated' ? [accelerationWhy, ...lacks] : lacks;
}

function shortcoming(question: ProviderQuestion): string {
  const one = (name: 'libvirt' | 'virtualbox'): string => lacksOf(question, name)[0] ?? question[name].accelerationWhy;
  const [libvirt, virtualbox] = [one('libvirt'), one('virtualbox')];
  return libvirt === virtualbox ? libvirt : `libvirt: ${libvirt}; virtualbox: ${virtualbox}`;
}

function refuse(why: string, lacks: readonly string[], packages: readonly string[], cures: readonly string[]): ProviderDecision {
  const code = packages.length > 0 ? 'KL-HOST-TOOL-MISSING' : 'KL-HOST-NO-PROVIDER';
  return { name: undefined, code, why, lacks, packages, cures: [...new Set(cures)] };
}
