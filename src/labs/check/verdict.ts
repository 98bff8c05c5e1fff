import { satisfies } from 'semver';
import type { Milliseconds } from '../../exec/runner.ts';
import type { Check } from '../lab-check.ts';
import type { Look } from '../look.ts';

/** How long a check may take to pass, beyond what it says itself. */
export interface Patience {
  /** Every check gets at least so long, as if it had `within`. */
  readonly atLeast?: Milliseconds;
  /** No check gets longer: 0 looks once. No wait in a solution does either. */
  readonly atMost?: Milliseconds;
  /**
   * Where the one object that a check names was not there in any look, and the check needs no other that shows that the
   * learner has begun, it gets no longer. Those that it knows by their labels or fields may be made by a controller, some
   * time after all was done that the step asks for.
   */
  readonly forNothing?: Milliseconds;
}

/** How a check stands while a round goes on. */
export interface Standing {
  readonly check: Check;
  /** When it was first looked at. */
  since?: number;
  /** Since when every look has passed. */
  passingSince?: number | undefined;
  look?: Look;
  /** Something of what it looks at was there in one look. */
  wasThere?: boolean;
  /** Nothing that comes later changes it. */
  settled: boolean;
  /** Checks that it needs and that have not passed; then it is blocked. */
  blockedBy?: readonly string[];
  endedAt?: number;
}

/** How a check stands before anybody has looked: settled where that is already certain. */
export function beginStanding(check: Check, kubernetes: string, latched: readonly string[]): Standing {
  if (check.once === true && latched.includes(check.id)) return { check, settled: true, look: { status: 'pass', found: {} } };
  const range = check.when?.kubernetes;
  if (range === undefined || satisfies(kubernetes, range, { includePrerelease: true })) return { check, settled: false };
  const because = {
    en: `This is for Kubernetes ${range}; the cluster has ${kubernetes}.`,
    ko: `Kubernetes ${range}에 해당하는 확인입니다. 이 클러스터는 ${kubernetes}입니다.`,
  };
  return { check, settled: true, look: { status: 'notApplicable', because, found: {} } };
}

/** Takes in what a look found, and settles the check where it need not be looked at again. */
export function takeLook(standing: Standing, look: Look, began: number, now: number, patience: Patience): void {
  standing.since ??= began;
  standing.look = look;
  if (!isForNothing(look)) standing.wasThere = true;
  if (look.status === 'pass') standing.passingSince ??= now;
  else standing.passingSince = undefined;
  if (isSettled(standing, look, now, patience)) settle(standing, now);
}

/** Settles a check for which no time is left. What passed, but not for as long as it has to, has not passed. */
export function giveUp(standing: Standing, now: number): void {
  const { look, check } = standing;
  if (look?.status === 'pass') {
    const wanted = (check.holds ?? 0) / 1000;
    const held = Math.round((now - (standing.passingSince ?? now)) / 1000);
    standing.look = {
      status: 'notYet',
      expected: { en: `to hold for ${wanted} s`, ko: `${wanted}초 동안 유지` },
      actual: { en: `${held} s`, ko: `${held}초` },
      found: look.found,
    };
  }
  settle(standing, now);
}

function settle(standing: Standing, now: number): void {
  standing.settled = true;
  standing.endedAt = now;
}

function isSettled(standing: Standing, look: Look, now: number, patience: Patience): boolean {
  const { check, since = 0, passingSince = 0 } = standing;
  if (look.status === 'pass') return now - passingSince >= (check.holds ?? 0);
  if (look.status === 'notApplicable' || look.status === 'spoiled' || look.final === true) return true;
  // An answer does not become right by waiting.
  return check.answer !== undefined || now - since >= timeFor(standing, patience);
}

function timeFor({ check, wasThere }: Standing, { atLeast = 0, atMost = Infinity, forNothing = Infinity }: Patience): number {
  const isNothing = wasThere !== true && check.needs.length === 0;
  return Math.min(Math.max(check.within ?? 0, atLeast), atMost, isNothing ? forNothing : Infinity);
}

function isForNothing({ subject }: Look): boolean {
  return subject?.byName === true && subject.selected === 0;
}

/** Checks whose turn it is: all that they need has passed, or makes no sense here. */
export function whoseTurn(standings: readonly Standing[]): Standing[] {
  return standings.filter((standing) => !standing.settled && needsOf(standing, standings).every(isMet));
}

/** Settles as blocked what needs a check that has settled without passing; repeats for those that need these. */
export function blockOthers(standings: readonly Standing[], now: number): void {
  for (let found = true; found;) {
    found = false;
    for (const standing of standings.filter(({ settled }) => !settled)) {
      const failed = needsOf(standing, standings).filter((need) => need.settled && !isMet(need));
      if (failed.length === 0) continue;
      standing.blockedBy = failed.map(({ check }) => check.id);
      settle(standing, now);
      found = true;
    }
  }
}

function needsOf({ check }: Standing, standings: readonly Standing[]): readonly Standing[] {
  return standings.filter((other) => check.needs.includes(other.check.id));
}

function isMet({ settled, look, blockedBy }: Standing): boolean {
  return settled && blockedBy === undefined && (look?.status === 'pass' || look?.status === 'notApplicable');
}
