import { z } from 'zod';
import { list, map, text } from '../cluster/spec-fields.ts';
import { duration, labPath, scriptFields, target } from './lab-fields.ts';
import { checkFields, hasOneKind } from './lab-check.ts';

/** Makes objects as a manifest of the lab says: kubectl apply in the lab's namespace. */
const apply = map({ apply: labPath() });

/** Runs kubectl with these arguments, in the lab's namespace unless they name another. */
const kubectl = map({
  kubectl: list(text('an argument'), 60).min(1, 'expected at least one argument'),
  /** Given on standard input: a file of the lab. */
  input: labPath().optional(),
});

/** Runs a script as root on nodes; several nodes at the same time. */
const run = map({ on: target(), ...scriptFields, timeout: duration().prefault('2m') }).refine(
  (value) => (value.run === undefined) !== (value.script === undefined),
  'give either run or script, and only one of them',
);

/** Waits until something is as a check would want it. */
const until = map({
  until: map(checkFields).refine(hasOneKind, 'give exactly one of object, exec, http and run'),
  within: duration().prefault('2m'),
});

/** Gives the learner's answers to checks of the kind answer, by the id of the check. `true` gives the right one. */
const answer = map({
  answer: z.record(z.string(), z.union([z.literal(true), text('an answer')], 'expected an answer, or true'), 'expected a map'),
});

/** One thing that setting up, solving or resetting does. Doing it twice does what doing it once does. */
export const action = z.union(
  [apply, kubectl, run, until, answer],
  'expected {apply: FILE}, {kubectl: [...]}, {on: NODE, run: SCRIPT}, {until: ...} or {answer: ...}',
);
export type Action = z.output<typeof action>;

export function actions() {
  return list(action, 100);
}
