import { unlessFailed } from '../../errors/errors.ts';
import type { Kubectl } from '../../kubernetes/kubectl.ts';

/** What the API server says of a changed manifest without keeping it: it refuses it, or makes the same objects of it. */
export type DryVerdict = 'refused' | 'same' | 'different';

export interface DryRun {
  judge(changed: string): Promise<DryVerdict>;
}

/** Fields of one object by their path, with what they hold. */
type Fields = ReadonlyMap<string, unknown>;

/** Says when and how an object came to be and how it is now, and not what it is to be: of an object, or of each in a list. */
const history =
  /^(\/items\/\d+)?\/(metadata\/(uid|creationTimestamp|resourceVersion|generation|managedFields\/.*|annotations\/kubectl\.kubernetes\.io~1last-applied-configuration)|status(\/.*)?)$/;

export interface DryRunPlace {
  readonly namespace: string;
  /** Whether it says anything only where none of the objects is there yet. */
  readonly fresh: boolean;
}

/**
 * Compares changed manifests with the one that they come from, by `kubectl apply --dry-run=server`: validation, defaults and
 * admission are the cluster's own, and nothing is stored. What differs between two dry runs of the same manifest is the
 * server's choice, such as an address, and does not count.
 * @returns undefined where nothing can be told of changed ones: the manifest itself is refused as things stand.
 * @throws Interrupted
 */
export async function openDryRun(kubectl: Kubectl, place: DryRunPlace, manifest: string): Promise<DryRun | undefined> {
  const once = await dryRun(kubectl, place, manifest);
  const again = await dryRun(kubectl, place, manifest);
  if (typeof once === 'string' || typeof again === 'string') return undefined;
  const chosen = new Set(differing(once, again));
  return {
    judge: async (changed) => {
      const fields = await dryRun(kubectl, place, changed);
      if (fields === 'refused') return 'refused';
      // Trying it says what nobody could say here.
      if (fields === 'unsaid') return 'different';
      const isSame = (like: Fields): boolean => differing(like, fields).every((path) => chosen.has(path));
      if (isSame(once)) return 'same';
      // What is on the cluster may have changed since: an autoscaler sets replicas.
      const now = await dryRun(kubectl, place, manifest);
      return typeof now !== 'string' && isSame(now) ? 'same' : 'different';
    },
  };
}

/** What a server that could not do its work, or that nobody reached, is answered with: it has judged nothing. */
const noJudgement =
  /unable to connect to the server|the connection to the server|\((timeout|servicetimeout|serviceunavailable|toomanyrequests|internalerror)\)|i\/o timeout|handshake|unexpected eof|etcdserver|connection (refused|reset|lost)|no route to host|failed to download openapi/i;

/** Whether a kubectl that failed tells of what it was given, and not of a server or a node that was not reached. */
export function hasJudged({ exitCode, stderr }: { readonly exitCode: number | undefined; readonly stderr: string }): boolean {
  // ssh ends with 255 where it does not reach the node; without a code, it was given up.
  return exitCode !== undefined && exitCode !== 255 && !noJudgement.test(stderr);
}

/** @returns `unsaid` where it says nothing, also when it was asked a second time. */
async function dryRun(
  kubectl: Kubectl,
  { namespace, fresh }: DryRunPlace,
  manifest: string,
  isLast = false,
): Promise<Fields | 'refused' | 'unsaid'> {
  const words = ['--namespace', namespace, 'apply', '--dry-run=server', '-o', 'json', '-f', '-'];
  const result = await unlessFailed(kubectl.run(words, { input: manifest, timeout: 60_000, accept: 'any' }));
  if (result === undefined || (result.exitCode !== 0 && !hasJudged(result)))
    return isLast ? 'unsaid' : dryRun(kubectl, { namespace, fresh }, manifest, true);
  if (result.exitCode !== 0) return 'refused';
  const fields = listFields(JSON.parse(result.stdout), '');
  // Only what is stored has one.
  if (fresh && fields.some(([path]) => path.endsWith('/metadata/resourceVersion'))) return 'unsaid';
  return new Map(fields.filter(([path]) => !history.test(path)));
}

function listFields(value: unknown, path: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  const fields = Object.entries(value);
  // That it is there and empty is something too: emptyDir: {}.
  if (fields.length === 0) return [[path, Array.isArray(value) ? '[]' : '{}']];
  return fields.flatMap(([name, field]) => listFields(field, `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`));
}

function differing(one: Fields, other: Fields): string[] {
  return [...new Set([...one.keys(), ...other.keys()])].filter((path) => one.get(path) !== other.get(path));
}
