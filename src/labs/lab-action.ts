import { z } from 'zod';
import { list, map, text } from '../cluster/spec-fields.ts';
import { duration, labPath, scriptFields, target, targetText } from './lab-fields.ts';
import { checkFields, hasOneKind } from './lab-check.ts';

const apply = map({
  apply: labPath().describe("Makes objects as this manifest of the lab says: kubectl apply in the lab's namespace."),
});

const kubectl = map({
  kubectl: list(text('an argument'), 60)
    .min(1, 'expected at least one argument')
    .describe("Runs kubectl with these arguments, as the cluster's administrator, in the lab's namespace."),
  input: labPath().optional().describe('A file of the lab that kubectl gets on standard input.'),
});

const run = map({
  on: target().describe(`${targetText} Several nodes run it at the same time.`),
  ...scriptFields,
  timeout: duration().prefault('2m').describe('How long the script may take.'),
}).refine(
  (value) => (value.run === undefined) !== (value.script === undefined),
  'give either run or script, and only one of them',
);

const until = map({
  until: map(checkFields)
    .refine(hasOneKind, 'give exactly one of object, exec, http and run')
    .describe('Waits until something is as a check would want it.'),
  within: duration().prefault('2m').describe('How long to wait at most.'),
});

const answer = map({
  answer: z
    .record(z.string(), z.union([z.literal(true), text('an answer')], 'expected an answer, or true'), 'expected a map')
    .describe('Answers by the id of their check. true gives the right one.'),
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
