import { setTimeout as sleep } from 'node:timers/promises';
import { Interrupted } from '../../errors/errors.ts';
import type { Milliseconds } from '../../exec/runner.ts';
import { lookAt, noTimeLeft } from './look-at-check.ts';
import type { LookPlace } from '../look.ts';
import { blockOthers, giveUp, takeLook, whoseTurn, type Patience, type Standing } from './verdict.ts';

export interface SettleOptions {
  /** Where the first pass looks. */
  readonly first: LookPlace;
  /** Where each later one does, with a snapshot of its own. */
  readonly takePlace: () => LookPlace;
  /** Beyond what each check says itself. */
  readonly patience: Patience;
  readonly deadline: number;
  readonly signal: AbortSignal;
  /** Told of checks that are waited for, after each pass. */
  readonly waiting: (open: readonly Standing[]) => void;
}

const pauseBetweenPasses: Milliseconds = 1000;

/**
 * Looks at checks in passes until every one has settled. All looks that begin in one pass see the same snapshot, and what
 * waits for another check goes on in the pass in which that one passes. A look that takes long does not keep others
 * waiting: the next passes go without it.
 * @returns where the last pass looked.
 * @throws Interrupted
 */
export async function settleChecks(standings: readonly Standing[], options: SettleOptions): Promise<LookPlace> {
  const busy = new Map<Standing, Promise<void>>();
  const pass: Pass = { place: options.first, seen: new Set() };
  for (;;) {
    beginLooks(standings, busy, pass, options.patience);
    const drained = await Promise.race([drain(busy), pause(options.signal, false)]);
    const open = standings.filter(({ settled, look }) => !settled && look !== undefined);
    const over = Date.now() >= options.deadline;
    if (over || (open.length === 0 && busy.size === 0)) {
      // Whose turn it was, and who was not looked at: nothing that it needs is in its way.
      for (const standing of whoseTurn(standings)) standing.look ??= noTimeLeft;
      for (const standing of standings) if (!standing.settled) giveUp(standing, Date.now());
      return pass.place;
    }
    options.waiting(open);
    if (drained) await pause(options.signal, true);
    pass.place = options.takePlace();
    pass.seen = new Set();
  }
}

/** The pass that is going on. */
interface Pass {
  place: LookPlace;
  /** Looked at in it, or about to be. */
  seen: Set<Standing>;
}

/** Begins every look that can begin now; and, as they end, those that only then can, in whatever pass that is. */
function beginLooks(standings: readonly Standing[], busy: Map<Standing, Promise<void>>, pass: Pass, patience: Patience): void {
  for (const standing of whoseTurn(standings)) {
    if (pass.seen.has(standing) || busy.has(standing)) continue;
    pass.seen.add(standing);
    const look = lookOnce(standing, pass.place, patience).then(() => {
      busy.delete(standing);
      blockOthers(standings, Date.now());
      beginLooks(standings, busy, pass, patience);
    });
    // Whoever drains finds it failed.
    look.catch(() => undefined);
    busy.set(standing, look);
  }
}

async function lookOnce(standing: Standing, place: LookPlace, patience: Patience): Promise<void> {
  const began = Date.now();
  const look = await lookAt(standing.check.id, standing.check, place);
  // What an earlier look found says more.
  if (!standing.settled && look !== noTimeLeft) takeLook(standing, look, began, Date.now(), patience);
}

async function drain(busy: ReadonlyMap<Standing, Promise<void>>): Promise<boolean> {
  while (busy.size > 0) await Promise.all(busy.values());
  return true;
}

/** @param ref whether it keeps the process going; what is looked at meanwhile does that itself. */
async function pause(signal: AbortSignal, ref: boolean): Promise<boolean> {
  await sleep(pauseBetweenPasses, undefined, { signal, ref }).catch(() => {
    throw new Interrupted();
  });
  return false;
}
