import semver from 'semver';
import { nearest } from '../../cluster/near-miss.ts';
import { showText } from '../../cluster/yaml-document.ts';
import type { ApiFields, ApiKind } from '../../kubernetes/api-fields.ts';
import { findRemovedApi, newestKnownMinor } from '../../kubernetes/removed-apis.ts';
import { claimedVersions, sayNearest } from './api-paths.ts';
import type { RuleId } from './rules.ts';

/** What is known of a kind of an apiVersion. */
export interface KindVerdict {
  /** Undefined where nothing is known of its fields: a kind that an add-on brings, or none at all. */
  readonly kind: ApiKind | undefined;
  readonly problem: { readonly rule: RuleId; readonly message: string } | undefined;
}

/** @param ranges the versions that are claimed: those in all of them. */
export function judgeKind(apiVersion: string, kind: string, api: ApiFields, ranges: readonly string[]): KindVerdict {
  const known = api.kinds.get(`${apiVersion}/${kind}`);
  const gone = findRemovedApi(apiVersion, kind);
  const minors = Array.from({ length: newestKnownMinor + 1 }, (_, minor) => minor);
  const without = gone === undefined ? [] : minors.filter((minor) => minor >= gone.removedIn && isClaimed(`1.${minor}`, ranges));
  if (gone !== undefined && without.length > 0) {
    const instead = gone.instead === undefined ? 'nothing takes its place' : `use ${gone.instead}`;
    const message = `${apiVersion} ${kind} is not served from Kubernetes 1.${gone.removedIn} on; ${instead}`;
    return { kind: known, problem: { rule: 'LAB029', message } };
  }
  if (known === undefined)
    return { kind: undefined, problem: isForeign(apiVersion, api) ? undefined : unknownKind(apiVersion, kind, api) };
  const { versions, nearest: isNearest } = claimedVersions(api, ranges);
  const lacking = versions.filter((version) => !known.versions.includes(version));
  const maybeThere = isNearest && lacking.length < versions.length;
  if (gone !== undefined || lacking.length === 0 || maybeThere) return { kind: known, problem: undefined };
  const where = isNearest ? sayNearest(lacking) : `${lacking.join(' and ')}, which the lab claims`;
  const message = `${apiVersion} ${kind} is not there in Kubernetes ${where}`;
  return { kind: known, problem: { rule: 'LAB029', message } };
}

function isClaimed(minor: string, ranges: readonly string[]): boolean {
  return ranges.every((range) => semver.intersects(range, `${minor}.x`));
}

/** Whether the group is none of those that are looked at: one of an add-on, or one that few have met. */
function isForeign(apiVersion: string, api: ApiFields): boolean {
  const group = (name: string): string => (name.includes('/') ? (name.split('/', 1)[0] ?? '') : '');
  const groups = new Set([...api.kinds.keys()].map((name) => group(name.slice(0, name.lastIndexOf('/')))));
  return group(apiVersion).includes('.') && !groups.has(group(apiVersion));
}

function unknownKind(apiVersion: string, kind: string, api: ApiFields): { rule: RuleId; message: string } {
  const names = [...api.kinds.keys()];
  const elsewhere = names.filter(
    (name) => name.endsWith(`/${kind}`) && api.kinds.get(name)?.versions.includes(api.versions.at(-1) ?? ''),
  );
  const near = elsewhere[0] ?? nearest(`${apiVersion}/${kind}`, names);
  const hint =
    near === undefined ? '' : `; did you mean ${near.slice(0, near.lastIndexOf('/'))} ${near.slice(near.lastIndexOf('/') + 1)}?`;
  return { rule: 'LAB028', message: `there is no ${showText(kind)} in ${showText(apiVersion)}${hint}` };
}
